//! Threads that are archived or locked while a job is under way: neither takes edits, and only the
//! first is woken by a new message.

use tests::fault::{Fault, Matcher};
use tests::world::{World, the_fix};

use super::{MINUTE, SECOND, contextualize, is_one_pull_request, report, status, with_fix};

/// How often Discord refused to write in an archived thread so far.
fn edits(world: &World) -> usize {
    let by_token = world.discord.requests_to("PATCH /api/v10/webhooks/**");
    let by_bot = world.discord.requests_to("PATCH /api/v10/channels/**");
    by_token.len() + by_bot.len()
}

#[tokio::test]
async fn the_end_of_a_fix_wakes_its_thread_and_takes_the_place_of_the_live_message() {
    let world = with_fix(the_fix().taking(12 * MINUTE)).await;
    world.run_for(MINUTE).await;
    let before = edits(&world);
    world.discord.archive(&world.thread, false);
    world.run_for(10 * MINUTE).await;
    assert!(
        world.transcript().contains("(archived)"),
        "signs of life wake nobody: {}",
        world.transcript()
    );
    // Discord bans whoever asks for what it refuses again and again.
    let refused = edits(&world) - before;
    assert!((1..=4).contains(&refused), "{refused} edits were refused");
    world.run_until_quiet().await;
    assert!(!world.transcript().contains("(archived)"));
    assert!(
        world.last_word().contains("has a pull request"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn the_end_of_a_command_that_waited_for_hours_wakes_its_thread() {
    let world = World::new();
    let limit = Fault::RateLimit {
        retry_after: 50 * MINUTE,
    };
    let create = Matcher::new("POST /graphql").with_body("issueCreate");
    world.linear.fail_next(create, limit, 1);
    report(&world);
    world.command("Alice", contextualize()).await;
    world.run_for(SECOND).await;
    world.discord.archive(&world.thread, false);
    world.run_until_quiet().await;
    assert!(
        world.last_word().starts_with("✅ Created"),
        "{}",
        world.transcript()
    );
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    world.finish();
}

#[tokio::test]
async fn the_end_of_a_fix_in_a_locked_thread_is_on_record_everywhere_else() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.discord.archive(&world.thread, true);
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    let job = world.only_job();
    assert!(world.fix(&job).expect("it is kept").stage.is_closed());
    assert!(world.kv_keys("open:").is_empty());
    let log = world.log();
    let lines = |words: &str| log.iter().filter(|line| line.contains(words)).count();
    assert_eq!(lines("the thread cannot be told"), 1, "{}", log.join("\n"));
    assert_eq!(lines("job ended"), 1, "{}", log.join("\n"));
    let shown = world.operator("ann").job(job.as_str(), None).await.unwrap();
    assert!(shown.job.fix.unwrap().pull_request.is_some());

    // Whoever opens the thread again can ask.
    world.discord.archive(&world.thread, false);
    world.says("Alice", "What came of it?");
    world.command_and_wait("Alice", status()).await;
    assert!(
        world.last_word().contains("pull request #1 is open"),
        "{}",
        world.transcript()
    );
    world.discord.finish();
    world.github.finish();
    world.linear.finish();
}
