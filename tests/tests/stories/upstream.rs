//! Services that are down or have had enough: what is left of bugbot then, and that everybody can
//! see it.

use std::time::Duration;

use shared::breaker::{Breaker, MAX_FAILURES, MAX_REST};
use shared::budget::draws;
use shared::ports::Clock as _;
use shared::service::Service;
use shared::upstream::{self, Upstreams as _};
use tests::discord::Act;
use tests::fault::{Fault, Matcher};
use tests::world::{Strike, World};

use super::{MINUTE, contextualize, fix, is_one_pull_request, report};

const DOWN: Fault = Fault::BeforeEffect(503);

fn times(world: &World, message: &str) -> usize {
    let wanted = format!(r#""message":"{message}""#);
    world
        .log()
        .iter()
        .filter(|line| line.contains(&wanted))
        .count()
}

fn upstream_calls(world: &World) -> usize {
    let calls = world.calls();
    calls
        .iter()
        .filter(|call| call.starts_with("upstream "))
        .count()
}

#[tokio::test]
async fn linear_being_down_is_said_in_one_line_and_waited_for() {
    let world = World::new();
    world.linear.fail_next("*", DOWN, MAX_FAILURES + 2);
    report(&world);
    world.command("Alice", contextualize()).await;
    world
        .run_while(|world| !world.last_word().contains("is not answering"))
        .await;
    insta::assert_snapshot!(world.last_message(), @"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      ⏳ Linear is not answering, trying again in 10 seconds
    ");
    world.run_until_quiet().await;
    assert!(
        world.last_word().starts_with("✅"),
        "{}",
        world.transcript()
    );
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    assert_eq!(
        times(&world, "upstream rests"),
        3,
        "after failures, and after each probe"
    );
    assert_eq!(times(&world, "upstream is back"), 1);
    assert!(world.kv_keys("dead:").is_empty());
    world.finish();
}

#[tokio::test]
async fn linear_being_down_for_hours_ends_the_job_with_clear_words() {
    let world = World::new();
    let since = world.clock.now();
    world.linear.fail_next("*", Fault::DropBefore, 54);
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    let waited = Duration::try_from(world.clock.now() - since).unwrap();
    assert!(waited > Duration::from_mins(170), "{waited:?}");
    insta::assert_snapshot!(world.last_message(), @"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      🟥 `contextualize` could not be done
      🟥 Linear could not be reached.
      🟥 ▸ What next
      🟥   The job is kept for the operator. `/bugbot retry` tries again once the cause is gone.
      [ Retry ]
    ");
    // Asked ever more seldom, and never by a job that is told to wait.
    let asked = world.linear.requests().len();
    assert!(
        asked as u128 <= 10 + waited.as_millis() / MAX_REST.as_millis(),
        "{asked}"
    );
    world.finish();
}

#[tokio::test]
async fn a_fix_says_for_whom_it_waits() {
    let world = World::new();
    report(&world);
    world.command("Alice", fix()).await;
    world
        .run_while(|world| world.executor.requests().is_empty())
        .await;
    let git = Matcher::new("POST /repos/**");
    world.github.fail_next(git, DOWN, MAX_FAILURES + 1);
    world
        .run_while(|world| !world.last_word().contains("is not answering"))
        .await;
    let shown = world.last_message();
    assert!(
        shown.contains("⏳ GitHub is not answering, trying again in 10 seconds"),
        "{shown}"
    );
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn posthog_being_down_costs_its_evidence_and_after_a_while_no_time() {
    let world = World::new();
    let email = "ada@shop.test";
    world.says(
        "Alice",
        &format!("It is broken for the user {email} since noon"),
    );
    world
        .posthog
        .fail_next("*", Fault::DropBefore, MAX_FAILURES);
    for _ in 0..MAX_FAILURES {
        world.command_and_wait("Alice", contextualize()).await;
    }
    let asked = world.posthog.requests().len();
    world.command_and_wait("Alice", contextualize()).await;
    assert_eq!(
        world.posthog.requests().len(),
        asked,
        "it is not asked at all"
    );
    let packet = &world.linear.comments("ENG-1")[3].body;
    assert!(packet.contains("PostHog could not be reached"), "{packet}");
    assert!(matches!(
        world.health(Service::PostHog).breaker,
        Breaker::Resting { .. }
    ));
    world.finish();
}

#[tokio::test]
async fn a_used_up_code_search_is_not_asked_and_the_clone_is_searched() {
    let world = World::new();
    report(&world);
    // What other jobs have searched in this minute.
    let search = http::Request::get("https://api.github.com/search/code");
    let search = search.body(Vec::new()).unwrap();
    let draws = draws(Service::GitHub, &search);
    for _ in 0..draws[0].limit {
        let may = upstream::Request::May {
            draws: draws.clone(),
        };
        world.ask_upstream(Service::GitHub, &may).await.unwrap();
    }
    world.command_and_wait("Alice", fix()).await;
    assert!(world.github.requests_to("GET /search/code").is_empty());
    let runs = world.executor.requests_to("POST /runs");
    let body = String::from_utf8_lossy(&runs[0].body);
    assert!(body.contains(r#""codeSearch":{"words""#), "{body}");
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn discords_buckets_are_never_overdrawn() {
    let world = World::new();
    world.discord.limit_rates(2, MINUTE);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    is_one_pull_request(&world);
    let edits = world.discord.requests_to("PATCH /**").len();
    assert!(edits > 2, "{edits}");
    let all = world.discord.requests();
    let refused: Vec<_> = all
        .iter()
        .filter(|it| it.status.is_some_and(|status| status == 429))
        .map(|it| format!("{} {}", it.method, it.path))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    world.finish();
}

#[tokio::test]
async fn without_its_upstream_objects_bugbot_goes_on() {
    let world = World::new();
    world.upstreams_are_silent.set(true);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    is_one_pull_request(&world);
    // Once for each service, and again half a minute later at the earliest.
    let said = times(&world, "upstream object silent");
    assert!((3..=4).contains(&said), "{said}");
    world.finish();
}

/// What all this costs where all is well.
#[tokio::test]
async fn a_healthy_job_asks_its_upstream_objects_seldom() {
    let world = World::new();
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    let cold = upstream_calls(&world);
    world.command_and_wait("Alice", contextualize()).await;
    let warm = upstream_calls(&world) - cold;
    let all = world.calls().len();
    world.command_and_wait("Alice", fix()).await;
    let of_a_fix = upstream_calls(&world) - cold - warm;
    let calls_of_a_fix = world.calls().len() - all;
    assert!(cold <= 2, "{cold} to begin with");
    assert_eq!(warm, 0, "none in the half minute after");
    assert!(
        of_a_fix * 10 <= calls_of_a_fix,
        "{of_a_fix} of {calls_of_a_fix} calls of a fix"
    );
    world.finish();
}

#[tokio::test]
async fn many_jobs_that_waited_for_one_service_do_not_come_back_at_once() {
    let world = World::new();
    world.linear.fail_next("*", DOWN, MAX_FAILURES);
    report(&world);
    for _ in 0..15 {
        world.command("Alice", contextualize()).await;
    }
    world.run_until_quiet().await;
    assert_eq!(times(&world, "upstream rests"), 1);
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 15);
    world.finish();
}

#[tokio::test]
async fn a_probe_that_dies_with_its_caller_is_followed_by_another() {
    let world = World::new();
    let since = world.clock.now();
    world.linear.fail_next("*", DOWN, MAX_FAILURES);
    report(&world);
    world.command("Alice", contextualize()).await;
    world
        .run_while(|world| times(world, "upstream rests") == 0)
        .await;
    world.strike_call("linear.app", Strike::Crash);
    world.run_until_quiet().await;
    assert!(world.struck().is_some());
    assert!(
        world.last_word().starts_with("✅"),
        "{}",
        world.transcript()
    );
    let waited = Duration::try_from(world.clock.now() - since).unwrap();
    assert!(waited < 3 * MINUTE, "{waited:?}");
    world.finish();
}

#[tokio::test]
async fn a_service_that_is_left_alone_shows_in_the_status_and_before_the_operator() {
    let world = World::new();
    world.linear.fail_next("*", DOWN, MAX_FAILURES);
    report(&world);
    world.command("Alice", contextualize()).await;
    world
        .run_while(|world| !world.last_word().contains("is not answering"))
        .await;
    world.command("Bob", Act::slash("bugbot status")).await;
    world.deliver_due().await;
    let status = world.last_message();
    assert!(
        status.contains("Linear is not answering, trying again"),
        "{status}"
    );
    let facts = world.operator("ann").facts().await.unwrap();
    let calls = facts.checks.iter().filter(|it| it.name == "calls");
    let calls: Vec<_> = calls
        .map(|it| format!("{:?} {}: {}", it.health, it.area, it.found))
        .collect();
    assert_eq!(calls.len(), 4, "{calls:?}");
    let rests = "Warn Linear: do not get through: it is left alone until";
    assert!(calls[1].starts_with(rests), "{calls:?}");
    assert!(calls[3].starts_with("Ok GitHub: go through"), "{calls:?}");
    world.run_until_quiet().await;
    world.finish();
}
