//! Rate limits: what a service asks for is waited, and the story goes on afterwards.

use std::time::Duration;

use jiff::Timestamp;
use shared::ports::Clock as _;
use tests::fault::{Fault, Matcher};
use tests::world::World;

use super::{contextualize, fix, is_one_pull_request, report};

const ASKED: Duration = Duration::from_secs(90);

fn limit() -> Fault {
    Fault::RateLimit { retry_after: ASKED }
}

fn has_waited(world: &World, since: Timestamp) {
    let waited = Duration::try_from(world.clock.now() - since).expect("time passes forwards");
    assert!(waited >= ASKED, "waited {waited:?} only");
}

#[tokio::test]
async fn linears_limit_is_waited_for() {
    let world = World::new();
    let create = Matcher::new("POST /graphql").with_body("commentCreate");
    world.linear.fail_next(create.clone(), limit(), 1);
    report(&world);
    let since = world.clock.now();
    world.command_and_wait("Alice", contextualize()).await;
    has_waited(&world, since);
    assert_eq!(
        world.linear.requests_to(create).len(),
        2,
        "refused once, taken once"
    );
    world.finish();
}

#[tokio::test]
async fn discords_limit_is_waited_for() {
    let world = World::new();
    report(&world);
    let since = world.clock.now();
    world.command("Alice", contextualize()).await;
    let edit = "PATCH /api/v10/webhooks/**";
    world.discord.fail_next(edit, limit(), 2);
    world.run_until_quiet().await;
    has_waited(&world, since);
    world.finish();
}

#[tokio::test]
async fn githubs_limit_is_waited_for() {
    let world = World::new();
    let commit = Matcher::new("POST /graphql").with_body("createCommitOnBranch");
    world.github.fail_next(commit.clone(), limit(), 1);
    report(&world);
    let since = world.clock.now();
    world.command_and_wait("Alice", fix()).await;
    has_waited(&world, since);
    assert_eq!(
        world.github.requests_to(commit).len(),
        2,
        "refused once, taken once"
    );
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_sandbox_without_room_is_waited_for() {
    let world = World::new();
    world.executor.fail_next("POST /runs", limit(), 2);
    report(&world);
    let since = world.clock.now();
    world.command_and_wait("Alice", fix()).await;
    has_waited(&world, since + ASKED);
    assert_eq!(world.executor.requests_to("POST /runs").len(), 3);
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn posthogs_limit_is_said_and_not_waited_for() {
    let world = World::new();
    world.posthog.fail_next("*", limit(), 1);
    report(&world);
    let command = contextualize().option("email", "ada@shop.test");
    world.command_and_wait("Alice", command).await;
    let packet = &world.linear.comments("ENG-1")[0].body;
    assert!(
        packet.contains("PostHog's rate limit is used up"),
        "{packet}"
    );
    world.finish();
}
