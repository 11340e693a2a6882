use super::*;
use crate::fix::tests::{at, brief, unrecorded as fix, waiting};
use crate::fix::{Effect, MAX_AGE};
use crate::policy::Policy;

fn boss() -> UserId {
    UserId::new("boss")
}

fn stepped(mut fix: Fix, event: Event, secs: i64) -> Fix {
    fix.step(event, &Policy::default(), at(secs));
    fix
}

fn waits() -> Fix {
    let mut fix = fix(waiting());
    fix.gate.is_closed = true;
    fix
}

#[test]
fn without_the_need_for_it_nobody_is_asked() {
    let open = fix(waiting());
    assert!(matches!(open.prepared(brief(), at(1)), Stage::Coding(_)));
    let closed = waits().prepared(brief(), at(1));
    let Stage::Backlog(Backlog::Approve { until, .. }) = closed else {
        panic!("{closed:?}")
    };
    assert_eq!(until, at(1) + APPROVAL_LIMIT);
}

#[test]
fn an_approval_lets_it_begin_and_is_kept_with_whose_it_was() {
    let approved = stepped(waits(), Event::Approved { by: boss() }, 60);
    assert!(matches!(approved.stage, Stage::Coding(_)));
    let approval = Approval {
        by: boss(),
        at: at(60),
    };
    assert_eq!(approved.approval(), Some(&approval));
    // Late ones change nothing.
    let late = stepped(approved.clone(), Event::Rejected { by: boss() }, 61);
    assert_eq!(late, approved);
    let other = UserId::new("other");
    let late = stepped(approved.clone(), Event::Approved { by: other }, 61);
    assert_eq!(late, approved);
}

#[test]
fn a_rejection_ends_it() {
    let rejected = stepped(waits(), Event::Rejected { by: boss() }, 60);
    let Stage::Archived(archived) = &rejected.stage else {
        panic!("{:?}", rejected.stage)
    };
    assert_eq!(archived.cause, Cause::NotApproved { by: boss() });
    assert_eq!(archived.spent, Spent::default());
}

#[test]
fn what_nobody_decides_ends_by_itself() {
    let end = i64::try_from(APPROVAL_LIMIT.as_secs()).unwrap();
    let early = stepped(waits(), Event::Tick, end - 1);
    assert!(early.awaits_approval());
    let late = stepped(waits(), Event::Tick, end);
    let Stage::Archived(archived) = &late.stage else {
        panic!("{:?}", late.stage)
    };
    assert_eq!(archived.cause, Cause::ApprovalExpired);
}

#[test]
fn while_it_waits_nothing_is_done_but_to_say_so() {
    let mut waits = waits();
    let mut effects = Vec::new();
    let mut now = at(0);
    while now < at(0) + APPROVAL_LIMIT {
        match waits.next(now) {
            Next::WaitUntil(until) => {
                assert!(until > now);
                now = until;
            }
            Next::Rest => panic!("nobody would wake it"),
            Next::Perform(Effect::ShowProgress { message }) => {
                let text = message.fingerprint();
                let live = crate::fix::tests::live();
                waits.step(Event::Shown { live, text }, &Policy::default(), now);
                effects.push("show");
            }
            Next::Perform(Effect::Record { records }) => {
                let event = crate::fix::tests::recorded(&records);
                waits.step(event, &Policy::default(), now);
                effects.push("record");
            }
            Next::Perform(other) => panic!("not before somebody approves: {other:?}"),
        }
    }
    assert_eq!(effects, ["record", "show"]);
}

/// An hour of failures is measured from when the work began, not from when people were asked.
#[test]
fn patience_with_failures_does_not_pass_while_people_think() {
    let hours = i64::try_from(MAX_AGE.as_secs()).unwrap() * 2;
    let approved = stepped(waits(), Event::Approved { by: boss() }, hours);
    assert_eq!(approved.patience_from(), at(hours));
    let rejected = stepped(waits(), Event::Rejected { by: boss() }, hours);
    assert_eq!(rejected.patience_from(), at(hours));
    assert_eq!(waits().patience_from(), at(0));
}

#[test]
fn a_decision_is_answered_once_and_its_repeat_the_same() {
    let approve = Event::Approved { by: boss() };
    let reject = Event::Rejected { by: boss() };
    assert_eq!(waits().take_decision(&approve), Ok(report::approved()));
    let approved = stepped(waits(), approve.clone(), 60);
    assert_eq!(approved.take_decision(&approve), Ok(report::approved()));
    assert!(approved.take_decision(&reject).is_err());
    let rejected = stepped(waits(), reject.clone(), 60);
    assert_eq!(rejected.take_decision(&reject), Ok(report::not_approved()));
    assert!(rejected.take_decision(&approve).is_err());
    let other = Event::Approved {
        by: UserId::new("other"),
    };
    assert!(approved.take_decision(&other).is_err());
}
