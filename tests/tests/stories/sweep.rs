//! The sweep: what was left behind is ended or resumed.

use std::time::Duration;

use shared::ports::Kv as _;
use tests::world::{Service, Strike, World, the_fix};

use super::{MINUTE, SECOND, contextualize, fix, is_one_pull_request, report, with_fix};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_job_whose_messages_are_lost_is_ended() {
    let world = World::new();
    report(&world);
    world.strike(5, Strike::Crash);
    world.command("Alice", contextualize()).await;
    world.deliver_due().await;
    world.commands.lose_all();

    world.sweep().await;
    assert!(
        world.last_word().starts_with('⏳'),
        "it may still come again: {}",
        world.transcript()
    );
    world.clock.advance(20 * MINUTE);
    world.sweep().await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      🟥 `contextualize` was lost
      🟥 Our side lost track of this job before it had ended.
      🟥 ▸ What next
      🟥   `/bugbot retry` does it again; nothing is done twice.
      [ Retry ]
    ");
    assert!(world.calls().contains(&"kv list open:".to_owned()));
    let asked = world.calls().iter().any(|call| call.starts_with("job "));
    assert!(!asked, "a contextualize has no Job object, and gets none");
    world.finish();
}

#[tokio::test]
async fn a_job_object_that_has_come_to_a_halt_goes_on() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.lose_alarm(&world.only_job());
    world.run_until_quiet().await;
    world.clock.advance(5 * MINUTE);
    world.sweep().await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_job_object_that_has_lost_everything_is_ended() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.lose_job_object(&world.only_job());
    world.clock.advance(5 * MINUTE);
    world.sweep().await;
    assert!(
        world.last_word().contains("was lost"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn what_goes_well_is_left_alone() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.sweep().await;
    world.run_for(6 * SECOND).await;
    world.sweep().await;
    world.run_until_quiet().await;
    assert_eq!(world.executor.started().len(), 1);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_job_object_that_does_not_answer_is_asked_again_by_the_next_sweep() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    let job = world.only_job();
    world.lose_alarm(&job);
    world.run_until_quiet().await;
    for strike in [Strike::LostBefore, Strike::Crash] {
        world.strike_call("job poke", strike);
        world.clock.advance(5 * MINUTE);
        world.sweep().await;
        assert!(
            world.last_word().starts_with("🛠️"),
            "nobody knows that it has ended: {}",
            world.transcript()
        );
        assert_eq!(world.kv_keys("open:"), [format!("open:{job}")]);
    }
    let log = world.log().join("\n");
    assert!(log.contains("could not look after a job"), "{log}");
    world.run_until_quiet().await;
    world.sweep().await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

/// The first page of marks is not all there is.
#[tokio::test]
async fn every_mark_is_looked_at_however_many_there_are() {
    const STALE: usize = 1_100;
    let world = World::new();
    for n in 0..STALE {
        let key = format!("open:{n:05}");
        world.put(&key, world.thread.as_str(), None).await.unwrap();
    }
    world.sweep().await;
    assert_eq!(world.kv_keys("open:").len(), 0);
    let lists = world
        .calls()
        .into_iter()
        .filter(|call| call == "kv list open:");
    assert_eq!(lists.count(), 2);
    world.finish();
}

/// Its thread has never heard of it: neither the job's deliveries nor those of the dead-letter
/// queue could reach it.
#[tokio::test]
async fn a_job_that_every_queue_has_given_up_is_told_at_last() {
    let world = World::new();
    report(&world);
    world.threads_are_silent.set(true);
    world.command_and_wait("Alice", contextualize()).await;
    assert!(world.dead_letters.is_empty(), "it has been given up");
    assert!(
        world.last_word().is_empty(),
        "nobody has said anything: {}",
        world.transcript()
    );
    world.sweep().await;
    world.threads_are_silent.set(false);
    world.sweep().await;
    assert!(
        world.last_word().is_empty(),
        "the queue may still be at it: {}",
        world.transcript()
    );
    world.run_for(20 * MINUTE).await;
    world.sweep().await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30
      🟥 `contextualize` could not be done
      🟥 It was tried several times without success.
      🟥 ▸ What next
      🟥   The job is kept for the operator. `/bugbot retry` tries again once the cause is gone.
      [ Retry ]
    ");
    // Once.
    world.sweep().await;
    world.finish();
}

/// Its thread knows it, but it never had a turn.
#[tokio::test]
async fn a_rejection_that_discord_would_not_take_all_day_is_told_at_last() {
    let world = with_fix(the_fix().taking(10 * MINUTE)).await;
    world.run_for(6 * SECOND).await;
    world.command("Bob", fix()).await;
    world.away(Service::Discord, 14 * HOUR);
    world.run_for(13 * HOUR).await;
    assert!(world.dead_letters.is_empty(), "it has been given up");
    world.run_until_quiet().await;
    world.run_for(2 * HOUR).await;
    world.sweep().await;
    world.run_until_quiet().await;
    assert!(
        world.transcript().contains("`fix` was lost"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}
