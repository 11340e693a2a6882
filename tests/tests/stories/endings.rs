//! How a fix can end without a pull request: each has words of its own and a next step.

use shared::executor::RunFailure;
use tests::executor_fake::Script;

use super::{is_nothing_pushed, with_fix};

async fn ends(script: Script, with: &str) {
    let world = with_fix(script).await;
    world.run_until_quiet().await;
    let words = world.last_word();
    assert!(words.contains(with), "{with:?} is not in {words}");
    assert!(words.contains("What next"), "{words}");
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_run_that_changes_nothing() {
    let script = Script::changes_nothing("I could not find the cart.");
    ends(script, "I could not find the cart.").await;
}

#[tokio::test]
async fn an_agent_that_fails() {
    let failure = RunFailure::AgentFailed {
        reason: "it crashed".to_owned(),
    };
    ends(Script::fails(failure), "The agent failed: it crashed").await;
}

#[tokio::test]
async fn a_clone_that_fails() {
    let failure = RunFailure::CloneFailed {
        reason: "no such branch".to_owned(),
    };
    ends(
        Script::fails(failure),
        "could not be cloned: no such branch",
    )
    .await;
}

#[tokio::test]
async fn a_model_that_lets_nobody_in() {
    let failure = RunFailure::ModelUnavailable {
        status: 401,
        reason: "bad key".to_owned(),
    };
    ends(Script::fails(failure), "look at the model's key").await;
}

#[tokio::test]
async fn time_turns_and_money_that_are_used_up() {
    ends(Script::fails(RunFailure::TimedOut), "time was up").await;
    ends(
        Script::fails(RunFailure::TurnsExhausted),
        "turns were used up",
    )
    .await;
    ends(
        Script::fails(RunFailure::BudgetExhausted),
        "budget was used up",
    )
    .await;
}

#[tokio::test]
async fn a_change_that_is_too_large() {
    let failure = RunFailure::ResultTooLarge {
        files: 60,
        bytes: 9_000_000,
    };
    ends(Script::fails(failure), "too large to be reviewed").await;
}

#[tokio::test]
async fn a_run_that_outlives_its_limit_is_stopped() {
    let never = super::MINUTE * 60;
    ends(Script::changes_nothing("").taking(never), "time was up").await;
}
