//! The life of the one message: early, late, deleted.

use shared::id::MessageId;
use tests::fault::{Canned, Fault, Matcher};
use tests::world::{World, the_fix};

use super::{MINUTE, SECOND, contextualize, fix, is_one_pull_request, report, with_fix};

#[tokio::test]
async fn after_fifteen_minutes_the_bot_edits_the_message_itself() {
    let world = World::new();
    let create = Matcher::new("POST /graphql").with_body("issueCreate");
    let limit = Fault::RateLimit {
        retry_after: 20 * MINUTE,
    };
    world.linear.fail_next(create, limit, 1);
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(
        world
            .discord
            .requests_to("PATCH /api/v10/channels/*/messages/*")
            .len(),
        1
    );
    world.finish();
}

#[tokio::test]
async fn a_rejection_after_fifteen_minutes_takes_the_place_of_the_message() {
    let world = World::new();
    let limit = Fault::RateLimit {
        retry_after: 20 * MINUTE,
    };
    world.linear.fail_next("POST /graphql", limit, 1);
    report(&world);
    let command = contextualize().option("issue", "ENG-99");
    world.command_and_wait("Alice", command).await;
    assert!(
        world.last_word().contains("knows no issue"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_run_of_twenty_minutes_ends_in_the_same_message() {
    let world = World::with_settings(&[("RUN_MINUTES", "60")]);
    world.executor.play([the_fix().taking(20 * MINUTE)]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_message_that_somebody_deletes_is_made_anew_once() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    let said = world.discord.said_by_bot(&world.thread);
    world
        .discord
        .delete(&MessageId::new(said[0]["id"].as_str().unwrap()));
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_consumer_that_is_faster_than_the_gateways_answer_waits_for_it() {
    let world = World::new();
    report(&world);
    world.command_overtaken("Alice", contextualize()).await;
    world.run_until_quiet().await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    world.finish();
}

#[tokio::test]
async fn a_fix_may_overtake_the_gateways_answer_too() {
    let world = World::new();
    report(&world);
    world.command_overtaken("Alice", fix()).await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

/// Discord bans whoever asks for what it refuses again and again: a live message that it refuses is
/// left alone for minutes, and the end is told all the same.
#[tokio::test]
async fn progress_that_discord_refuses_is_shown_seldom_and_the_end_is_told() {
    let world = with_fix(the_fix().taking(10 * MINUTE)).await;
    world.run_for(6 * SECOND).await;
    let edits = "PATCH /api/v10/webhooks/**";
    let before = world.discord.requests_to(edits).len();
    let no = serde_json::json!({"message": "Missing Permissions", "code": 50013});
    let refusal = Fault::Answer(Canned::json(403, &no));
    world.discord.fail_next(edits, refusal, 2);
    world.run_for(7 * MINUTE).await;
    let refused = world.discord.requests_to(edits).len() - before;
    assert_eq!(refused, 2, "one in four minutes");
    world.run_until_quiet().await;
    assert!(
        world.last_word().contains("has a pull request"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}
