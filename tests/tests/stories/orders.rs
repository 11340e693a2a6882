//! Orders about a fix: approve, reject, steer, continue, deploy, and pointing at one job.

use tests::discord::{Act, Slash};
use tests::world::{REPOSITORY, World, the_fix};

use super::{SECOND, cancel, is_nothing_pushed, is_one_pull_request, retry, status, with_fix};

fn order(verb: &str) -> Slash {
    Act::slash(&format!("bugbot {verb}"))
}

/// What the thread reads as the answer to a command.
async fn said(world: &World, command: Slash) -> String {
    world.command("Bob", command).await;
    world.run_for(SECOND).await;
    world.last_word()
}

#[tokio::test]
async fn without_a_fix_every_order_says_so() {
    let world = World::new();
    for verb in ["approve", "reject", "continue", "deploy"] {
        let said = said(&world, order(verb)).await;
        assert_eq!(
            said, "⚠️ There is no fix in this thread yet. `/bugbot fix` starts one.",
            "{verb}"
        );
    }
    world.finish();
}

#[tokio::test]
async fn approving_what_waits_for_nobody_says_so() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    for verb in ["approve", "reject"] {
        let said = said(&world, order(verb)).await;
        assert_eq!(said, "⚠️ This fix does not wait for anybody's approval.");
    }
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn after_the_end_there_is_nothing_to_approve_or_steer() {
    let world = with_fix(the_fix()).await;
    let job = world.only_job();
    world.run_until_quiet().await;
    let about = order("steer").option("text", "be quick");
    let said_of_all = said(&world, about.clone()).await;
    assert_eq!(
        said_of_all,
        "⚠️ No fix runs in this thread, so there is nothing to steer. `/bugbot status` shows how the last one ended."
    );
    let said_of_one = said(&world, about.option("job", job.as_str())).await;
    assert_eq!(
        said_of_one,
        "⚠️ That `fix` has already ended: pull request #1 is open: <https://github.com/acme/shop/pull/1>"
    );
    world.finish();
}

#[tokio::test]
async fn a_job_of_another_conversation_is_not_known_here() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    for verb in ["cancel", "status", "approve", "deploy"] {
        let said = said(&world, order(verb).option("job", "175928847299117063")).await;
        assert_eq!(
            said, "⚠️ I know no such job in this thread. `/bugbot status` shows what there is.",
            "{verb}"
        );
    }
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_fix_is_cancelled_and_looked_at_by_name() {
    let world = with_fix(the_fix()).await;
    let job = world.only_job();
    world.run_for(6 * SECOND).await;
    let named = |command: Slash| command.option("job", job.as_str());
    insta::assert_snapshot!(said(&world, named(status())).await, @"ℹ️ `fix`: Agent at work · 0 s · $0.01 · Reading src/cart.js");
    world.command_and_wait("Bob", named(cancel())).await;
    is_nothing_pushed(&world);
    insta::assert_snapshot!(said(&world, named(cancel())).await, @"⚠️ That `fix` has already ended: Cancelled by <@1479486235213824000>. Nothing was pushed.");
    world.finish();
}

#[tokio::test]
async fn only_the_newest_failure_is_done_again_by_name() {
    let world = with_fix(the_fix()).await;
    let first = world.only_job();
    world.run_for(6 * SECOND).await;
    world.command_and_wait("Bob", cancel()).await;
    let again = || retry().option("job", first.as_str());
    world.command_and_wait("Bob", again()).await;
    is_one_pull_request(&world);
    insta::assert_snapshot!(said(&world, again()).await, @"⚠️ Something else has happened in this thread since that job ended, so it is not done again. `/bugbot status` shows what there is.");
    world.finish();
}

#[tokio::test]
async fn jobs_are_offered_while_somebody_types() {
    let world = with_fix(the_fix()).await;
    let job = world.only_job();
    world.run_for(6 * SECOND).await;
    let offered = async |command: Slash| {
        let exchange = world.command("Bob", command.typing("job", "")).await;
        let answer = exchange.answer.expect("choices came in time");
        answer["data"]["choices"].clone()
    };
    let running = serde_json::json!([{"name": "fix, running", "value": job}]);
    assert_eq!(offered(cancel()).await, running);
    assert_eq!(offered(order("steer")).await, running);
    assert_eq!(offered(retry()).await, serde_json::json!([]));
    world.run_until_quiet().await;
    assert_eq!(offered(cancel()).await, serde_json::json!([]));
    let name = "fix, done: pull request #1 is open: <https://github.com/acme/shop/pull/1>";
    let ended = serde_json::json!([{"name": name, "value": job}]);
    assert_eq!(offered(order("deploy")).await, ended);
    assert_eq!(world.github.pull_requests(REPOSITORY).len(), 1);
    world.finish();
}
