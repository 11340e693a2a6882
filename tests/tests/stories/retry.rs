//! `retry`: what failed or was cancelled is done again, and what was done well is not.

use shared::executor::RunFailure;
use tests::executor_fake::Script;
use tests::world::{World, the_fix};

use super::{SECOND, cancel, contextualize, is_one_pull_request, report, retry, with_fix};

fn failing() -> Script {
    Script::fails(RunFailure::TurnsExhausted)
}

#[tokio::test]
async fn with_nothing_to_retry_it_says_so() {
    let world = World::new();
    world.command_and_wait("Alice", retry()).await;
    assert!(
        world.last_word().contains("there is nothing to retry"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_fix_that_failed_is_done_again() {
    let world = with_fix(failing()).await;
    world.run_until_quiet().await;
    world.executor.play([the_fix()]);
    world.command_and_wait("Bob", retry()).await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_fix_that_was_cancelled_is_done_again() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.command_and_wait("Bob", cancel()).await;
    world.command_and_wait("Bob", retry()).await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_retry_that_failed_can_be_retried() {
    let world = with_fix(failing()).await;
    world.run_until_quiet().await;
    world.command_and_wait("Alice", retry()).await;
    world.executor.play([the_fix()]);
    world.command_and_wait("Alice", retry()).await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_retry_that_went_well_is_not_done_again() {
    let world = with_fix(failing()).await;
    world.run_until_quiet().await;
    world.executor.play([the_fix()]);
    world.command_and_wait("Alice", retry()).await;
    world.command_and_wait("Alice", retry()).await;
    assert!(
        world.last_word().contains("there is nothing to retry"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_contextualize_that_was_parked_is_done_again() {
    let world = World::new();
    world
        .linear
        .fail_next("POST /graphql", tests::linear::Linear::internal_error(), 4);
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    assert!(
        world.last_word().contains("could not be done"),
        "{}",
        world.transcript()
    );
    world.command_and_wait("Alice", retry()).await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    world.finish();
}
