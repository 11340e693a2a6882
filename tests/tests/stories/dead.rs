//! Jobs that cannot be done: they end on the dead-letter queue, recorded and told.

use std::time::Duration;

use shared::executor::RunFailure;
use tests::discord::Act;
use tests::executor_fake::Script;
use tests::fault::{Fault, Matcher};
use tests::linear::Linear;
use tests::world::{Strike, World, the_fix};

use super::{contextualize, report};

#[tokio::test]
async fn a_job_that_fails_as_often_as_allowed_is_recorded_and_told() {
    let world = World::new();
    world.linear.fail_next("*", Linear::internal_error(), 4);
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      🟥 `contextualize` could not be done
      🟥 Linear answered with an error (500).
      🟥 ▸ What next
      🟥   The job is kept for the operator. `/bugbot retry` tries again once the cause is gone.
      [ Retry ]
    ");
    assert_eq!(world.kv_keys("dead:").len(), 1);
    world.finish();
}

#[tokio::test]
async fn a_fix_that_was_handed_over_is_not_dead_though_its_delivery_is() {
    let world = World::new();
    // The first three deliveries fail, and the fourth does not hear that it has succeeded.
    world.linear.fail_next("*", Linear::internal_error(), 3);
    world.strike_call("thread handOver", Strike::LostAfter);
    report(&world);
    world.command_and_wait("Alice", super::fix()).await;
    assert_eq!(world.kv_keys("dead:").len(), 1);
    super::is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_fix_that_goes_on_is_its_objects_though_its_delivery_is_dead() {
    let out_of_money = the_fix().stopped_by(RunFailure::BudgetExhausted);
    let world = super::with_fix(out_of_money).await;
    world.run_until_quiet().await;
    world.executor.play([the_fix()]);
    // The first three deliveries fail, and the fourth does not hear that it has succeeded.
    for _ in 0..3 {
        world.strike_call("job continue", Strike::LostBefore);
    }
    world.strike_call("thread handOver", Strike::LostAfter);
    let go_on = Act::slash("bugbot continue");
    world.command_and_wait("Alice", go_on).await;
    assert_eq!(world.kv_keys("dead:").len(), 1);
    super::is_one_pull_request(&world);
    let log = world.log().join("\n");
    assert!(!log.contains(r#""outcome":"parked""#), "{log}");
    world.finish();
}

#[tokio::test]
async fn a_fix_that_is_dead_leaves_its_place_to_another() {
    let world = World::with_settings(&[("ALL_FIXES", "1/now"), ("USER_FIXES", "2/day")]);
    let issues = Matcher::new("POST /graphql").with_body("issueCreate");
    world.linear.fail_next(issues, Linear::internal_error(), 4);
    report(&world);
    world.command_and_wait("Alice", super::fix()).await;
    assert_eq!(world.kv_keys("dead:").len(), 1);
    // Nor does it count for the day.
    world.executor.play([Script::changes_nothing("Nothing.")]);
    for _ in 0..2 {
        world.command_and_wait("Alice", super::fix()).await;
    }
    assert_eq!(world.executor.started().len(), 2);
    world.finish();
}

#[tokio::test]
async fn a_key_that_is_bad_parks_the_job_at_once() {
    let world = World::new();
    world.linear.revoke("lin_api_of-the-stories");
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      🟥 `contextualize` could not be done
      🟥 Linear does not let bugbot in (You need to authenticate to access this operation.). The operator has to look at its credentials and permissions.
      🟥 ▸ What next
      🟥   The job is kept for the operator. `/bugbot retry` tries again once the cause is gone.
      [ Retry ]
    ");
    let tried = world.linear.requests().len();
    assert_eq!(tried, 1, "trying again cannot help");
    world.finish();
}

#[tokio::test]
async fn a_message_of_another_version_is_told_to_its_thread() {
    let world = World::new();
    let thread = &world.thread;
    let body = format!(
        r#"{{"version":9,"command":"fix","discordContext":{{"channelId":"1","threadId":"{thread}"}},"interaction":{{"id":"7"}}}}"#
    );
    world.commands.put(&body, Duration::ZERO);
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.last_message(), @r"
    bugbot [BOT]  14:30
      🟥 `fix` could not be done
      🟥 It does not have the form that bugbot understands.
      🟥 ▸ What next
      🟥   Give the command again. If it ends here again, tell the operator, for whom the job is kept: the two halves of bugbot are of different versions.
    ");
    assert_eq!(world.kv_keys("dead:"), ["dead:7"]);
    world.finish_with(1);
}

#[tokio::test]
async fn a_message_that_is_nothing_at_all_is_kept_for_the_operator() {
    let world = World::new();
    world.commands.put("\u{0}nonsense", Duration::ZERO);
    world.run_until_quiet().await;
    assert_eq!(world.kv_keys("dead:").len(), 1);
    assert!(world.discord.requests_to("POST /**").is_empty());
    world.finish();
}

#[tokio::test]
async fn a_dead_letter_is_told_when_discord_is_back() {
    let world = World::new();
    let issues = Matcher::new("POST /graphql").with_body("issueCreate");
    world.linear.fail_next(issues, Linear::internal_error(), 4);
    report(&world);
    world.command("Alice", contextualize()).await;
    world.run_while(|world| world.dead_letters.is_empty()).await;
    world
        .discord
        .fail_next("PATCH /**", Fault::BeforeEffect(503), 10);
    world.run_until_quiet().await;
    assert!(
        world.last_word().contains("could not be done"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn discord_being_down_from_the_first_moment_delays_the_message_only() {
    let world = World::new();
    report(&world);
    world.command("Alice", contextualize()).await;
    world
        .discord
        .fail_next("PATCH /**", Fault::BeforeEffect(503), 6);
    world.run_until_quiet().await;
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    assert!(
        world.last_word().starts_with("✅"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_dead_letter_queue_that_takes_nothing_for_a_while_gets_the_job_in_the_end() {
    let world = World::new();
    world.linear.revoke("lin_api_of-the-stories");
    world.dead_letters.refuses.set(true);
    report(&world);
    world.command("Alice", contextualize()).await;
    world.run_for(Duration::from_mins(10)).await;
    assert!(world.kv_keys("dead:").is_empty());
    assert!(!world.commands.is_empty(), "it still comes again");
    world.dead_letters.refuses.set(false);
    world.run_until_quiet().await;
    assert_eq!(world.kv_keys("dead:").len(), 1);
    assert!(
        world.last_word().contains("could not be done"),
        "{}",
        world.transcript()
    );
    world.finish();
}
