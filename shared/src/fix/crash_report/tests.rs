use std::time::Duration;

use jiff::Timestamp;

use super::super::tests::{archived, at, crash_report, crashed, fix, live};
use super::super::{Cause, Fix, Next, Stage};
use super::*;
use crate::policy::Policy;

fn of_size(size_bytes: u64) -> CrashReport {
    let report = executor::CrashReport {
        size_bytes,
        ..crash_report()
    };
    CrashReport::of(RunId::new("r-1"), report)
}

fn next(fix: &Fix, now: Timestamp) -> Effect {
    match fix.next(now) {
        Next::Perform(effect) => effect,
        other => panic!("{other:?}"),
    }
}

fn place(fix: &Fix) -> Place {
    let Stage::Archived(archived) = &fix.stage else {
        panic!("{:?}", fix.stage)
    };
    archived.crash_report.clone().unwrap().place
}

#[test]
fn what_cannot_be_carried_stays_without_being_asked_for() {
    assert_eq!(of_size(MAX_BYTES).place, Place::Due);
    let why = NotKept::TooLarge;
    assert_eq!(of_size(MAX_BYTES + 1).place, Place::Executor { why });
}

#[test]
fn what_counts_is_how_much_is_carried() {
    let packed = |packed_bytes| {
        let report = executor::CrashReport {
            size_bytes: 5 * MAX_BYTES,
            packed_bytes: Some(packed_bytes),
            ..crash_report()
        };
        CrashReport::of(RunId::new("r-1"), report).place
    };
    assert_eq!(packed(MAX_BYTES), Place::Due);
    let why = NotKept::TooLarge;
    assert_eq!(packed(MAX_BYTES + 1), Place::Executor { why });
}

#[test]
fn a_report_is_named_by_the_form_that_its_executor_gives() {
    let mut stage = crashed(Place::Due, Closing::Report);
    let Stage::Archived(archived) = &mut stage else {
        panic!("{stage:?}")
    };
    let named = |archived: &Archived| match archived.report_due() {
        Some(Effect::KeepReport { run, form }) => key(&JobId::new("1"), &run, form.ending()),
        other => panic!("{other:?}"),
    };
    assert_eq!(named(archived), "1/r-1.tar", "of an older executor");
    let report = archived.crash_report.as_mut().unwrap();
    report.report.packed_bytes = Some(7);
    assert_eq!(named(archived), "1/r-1.tar.gz");
}

#[test]
fn the_thread_is_told_when_the_report_has_its_place() {
    let mut fix = fix(crashed(Place::Due, Closing::Report));
    let run = RunId::new("r-1");
    assert_eq!(
        next(&fix, at(20)),
        Effect::KeepReport {
            run,
            form: Form::Tar
        }
    );
    // Late news of the terminal message do not pass it by.
    let told = Event::Reported { live: live() };
    fix.step(told, &Policy::default(), at(20));
    assert_eq!(place(&fix), Place::Due);
    let (key, url) = ("k".to_owned(), "u".to_owned());
    let kept = Event::ReportKept {
        key: key.clone(),
        url: url.clone(),
    };
    fix.step(kept, &Policy::default(), at(20));
    assert_eq!(place(&fix), Place::Bucket { key, url });
    assert_eq!(next(&fix, at(20)), Effect::Report);
    // Once settled it stays so.
    let why = NotKept::NoBucket;
    fix.step(Event::ReportNotKept { why }, &Policy::default(), at(20));
    assert!(matches!(place(&fix), Place::Bucket { .. }));
}

#[test]
fn a_fix_is_not_held_up_by_its_report() {
    let mut fix = fix(crashed(Place::Due, Closing::Report));
    let mut time = at(20);
    let mut tries = 0;
    while matches!(next(&fix, time), Effect::KeepReport { .. }) {
        tries += 1;
        let error = ServiceError::Unexpected {
            status: 503,
            detail: "weather".to_owned(),
        };
        let not_before = time + Duration::from_secs(2);
        let failed = Event::Failed {
            effect: Box::new(fix.pending().unwrap()),
            service: Service::CrashReports,
            error,
            not_before,
        };
        fix.step(failed, &Policy::default(), time);
        time = not_before;
    }
    assert_eq!(tries, super::super::MAX_FETCH_ATTEMPTS);
    let why = NotKept::Failed;
    assert_eq!(place(&fix), Place::Executor { why });
    assert_eq!(next(&fix, time), Effect::Report);
}

/// A checkpoint of these files.
fn saved(files: &[&str]) -> Checkpoint {
    let change = |path: &&str| crate::change::FileChange {
        path: (*path).to_owned(),
        kind: crate::change::ChangeKind::Deleted {
            old_mode: "100644".to_owned(),
        },
    };
    Checkpoint {
        base_commit: crate::id::CommitId::new("b".repeat(40)),
        changes: files.iter().map(change).collect(),
        session_id: None,
        spent: executor::Spent::default(),
    }
}

/// A fix whose sandbox was lost for good, after this was saved of it.
fn lost(files: &[&str]) -> Fix {
    let mut stage = archived(Cause::SandboxLost { runs: 3 }, None, Closing::Report);
    if let Stage::Archived(archived) = &mut stage {
        let left = CrashReport::of_lost(RunId::new("r-3"), &saved(files));
        archived.crash_report = left.map(Box::new);
    }
    fix(stage)
}

#[test]
fn of_a_lost_run_the_saved_work_is_kept_and_then_forgotten_here() {
    let mut fix = lost(&["a", "b"]);
    let (run, work) = (RunId::new("r-3"), Box::new(saved(&["a", "b"])));
    assert_eq!(next(&fix, at(20)), Effect::KeepWork { run, work });
    let stored: Fix = serde_json::from_value(serde_json::to_value(&fix).unwrap()).unwrap();
    assert_eq!(stored, fix, "it survives the object");
    let told = fix.details(at(20)).crash_report.unwrap();
    assert_eq!(told.holds, Holds::SavedWork { work: None });
    assert_eq!(
        (told.report.files, told.report.name.as_str()),
        (2, "r-3.checkpoint.json")
    );

    let key = key(&JobId::new("1"), &RunId::new("r-3"), WORK_ENDING);
    assert_eq!(media_type(&key), "application/json");
    let url = "u".to_owned();
    fix.step(Event::ReportKept { key, url }, &Policy::default(), at(20));
    assert!(matches!(place(&fix), Place::Bucket { .. }));
    assert!(
        !serde_json::to_string(&fix.stage)
            .unwrap()
            .contains("baseCommit")
    );
    assert_eq!(next(&fix, at(20)), Effect::Report);
}

#[test]
fn of_a_lost_run_of_which_nothing_was_saved_nothing_is_kept() {
    let fix = lost(&[]);
    assert_eq!(next(&fix, at(20)), Effect::Report);
    let details = fix.details(at(20));
    assert_eq!((details.crash_report, details.sandbox_lost), (None, true));
}

#[test]
fn saved_work_without_a_bucket_is_nowhere() {
    let mut fix = lost(&["a"]);
    let why = NotKept::NoBucket;
    fix.step(Event::ReportNotKept { why }, &Policy::default(), at(20));
    assert_eq!(place(&fix), Place::Nowhere { why });
    assert_eq!(next(&fix, at(20)), Effect::Report);
}

#[test]
fn what_lies_in_the_bucket_is_known_by_its_key() {
    assert_eq!(media_type("1/r-1.tar"), "application/x-tar");
    assert_eq!(media_type("1/r-1.tar.gz"), "application/gzip");
    // A run's id comes from a job's, which is a number; and if it did not:
    assert_eq!(media_type("1/tar.gz"), "application/x-tar");
}

#[test]
fn being_told_to_wait_counts_as_a_try() {
    let asked = ServiceError::RateLimited {
        retry_after: Duration::from_hours(1),
    };
    let Failed(_, error) = of_executor(&asked);
    assert_eq!(error.held_back(), None);
    assert!(error.is_transient());
}

#[test]
fn a_fix_that_was_stored_before_there_were_reports_is_read() {
    let mut stored = serde_json::to_value(fix(crashed(Place::Due, Closing::Report))).unwrap();
    let stage = stored["stage"].as_object_mut().unwrap();
    let report = stage
        .remove("crashReport")
        .or_else(|| stage.remove("crash_report"));
    assert!(report.is_some(), "{stage:?}");
    let read: Fix = serde_json::from_value(stored).unwrap();
    let Stage::Archived(archived) = read.stage else {
        panic!("{:?}", read.stage)
    };
    assert_eq!(archived.crash_report, None);
}
