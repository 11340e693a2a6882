//! `status` at each stage of a fix.

use tests::executor_fake::Script;
use tests::world::{World, the_fix};

use super::{SECOND, fix, report, status, with_fix};

/// What the status says now.
async fn said(world: &World) -> String {
    world.command("Bob", status()).await;
    world.run_for(SECOND).await;
    world.last_message()
}

#[tokio::test]
async fn before_anything_has_happened() {
    let world = World::new();
    insta::assert_snapshot!(said(&world).await, @r"
    ╭ Bob used /bugbot status
    bugbot [BOT]  14:30
      Nothing has happened in this thread yet. `/bugbot contextualize` gathers what is known about the bug.
    ");
    world.finish();
}

#[tokio::test]
async fn while_the_agent_works_and_when_the_pull_request_is_open() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    insta::assert_snapshot!(said(&world).await, @r"
    ╭ Bob used /bugbot status
    bugbot [BOT]  14:30
      🟦 Status
      🟦 ▸ Issue
      🟦   ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩ I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the…
      🟦 ▸ Running
      🟦   fix: Agent at work · 0 s · $0.01 · Reading src/cart.js
    ");
    world.run_until_quiet().await;
    insta::assert_snapshot!(said(&world).await, @r"
    ╭ Bob used /bugbot status
    bugbot [BOT]  14:30
      🟦 Status
      🟦 ▸ Issue
      🟦   ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩ I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the…
      🟦 ▸ Running
      🟦   nothing
      🟦 ▸ Last
      🟦   ✅ fix: pull request #1 is open: https://github.com/acme/shop/pull/1
    ");
    world.finish();
}

#[tokio::test]
async fn after_a_fix_that_came_to_no_pull_request() {
    let world = with_fix(Script::changes_nothing("I could not find the cart.")).await;
    world.run_until_quiet().await;
    insta::assert_snapshot!(said(&world).await, @r"
    ╭ Bob used /bugbot status
    bugbot [BOT]  14:32
      🟦 Status
      🟦 ▸ Issue
      🟦   ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩ I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the…
      🟦 ▸ Running
      🟦   nothing
      🟦 ▸ Last
      🟦   ⚠️ fix: The agent looked and changed nothing.
      🟦 ▸ What next
      🟦   `/bugbot retry` does the `fix` again that did not work.
    ");
    world.run_until_quiet().await;
    world.finish();
}

#[tokio::test]
async fn at_every_call_of_a_fix_there_is_an_answer() {
    let good = with_fix(the_fix().taking(3 * SECOND)).await;
    good.run_until_quiet().await;
    let world = World::new();
    world.executor.play([the_fix().taking(3 * SECOND)]);
    report(&world);
    world.command("Alice", fix()).await;
    for nth in 0..good.calls().len() {
        if nth % 3 == 0 {
            world.run_while(|world| world.calls().len() < nth).await;
            world.command("Bob", status()).await;
        }
    }
    world.run_until_quiet().await;
    super::is_one_pull_request(&world);
    world.finish();
}
