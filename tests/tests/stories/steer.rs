//! Further instructions for an agent at work.

use shared::executor::Steer;
use tests::discord::{Act, Slash};
use tests::executor_fake::{Script, Trouble};
use tests::world::{Strike, World, the_fix};

use super::{MINUTE, SECOND, is_one_pull_request, meanwhile, with_fix};

const TEXT: &str = "Only touch the cart, please.";

fn steer(text: &str) -> Slash {
    Act::slash("bugbot steer").option("text", text)
}

fn long() -> Script {
    the_fix().taking(2 * MINUTE)
}

/// The instructions that the last run was told.
fn told(world: &World) -> Vec<String> {
    let started = world.executor.started();
    let run = started.last().expect("a run has started");
    world.executor.told(run.run_id.as_str())
}

#[tokio::test]
async fn the_agent_is_told_and_the_thread_sees_that_it_was() {
    let world = with_fix(long()).await;
    world.run_for(20 * SECOND).await;
    world.command("Bob", steer(TEXT)).await;
    world.run_for(2 * SECOND).await;
    assert_eq!(
        world.last_word(),
        "✅ The agent reads it after its current step; the message of the fix says when it has."
    );
    assert_eq!(told(&world), [TEXT]);
    world.run_for(15 * SECOND).await;
    let seen = world.transcript();
    assert!(seen.contains("🧭 Steered by @Bob: delivered"), "{seen}");
    world.run_until_quiet().await;
    assert_eq!(told(&world), [TEXT]);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn what_is_said_before_the_agent_starts_is_told_at_its_start() {
    let world = with_fix(long()).await;
    let command = meanwhile(&world, "Bob", steer(TEXT));
    world.strike_call("/repos/", command);
    world.run_until_quiet().await;
    let started = world.executor.started();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].steers.len(), 1);
    assert_eq!(told(&world), [TEXT]);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_run_that_is_lost_is_followed_by_one_that_is_told_the_same() {
    let world = with_fix(long().until(40 * SECOND, Trouble::Dies)).await;
    world.run_for(20 * SECOND).await;
    world.command("Bob", steer(TEXT)).await;
    world.run_for(15 * SECOND).await;
    world.executor.play([long()]);
    world.run_until_quiet().await;
    assert_eq!(world.executor.started().len(), 2);
    assert_eq!(told(&world), [TEXT]);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn an_instruction_whose_answer_is_lost_is_given_once() {
    for strike in [Strike::Crash, Strike::LostBefore, Strike::LostAfter] {
        let world = with_fix(long()).await;
        world.run_for(20 * SECOND).await;
        world.strike_call("/steer", strike);
        world.command("Bob", steer(TEXT)).await;
        world.run_until_quiet().await;
        assert_eq!(told(&world), [TEXT]);
        is_one_pull_request(&world);
        world.finish();
    }
}

#[tokio::test]
async fn what_comes_when_the_agent_has_just_ended_is_said_to_be_late() {
    let world = with_fix(the_fix()).await;
    let command = meanwhile(&world, "Bob", steer(TEXT));
    world.run_for(19 * SECOND).await;
    world.command("Bob", steer("Almost too late.")).await;
    world.strike_call("/result", command);
    world.run_until_quiet().await;
    let seen = world.transcript();
    assert!(seen.contains("came too late"), "{seen}");
    assert!(seen.contains("takes no further instructions now"), "{seen}");
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn instructions_are_bounded() {
    let world = with_fix(the_fix().taking(10 * MINUTE)).await;
    world.run_for(20 * SECOND).await;
    for n in 0..Steer::MAX_COUNT {
        world
            .command("Bob", steer(&format!("Instruction {n}.")))
            .await;
        world.run_for(20 * SECOND).await;
    }
    world.command("Bob", steer("One more.")).await;
    world.run_for(20 * SECOND).await;
    assert!(
        world.last_word().contains("as many as one takes"),
        "{}",
        world.last_word()
    );
    assert_eq!(told(&world).len(), Steer::MAX_COUNT);
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}
