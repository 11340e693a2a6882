//! Runs that are ended from outside: nothing of them is left, and soon.

use std::time::{Duration, Instant};

use shared::executor::{RunFailure, RunOutcome, RunState};
use tests::anthropic::Script;
use tests::sample::BUGGY_FILE;

use crate::agents::{DONE, STEP, STEP_SEEN};
use crate::bench::{Bench, claude, script, summary};

/// From the call to the end of the last process.
pub(crate) const CANCEL_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_claude_within_five_seconds() {
    let bench = Bench::new(Script::never_ends()).await;
    let request = bench.request("cancel");
    bench.executor.client().start(&request).await.unwrap();
    bench.wait_for_step(&request, "Reading README.md").await;
    assert!(!bench.processes().is_empty());

    let begin = Instant::now();
    bench.cancel(&request).await;
    let result = bench.result(&request).await;
    assert!(begin.elapsed() < CANCEL_WITHIN, "{:?}", begin.elapsed());
    assert_eq!(result.outcome, RunOutcome::Cancelled);
    bench.assert_nothing_is_left();

    // Cancelling again is harmless.
    let status = bench.cancel(&request).await;
    assert_eq!(status.state.outcome(), Some(&RunOutcome::Cancelled));
}

/// Ignores SIGTERM, as does its child; a grandchild leaves for a session of its own.
fn stubborn() -> String {
    let daemon = "setsid sh -c 'trap \"\" TERM; sleep 1000' >/dev/null 2>&1 </dev/null &";
    format!("trap '' TERM\n({daemon})\nsleep 0.3\n{STEP}\nsleep 1000 & wait\nsleep 1000")
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_an_agent_that_does_not_want_to() {
    let agent = script(&stubborn());
    let files = tests::sample::folder();
    let bench = Bench::with(&files, Script::never_ends(), &[("AGENT_COMMAND", &agent)]).await;
    let request = bench.request("stubborn");
    bench.executor.client().start(&request).await.unwrap();
    bench.wait_for_step(&request, STEP_SEEN).await;
    assert!(
        bench
            .processes()
            .iter()
            .any(|process| process.contains("trap"))
    );

    let begin = Instant::now();
    bench.cancel(&request).await;
    bench.result(&request).await;
    assert!(begin.elapsed() < CANCEL_WITHIN, "{:?}", begin.elapsed());
    bench.assert_nothing_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_leaves_running_ends_with_it() {
    let daemon = "setsid sleep 1000 >/dev/null 2>&1 </dev/null &";
    let agent = script(&format!("({daemon})\n{DONE}"));
    let files = tests::sample::folder();
    let bench = Bench::with(&files, Script::never_ends(), &[("AGENT_COMMAND", &agent)]).await;
    let result = bench.run(&bench.request("daemon")).await;
    assert_eq!(result.outcome, RunOutcome::Completed);
    bench.assert_nothing_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_executor_that_is_killed_takes_its_agents_with_it() {
    let mut bench = Bench::new(Script::never_ends()).await;
    let request = bench.request("orphan");
    bench.executor.client().start(&request).await.unwrap();
    bench.wait_for_step(&request, "Reading README.md").await;
    bench.executor.kill();
    let begin = Instant::now();
    while !bench.processes().is_empty() {
        assert!(begin.elapsed() < CANCEL_WITHIN, "{:?}", bench.processes());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_executor_ends_with_whoever_started_it_and_takes_its_agents_along() {
    let mut bench = Bench::new(Script::never_ends()).await;
    let request = bench.request("abandoned");
    bench.executor.client().start(&request).await.unwrap();
    bench.wait_for_step(&request, "Reading README.md").await;
    bench.executor.abandon();
    bench.executor.wait_for_end(CANCEL_WITHIN);
    bench.assert_nothing_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_clock_ends_a_run() {
    let bench = Bench::new(Script::never_ends()).await;
    let mut request = bench.request("clock");
    request.limits.wall_clock = Duration::from_secs(3);
    let begin = Instant::now();
    let result = bench.run(&request).await;
    assert_eq!(
        result.outcome,
        RunOutcome::Failed {
            failure: RunFailure::TimedOut
        }
    );
    assert!(begin.elapsed() < Duration::from_secs(3) + CANCEL_WITHIN);
    assert!(result.spent.elapsed >= Duration::from_secs(3));
    bench.assert_nothing_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_keeps_the_work_and_a_restart_goes_on_from_it() {
    let mut bench = Bench::new(Script::fixes_then_stalls()).await;
    let request = bench.request("resume");
    bench.executor.client().start(&request).await.unwrap();
    bench
        .wait_for_step(&request, &format!("Editing {BUGGY_FILE}"))
        .await;
    // The step is announced before it is taken.
    let begin = Instant::now();
    let before = loop {
        let checkpoint = bench
            .executor
            .client()
            .checkpoint(&request.run_id)
            .await
            .unwrap();
        if !checkpoint.changes.is_empty() {
            break checkpoint;
        }
        assert!(begin.elapsed() < CANCEL_WITHIN);
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(summary(&before.changes), ["M 100644 src/cart.js"]);

    let begin = Instant::now();
    bench.executor.terminate();
    bench
        .wait_for(&request, "the interruption", |s| {
            s.state == RunState::Interrupted
        })
        .await;
    let kept = bench
        .executor
        .client()
        .checkpoint(&request.run_id)
        .await
        .unwrap();
    assert_eq!(kept.changes, before.changes);
    assert!(kept.spent.turns >= 2 && kept.session_id.is_some());
    bench.executor.wait_for_end(Duration::from_secs(10));
    assert!(begin.elapsed() < Duration::from_secs(10));
    bench.assert_nothing_is_left();

    // The caller does not send the checkpoint: this executor has it.
    bench.anthropic.play(Script::changes_nothing());
    bench.restart(&[("AGENT_COMMAND", &claude())]);
    assert!(
        bench
            .executor
            .client()
            .status(&request.run_id)
            .await
            .is_err()
    );
    let result = bench.run(&request).await;
    assert_eq!(result.outcome, RunOutcome::Completed);
    assert_eq!(result.changes, before.changes);
    assert!(result.spent.turns > kept.spent.turns, "earlier turns count");
    let said = bench.anthropic.requests().last().unwrap().json()["messages"].to_string();
    assert!(said.contains("You were interrupted, and go on now"));

    // Another executor gets it from the caller.
    let mut elsewhere = bench.request("elsewhere");
    elsewhere.checkpoint = Some(kept);
    let result = bench.run(&elsewhere).await;
    assert_eq!(result.changes, before.changes);
    bench.assert_nothing_is_left();
}
