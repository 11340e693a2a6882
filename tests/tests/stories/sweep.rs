//! The sweep: what was left behind is ended or resumed.

use tests::world::{Strike, World, the_fix};

use super::{MINUTE, SECOND, contextualize, is_one_pull_request, report, with_fix};

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
