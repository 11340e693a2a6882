//! The sandbox: it dies, falls silent, is told to shut down, or never comes up.

use tests::executor_fake::{Script, Trouble};
use tests::world::{Strike, World, the_fix};

use super::{MINUTE, SECOND, fix, is_nothing_pushed, is_one_pull_request, report, with_fix};

async fn starts(scripts: impl IntoIterator<Item = Script>) -> std::rc::Rc<World> {
    let world = World::new();
    world.executor.play(scripts);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    world
}

#[tokio::test]
async fn a_sandbox_that_is_killed_is_started_again() {
    let world = starts([the_fix().until(5 * SECOND, Trouble::Dies), the_fix()]).await;
    assert_eq!(world.executor.started().len(), 2);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_sandbox_that_is_lost_three_times_is_given_up_with_clear_words() {
    let world = starts([the_fix().until(5 * SECOND, Trouble::Dies)]).await;
    assert_eq!(world.executor.started().len(), 3);
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ **ENG-1** · The sandbox was lost 3 times. Nothing was pushed.
      🟥 ENG-1: no pull request ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟥 The sandbox was lost 3 times. Nothing was pushed.
      🟥 ▸ What next
      🟥   `/bugbot retry` starts it again. If it happens again, the operator finds the reason in the logs.
      🟥 Cost: $0.01 · 1 turn │ Time: 4 s
      [ Retry ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_silent_sandbox_loses_its_lease() {
    // It works on behind a broken line, and is stopped as soon as it can be reached.
    let silent = the_fix()
        .taking(5 * MINUTE)
        .until(5 * SECOND, Trouble::FallsSilent(MINUTE));
    let world = starts([silent, the_fix()]).await;
    assert_eq!(world.executor.started().len(), 2);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_sandbox_that_is_silent_for_a_moment_keeps_its_run() {
    let silent = the_fix().until(5 * SECOND, Trouble::FallsSilent(20 * SECOND));
    let world = starts([silent]).await;
    assert_eq!(world.executor.started().len(), 1);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn an_interrupted_run_goes_on_from_its_checkpoint() {
    let world = starts([
        the_fix().until(5 * SECOND, Trouble::IsInterrupted),
        the_fix(),
    ])
    .await;
    let started = world.executor.started();
    assert_eq!(started.len(), 2);
    assert!(started[1].checkpoint.is_some());
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_sandbox_that_is_killed_loses_no_more_than_the_work_of_one_interval() {
    let long = || the_fix().taking(5 * MINUTE);
    let early = starts([long().until(50 * SECOND, Trouble::Dies), long()]).await;
    let started = early.executor.started();
    assert!(started[1].checkpoint.as_ref().unwrap().changes.is_empty());
    is_one_pull_request(&early);
    early.finish();

    let late = starts([long().until(100 * SECOND, Trouble::Dies), long()]).await;
    let started = late.executor.started();
    assert_eq!(started.len(), 2);
    let saved = started[1].checkpoint.as_ref().unwrap();
    assert!(!saved.changes.is_empty());
    assert!(saved.spent.elapsed >= MINUTE, "{:?}", saved.spent);
    is_one_pull_request(&late);
    late.finish();
}

#[tokio::test]
async fn a_sandbox_that_dies_while_its_work_is_saved_goes_on_from_the_last_time() {
    let world = with_fix(the_fix().taking(5 * MINUTE)).await;
    let dying = world.clone();
    world.run_for(90 * SECOND).await;
    let dies = Strike::MeanwhileBefore(Box::new(move || {
        Box::pin(async move { dying.executor.die() })
    }));
    world.strike_call("/checkpoint", dies);
    world.run_until_quiet().await;
    let started = world.executor.started();
    assert_eq!(started.len(), 2);
    assert!(!started[1].checkpoint.as_ref().unwrap().changes.is_empty());
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_sandbox_that_does_not_start_is_a_clear_message() {
    let world = with_fix(the_fix()).await;
    world.sandbox_refuses.replace(Some("no image".to_owned()));
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ **ENG-1** · The sandbox answered with an error (503), each time it was tried.
      🟥 ENG-1: no pull request ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟥 The sandbox answered with an error (503), each time it was tried.
      🟥 ▸ What next
      🟥   `/bugbot retry` starts it again. The operator finds the reason in the logs.
      [ Retry ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_result_that_dies_with_its_sandbox_is_made_again() {
    let world = with_fix(the_fix()).await;
    let dying = world.clone();
    let dies = Strike::MeanwhileBefore(Box::new(move || {
        Box::pin(async move { dying.executor.die() })
    }));
    world.strike_call("/result", dies);
    world.run_until_quiet().await;
    assert_eq!(world.executor.started().len(), 2);
    is_one_pull_request(&world);
    world.finish();
}
