//! Between the delivery of a fix and its Job object: whatever is lost there, there is one fix.

use shared::executor::RunFailure;
use tests::executor_fake::Script;
use tests::fault::Fault;
use tests::world::{REPOSITORY, Strike, World, the_fix};

use super::{MINUTE, SECOND, fix, is_nothing_pushed, is_one_pull_request, report, with_fix};

#[tokio::test]
async fn a_fix_whose_object_has_started_is_not_prepared_again() {
    let world = with_fix(the_fix()).await;
    world.strike_call("job start", Strike::Crash);
    world.run_for(SECOND).await;
    let issues_read = world.linear.requests().len();
    // What the second delivery would ask for is refused for good by now.
    world.linear.revoke("lin_api_of-the-stories");
    world.run_for(5 * SECOND).await;
    assert_eq!(world.linear.requests().len(), issues_read);
    assert!(world.kv_keys("dead:").is_empty());
    world.linear.grant("lin_api_of-the-stories");
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_second_fix_minutes_after_a_lost_hand_over_does_not_run_beside_the_first() {
    let world = with_fix(the_fix().taking(10 * MINUTE)).await;
    world.strike_call("job start", Strike::Crash);
    world.run_for(SECOND).await;
    // The message of the first comes again only much later.
    world.commands.delay_all(5 * MINUTE);
    world.run_for(4 * MINUTE).await;
    world.command("Bob", fix()).await;
    world.run_for(SECOND).await;
    assert!(
        world.last_word().contains("A fix already runs"),
        "{}",
        world.transcript()
    );
    world.run_until_quiet().await;
    assert_eq!(world.executor.started().len(), 1);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_fix_whose_last_delivery_fails_after_the_start_is_not_parked() {
    let world = World::new();
    world.executor.play([the_fix()]);
    world.linear.fail_next("*", Fault::BeforeEffect(503), 3);
    world.strike_call("job start", Strike::Crash);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    assert!(
        !world.transcript().contains("could not be done"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn the_end_of_a_fix_that_was_never_handed_over_reaches_its_thread() {
    let world = with_fix(Script::fails(RunFailure::TimedOut)).await;
    world.strike_call("job start", Strike::Crash);
    world.run_for(SECOND).await;
    world.commands.delay_all(5 * MINUTE);
    world.run_until_quiet().await;
    assert!(
        world.last_word().contains("time was up"),
        "{}",
        world.transcript()
    );
    assert_eq!(world.github.pull_requests(REPOSITORY).len(), 0);
    is_nothing_pushed(&world);
    world.finish();
}
