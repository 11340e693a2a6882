use super::*;
use crate::fix::tests::{at, coding_start, merge, order, qa_pull, unrecorded as fix, waiting};
use crate::fix::{Closing, MergeStep};
use crate::id::UserId;
use crate::policy::Policy;

fn keys(fix: &Fix) -> Vec<String> {
    let due = fix.due_records();
    due.into_iter()
        .map(|record| record.key.replace("1001/", ""))
        .collect()
}

fn event_of(fix: &Fix) -> Event {
    Event::Recorded {
        keys: fix.due_records().into_iter().map(|it| it.key).collect(),
    }
}

fn archived_by(cause: Cause) -> Fix {
    fix(crate::fix::tests::archived(cause, None, Closing::Report))
}

#[test]
fn each_stage_is_recorded_once() {
    assert_eq!(keys(&Fix::new(order())), [""; 0]);
    assert_eq!(keys(&fix(waiting())), ["planned"]);
    assert_eq!(keys(&fix(coding_start())), ["planned"]);
    let commit = format!("committed:{}", "c".repeat(40));
    assert_eq!(keys(&fix(qa_pull())), [commit]);
    let merged = fix(merge(MergeStep::LinkIssue));
    assert_eq!(keys(&merged), ["proposed", "ended"]);
    let mut recorded = merged.clone();
    recorded.step(event_of(&merged), &Policy::default(), at(1));
    assert_eq!(keys(&recorded), [""; 0]);
    let by = UserId::new("boss");
    assert_eq!(
        keys(&archived_by(Cause::NotApproved { by })),
        ["rejected", "ended"]
    );
    assert_eq!(
        keys(&archived_by(Cause::ApprovalExpired)),
        ["expired", "ended"]
    );
    let violations = Vec::new();
    assert_eq!(
        keys(&archived_by(Cause::PolicyViolated { violations })),
        ["change-refused", "ended"]
    );
}

fn away(secs: i64) -> Event {
    Event::NotRecorded {
        not_before: at(secs),
    }
}

#[test]
fn no_run_starts_before_its_plan_is_recorded() {
    let mut fix = fix(coding_start());
    assert!(matches!(
        fix.next(at(0)),
        Next::Perform(Effect::Record { .. })
    ));
    fix.step(away(60), &Policy::default(), at(1));
    assert_eq!(fix.next(at(2)), Next::WaitUntil(at(60)));
    let recorded = event_of(&fix);
    fix.step(recorded, &Policy::default(), at(60));
    let next = fix.next(at(60));
    assert!(
        !matches!(next, Next::Perform(Effect::Record { .. })),
        "{next:?}"
    );
}

#[test]
fn a_log_that_stays_away_stops_the_fix() {
    let mut fix = fix(coding_start());
    for _ in 0..MAX_ATTEMPTS {
        fix.step(away(2), &Policy::default(), at(1));
    }
    let Stage::Archived(archived) = &fix.stage else {
        panic!("{:?}", fix.stage)
    };
    let Cause::Upstream { service, .. } = &archived.cause else {
        panic!("{:?}", archived.cause)
    };
    assert_eq!(*service, Service::AuditLog);
}

#[test]
fn the_words_to_the_thread_wait_for_no_log() {
    let mut fix = fix(merge(MergeStep::Close(Closing::Report)));
    fix.step(away(60), &Policy::default(), at(1));
    assert_eq!(fix.next(at(2)), Next::Perform(Effect::Report));
    let mut fix = crate::fix::tests::unrecorded(merge(MergeStep::Close(Closing::Closed)));
    fix.step(away(60), &Policy::default(), at(1));
    assert_eq!(
        fix.next(at(2)),
        Next::WaitUntil(at(60)),
        "it is tried again"
    );
    for _ in 0..MAX_REPORT_ATTEMPTS {
        fix.step(away(60), &Policy::default(), at(1));
    }
    assert_eq!(fix.next(at(2)), Next::Rest, "and not for ever");
}
