use super::*;
use crate::executor::{RunOutcome, RunState, SteerStatus};
use crate::fix::tests::{at, coding, fix, spent, status, watching};
use crate::fix::{Effect, Next};

fn steer(id: &str) -> Steer {
    Steer {
        id: JobId::new(id),
        text: "Only touch the cart.".to_owned(),
    }
}

fn step(fix: &mut Fix, event: Event) {
    fix.step(event, &Policy::default(), at(10));
}

fn order(fix: &mut Fix, id: &str) {
    let by = UserId::new("42");
    step(
        fix,
        Event::SteerRequested {
            by,
            steer: steer(id),
        },
    );
}

fn seen(state: RunState, steers: &[(&str, SteerState)]) -> Event {
    let steers = steers.iter().map(|(id, state)| SteerStatus {
        id: JobId::new(*id),
        state: *state,
    });
    Event::RunSeen(RunStatus {
        steers: steers.collect(),
        ..status(state)
    })
}

fn states(fix: &Fix) -> Vec<Delivery> {
    fix.steers().iter().map(|known| known.state).collect()
}

/// What is done next about the run; the live message is left alone.
fn next(fix: &mut Fix) -> Next {
    let not_before = at(9_999);
    step(fix, Event::NotShown { not_before });
    fix.next(at(10))
}

fn working() -> Fix {
    fix(coding(watching()))
}

fn ended() -> RunState {
    let outcome = RunOutcome::Completed;
    RunState::Ended { outcome }
}

#[test]
fn an_instruction_goes_to_the_run_at_once_and_only_once() {
    let mut fix = working();
    order(&mut fix, "1");
    order(&mut fix, "1");
    assert_eq!(states(&fix), [Delivery::Waiting]);
    let Next::Perform(Effect::SteerRun { steer: sent, .. }) = next(&mut fix) else {
        panic!("it is sent: {:?}", fix.next(at(10)))
    };
    assert_eq!(*sent, steer("1"));
    step(
        &mut fix,
        seen(RunState::Running, &[("1", SteerState::Queued)]),
    );
    assert!(matches!(next(&mut fix), Next::WaitUntil(_)));
    step(
        &mut fix,
        seen(RunState::Running, &[("1", SteerState::Delivered)]),
    );
    assert_eq!(states(&fix), [Delivery::Delivered]);
}

#[test]
fn a_run_that_starts_anew_is_told_everything_again() {
    let mut fix = working();
    order(&mut fix, "1");
    order(&mut fix, "2");
    step(
        &mut fix,
        seen(RunState::Running, &[("1", SteerState::Delivered)]),
    );
    step(&mut fix, Event::RunLost);
    assert_eq!(states(&fix), [Delivery::Waiting; 2]);
    assert_eq!(fix.steers_for_a_run(), [steer("1"), steer("2")]);
}

#[test]
fn what_no_agent_reads_any_more_came_too_late() {
    let mut ending = working();
    order(&mut ending, "1");
    step(&mut ending, seen(ended(), &[("1", SteerState::Queued)]));
    assert_eq!(states(&ending), [Delivery::TooLate]);
    // The result died with its sandbox, and another agent will be there.
    step(&mut ending, Event::RunLost);
    assert_eq!(states(&ending), [Delivery::Waiting]);

    let mut refused = working();
    order(&mut refused, "1");
    let id = JobId::new("1");
    step(&mut refused, Event::SteerRefused { id });
    assert_eq!(states(&refused), [Delivery::TooLate]);
    assert!(!matches!(
        next(&mut refused),
        Next::Perform(Effect::SteerRun { .. })
    ));
}

#[test]
fn instructions_are_bounded_and_need_an_agent() {
    let mut full = working();
    for n in 0..=Steer::MAX_COUNT {
        order(&mut full, &n.to_string());
    }
    assert_eq!(full.steers().len(), Steer::MAX_COUNT);
    let long = Steer {
        text: "x".repeat(Steer::MAX_CHARS + 1),
        ..steer("1")
    };
    assert!(working().refuses(&long).is_some());
    let mut collecting = fix(coding(CodingPhase::Collect { spent: spent() }));
    order(&mut collecting, "1");
    assert_eq!(collecting.steers(), []);
}

#[test]
fn a_fix_without_instructions_is_stored_as_before_there_were_any() {
    let stored = serde_json::to_string(&working()).unwrap();
    assert!(!stored.contains("steers"));
    assert_eq!(serde_json::from_str::<Fix>(&stored).unwrap(), working());
}
