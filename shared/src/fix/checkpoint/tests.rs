use crate::change::{ChangeKind, Content, FileChange};
use crate::executor::{Checkpoint, RunState, RunStatus};
use crate::fix::tests::{at, base, change, coding, fix, spent, status, watching};
use crate::fix::{CHECKPOINT_EVERY, Effect, Event, Fix, Next, Stage};
use crate::policy::Policy;

fn step(fix: &mut Fix, event: Event, secs: i64) {
    fix.step(event, &Policy::default(), at(secs));
}

fn works() -> RunStatus {
    status(RunState::Running)
}

fn saved(changes: Vec<FileChange>) -> Event {
    Event::RunCheckpointed(Some(Box::new(Checkpoint {
        base_commit: base().commit,
        changes,
        session_id: Some("session".to_owned()),
        spent: spent(),
    })))
}

/// What is done next about the run; the live message is left alone.
fn next(fix: &mut Fix, secs: i64) -> Next {
    let not_before = at(9_999);
    step(fix, Event::NotShown { not_before }, secs);
    fix.next(at(secs))
}

fn kept(fix: &Fix) -> Option<&Checkpoint> {
    let Stage::Coding(coding) = &fix.stage else {
        panic!("it is not coding: {:?}", fix.stage)
    };
    coding.checkpoint.as_ref()
}

fn interval() -> i64 {
    i64::try_from(CHECKPOINT_EVERY.as_secs()).unwrap()
}

#[test]
fn the_work_of_a_run_is_saved_once_an_interval() {
    let mut fix = fix(coding(watching()));
    step(&mut fix, Event::RunSeen(works()), interval() - 1);
    assert!(matches!(next(&mut fix, interval() - 1), Next::WaitUntil(_)));
    let mut saves = 0;
    for secs in interval()..interval() * 4 {
        step(&mut fix, Event::RunSeen(works()), secs);
        if let Next::Perform(Effect::CheckpointRun { .. }) = next(&mut fix, secs) {
            step(&mut fix, saved(vec![change("src/cart.ts")]), secs);
            saves += 1;
        }
    }
    assert_eq!(saves, 3);
    step(&mut fix, Event::RunLost, interval() * 4);
    let Next::Perform(Effect::StartRun { checkpoint, .. }) = next(&mut fix, interval() * 4) else {
        panic!("the next run starts: {:?}", fix.stage)
    };
    let checkpoint = checkpoint.unwrap();
    assert_eq!(checkpoint.changes, [change("src/cart.ts")]);
    assert_eq!(checkpoint.session_id.as_deref(), Some("session"));
}

#[test]
fn a_run_is_not_saved_before_its_agent_works_or_after_it_ended() {
    for state in [RunState::Cloning, RunState::Collecting] {
        let mut fix = fix(coding(watching()));
        step(&mut fix, Event::RunSeen(status(state)), interval());
        assert!(!matches!(
            next(&mut fix, interval() + 100),
            Next::Perform(Effect::CheckpointRun { .. })
        ));
    }
}

#[test]
fn what_cannot_be_saved_leaves_what_was_saved_before() {
    let mut fix = fix(coding(watching()));
    step(&mut fix, saved(vec![change("src/cart.ts")]), 60);
    step(&mut fix, Event::RunCheckpointed(None), 120);
    assert_eq!(kept(&fix).unwrap().changes.len(), 1);
    let too_large = FileChange {
        path: "src/large".to_owned(),
        kind: ChangeKind::Added {
            mode: "100644".to_owned(),
            content: Content(vec![0; 2_000_000]),
        },
    };
    step(&mut fix, saved(vec![too_large]), 180);
    assert_eq!(kept(&fix).unwrap().changes, [change("src/cart.ts")]);
}

#[test]
fn a_sandbox_that_is_silent_when_its_work_is_to_be_saved_is_looked_at_again_first() {
    let mut fix = fix(coding(watching()));
    step(&mut fix, Event::RunSeen(works()), interval());
    step(&mut fix, Event::RunSilent, interval());
    assert!(matches!(
        next(&mut fix, interval() + 10),
        Next::Perform(Effect::LookAtRun { .. })
    ));
    step(&mut fix, Event::RunSeen(works()), interval() + 10);
    assert!(matches!(
        next(&mut fix, interval() + 10),
        Next::Perform(Effect::CheckpointRun { .. })
    ));
}

#[test]
fn a_fix_that_was_stored_before_there_were_intervals_is_read() {
    let mut stored = serde_json::to_value(fix(coding(watching()))).unwrap();
    let stage = stored["stage"].as_object_mut().unwrap();
    assert!(stage.remove("saved_at").is_some());
    let phase = stage["phase"].as_object_mut().unwrap();
    assert!(phase.remove("isSaveDue").is_some());
    let read: Fix = serde_json::from_value(stored).unwrap();
    assert_eq!(read, fix(coding(watching())));
}
