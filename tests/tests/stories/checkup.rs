//! The doctor's look at every service, with credentials that are good, bad and half good.

use shared::operator::Check;
use tests::github::{APP_ID, APP_KEY_PEM, INSTALLATION_ID};
use tests::world::{REPOSITORY, World};

/// What was found, one line each, with what to do.
async fn found(world: &World) -> String {
    let facts = world.operator("ann").facts().await.expect("facts");
    let line = |check: &Check| {
        let fix = check.fix.as_deref().unwrap_or_default();
        let fix = if fix.is_empty() {
            String::new()
        } else {
            format!("\n    → {fix}")
        };
        format!(
            "{:?} {}, {}: {}{fix}",
            check.health, check.area, check.name, check.found
        )
    };
    facts.checks.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn all_is_well() {
    let allowed = [
        ("DEFAULT_REPOSITORY", REPOSITORY),
        ("ALLOWED_REPOSITORIES", REPOSITORY),
    ];
    let world = World::with_settings(&[allowed[0], allowed[1], ("LINEAR_STATE", "Todo")]);
    world
        .discord
        .set_interactions_endpoint("https://gateway.test/discord/interactions");
    let client = world.discord_client();
    let commands = shared::command::render_registration();
    client
        .register_commands(&world.discord.application(), None, &commands)
        .await
        .unwrap();
    insta::assert_snapshot!(found(&world).await, @r"
    Ok settings, consumer: are complete
    Ok settings, public address: https://gateway.test
    Ok settings, MODEL_TOKEN_KEY: is the same in both workers
    Ok Discord, bot token: is of bugbot
    Ok Discord, message content: the intent is on
    Ok Discord, public key: is the application's
    Ok Discord, interactions endpoint: https://gateway.test/discord/interactions
    Ok Discord, commands: are those of this version
    Ok Linear, API key: is good
    Ok Linear, team: ENG is there
    Ok Linear, state: Todo is one of ENG
    Ok PostHog, person:read: is granted
    Ok PostHog, session_recording:read: is granted
    Ok PostHog, query:read: is granted
    Ok GitHub, acme/shop: can be read and written
    Ok GitHub, webhook: cannot be looked at with a token: Recent Deliveries in its settings tell
    Ok Discord, calls: go through
    Ok Linear, calls: go through
    Ok PostHog, calls: go through
    Ok GitHub, calls: go through
    Ok reports, CRASH_REPORTS: a bucket is bound
    Ok sandbox, executor: version 0.1.0, 0 at work
    Ok model, API key: is good
    Ok model, switch: is on
    Ok hooks, HOOKS: names none
    ");
    world.finish();
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_with_what_to_do() {
    let world = World::with_settings(&[
        ("DEFAULT_REPOSITORY", "acme/elsewhere"),
        ("LINEAR_TEAM_KEY", "OPS"),
    ]);
    world.posthog.restrict_key(&["person:read"]);
    insta::assert_snapshot!(found(&world).await, @r"
    Ok settings, consumer: are complete
    Ok settings, public address: https://gateway.test
    Ok settings, MODEL_TOKEN_KEY: is the same in both workers
    Ok Discord, bot token: is of bugbot
    Ok Discord, message content: the intent is on
    Ok Discord, public key: is the application's
    Warn Discord, interactions endpoint: is not set in the application
        → On the application's General Information page, set Interactions Endpoint URL to https://gateway.test/discord/interactions.
    Warn Discord, commands: none are registered everywhere; those of single servers are not looked at
        → bugbot commands sync
    Ok Linear, API key: is good
    Fail Linear, team: the key sees no team OPS
        → Correct LINEAR_TEAM_KEY in wrangler.toml, or give the key access to it.
    Ok PostHog, person:read: is granted
    Fail PostHog, session_recording:read: not authorised: API key missing required scope 'session_recording:read'
        → Give the personal API key the scope session_recording:read and access to the project, and look at POSTHOG_HOST and POSTHOG_PROJECT_ID.
    Fail PostHog, query:read: not authorised: API key missing required scope 'query:read'
        → Give the personal API key the scope query:read and access to the project, and look at POSTHOG_HOST and POSTHOG_PROJECT_ID.
    Warn GitHub, allowed repositories: is not set: a fix may go wherever the credential reaches
        → Set ALLOWED_REPOSITORIES in wrangler.toml.
    Fail GitHub, acme/elsewhere: is not there, or hidden from the credential
        → Give the token Contents and Pull requests: read and write in this repository.
    Ok GitHub, webhook: cannot be looked at with a token: Recent Deliveries in its settings tell
    Ok Discord, calls: go through
    Ok Linear, calls: go through
    Ok PostHog, calls: go through
    Ok GitHub, calls: go through
    Ok reports, CRASH_REPORTS: a bucket is bound
    Ok sandbox, executor: version 0.1.0, 0 at work
    Ok model, API key: is good
    Ok model, switch: is on
    Ok hooks, HOOKS: names none
    ");
    world.posthog.take_violations();
}

#[tokio::test]
async fn a_key_that_was_revoked_is_named() {
    let world = World::with_settings(&[("DEFAULT_REPOSITORY", REPOSITORY)]);
    world.linear.revoke("lin_api_of-the-stories");
    let found = found(&world).await;
    assert!(found.contains("Fail Linear, API key"), "{found}");
    assert!(!found.contains("lin_api"), "{found}");
}

/// A world in which bugbot is an App, whose webhook reaches it.
fn with_app() -> std::rc::Rc<World> {
    let (app, installation) = (APP_ID.to_string(), INSTALLATION_ID.to_string());
    World::with_settings(&[
        ("GITHUB_TOKEN", ""),
        ("GITHUB_APP_ID", &app),
        ("GITHUB_APP_INSTALLATION_ID", &installation),
        ("GITHUB_APP_PRIVATE_KEY", APP_KEY_PEM),
        ("DEFAULT_REPOSITORY", REPOSITORY),
        ("ALLOWED_REPOSITORIES", REPOSITORY),
    ])
}

/// The lines about one thing.
async fn about(world: &World, area: &str, name: &str) -> String {
    let facts = world.operator("ann").facts().await.expect("facts");
    let checks = facts.checks.iter();
    let checks = checks.filter(|check| check.area == area && check.name == name);
    let line = |check: &Check| {
        let fix = check.fix.as_deref().unwrap_or("-");
        format!("{:?}: {}\n→ {fix}", check.health, check.found)
    };
    checks.map(line).collect::<Vec<_>>().join("\n")
}

const HOOK: &str = "https://gateway.test/github/webhook";

#[tokio::test]
async fn a_webhook_that_works_is_said_to_work() {
    let world = with_app();
    world.github.set_app_hook(HOOK, true);
    world.github.app_delivered("a", 202);
    insta::assert_snapshot!(about(&world, "GitHub", "webhook").await, @r"
    Ok: goes to https://gateway.test/github/webhook
    → -
    ");
    insta::assert_snapshot!(about(&world, "GitHub", "deliveries").await, @r"
    Ok: the only one of the last days arrived
    → -
    ");
    world.finish();
}

#[tokio::test]
async fn a_webhook_that_does_not_reach_us_comes_with_what_to_do() {
    let world = with_app();
    insta::assert_snapshot!(about(&world, "GitHub", "webhook").await, @r"
    Warn: is not set up: pull requests are looked at now and then only
    → Point it at https://gateway.test/github/webhook. Set the same secret in the App's settings and with `npx wrangler secret put GITHUB_WEBHOOK_SECRET --env gateway`.
    ");
    world
        .github
        .set_app_hook("https://old.test/github/webhook", true);
    insta::assert_snapshot!(about(&world, "GitHub", "webhook").await, @r"
    Fail: goes to https://old.test/github/webhook
    → Set the App's Webhook URL to https://gateway.test/github/webhook, or PUBLIC_URL if both are the gateway's.
    ");
    world.github.set_app_hook(HOOK, false);
    insta::assert_snapshot!(about(&world, "GitHub", "webhook").await, @r"
    Fail: is not signed: everything that it brings is refused
    → Set the same secret in the App's settings and with `npx wrangler secret put GITHUB_WEBHOOK_SECRET --env gateway`.
    ");
    world.finish();
}

#[tokio::test]
async fn a_gateway_without_the_webhooks_secret_is_named() {
    let world = World::with_settings(&[("GITHUB_WEBHOOK_SECRET", "")]);
    insta::assert_snapshot!(about(&world, "GitHub", "webhook").await, @r"
    Warn: is not set up: pull requests are looked at now and then only
    → Point it at https://gateway.test/github/webhook. Set the same secret in the App's settings and with `npx wrangler secret put GITHUB_WEBHOOK_SECRET --env gateway`.
    ");
    world.finish();
}

#[tokio::test]
async fn deliveries_that_did_not_arrive_are_counted_and_explained() {
    let world = with_app();
    world.github.set_app_hook(HOOK, true);
    world.github.app_delivered("a", 202);
    world.clock.advance(std::time::Duration::from_mins(1));
    world.github.app_delivered("b", 401);
    insta::assert_snapshot!(about(&world, "GitHub", "deliveries").await, @r"
    Fail: 1 of the last 2 did not arrive; the last, pull_request at 2026-03-06T14:31:00Z, ended with 401: another secret
    → Set the same secret in the App's settings and with `npx wrangler secret put GITHUB_WEBHOOK_SECRET --env gateway`.
    ");
    world.clock.advance(std::time::Duration::from_mins(1));
    world.github.app_delivered("c", 202);
    insta::assert_snapshot!(about(&world, "GitHub", "deliveries").await, @r"
    Warn: 1 of the last 3 did not arrive; the last, pull_request at 2026-03-06T14:31:00Z, ended with 401: another secret
    → Nothing, if what they told of is known by now; else redeliver them under the App's Advanced page.
    ");
    world.clock.advance(std::time::Duration::from_mins(1));
    world.github.app_delivered("b", 202);
    insta::assert_snapshot!(about(&world, "GitHub", "deliveries").await, @r"
    Ok: the last 3 arrived
    → -
    ");
    world.finish();
}

#[tokio::test]
async fn an_endpoint_in_discord_that_is_not_ours_is_named() {
    let world = World::new();
    world
        .discord
        .set_interactions_endpoint("https://old.test/discord/interactions");
    let endpoint = about(&world, "Discord", "interactions endpoint").await;
    insta::assert_snapshot!(endpoint, @r"
    Fail: is https://old.test/discord/interactions
    → On the application's General Information page, set Interactions Endpoint URL to https://gateway.test/discord/interactions. If both addresses are the gateway's, correct PUBLIC_URL.
    ");
    world.finish();
}

#[tokio::test]
async fn a_model_key_that_was_revoked_is_named_and_not_shown() {
    let world = World::new();
    world.anthropic.revoke();
    let key = about(&world, "model", "API key").await;
    insta::assert_snapshot!(key, @r"
    Fail: not authorised: invalid x-api-key
    → Look at the key in Anthropic's console, and `npx wrangler secret put ANTHROPIC_API_KEY --env gateway`.
    ");
    assert!(!key.contains(tests::world::MODEL_KEY), "{key}");
    world.finish();
}

#[tokio::test]
async fn a_model_that_was_shut_off_is_something_to_look_at() {
    let world = World::new();
    let ann = world.operator("ann");
    ann.switch_model(false, "the bill").await.unwrap();
    insta::assert_snapshot!(about(&world, "model", "switch").await, @r"
    Warn: is OFF, by operator ann: the bill
    → bugbot model on
    ");
    world.finish();
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_had_is_named() {
    let world = World::new();
    *world.sandbox_refuses.borrow_mut() = Some("no container is bound".to_owned());
    insta::assert_snapshot!(about(&world, "sandbox", "container").await, @r"
    Fail: no container is bound
    → `npx wrangler containers list`; deploy again, with Docker at hand.
    ");
    world.sandbox_refuses.borrow_mut().take();
    let fault = tests::fault::Fault::BeforeEffect(503);
    world.executor.fail_next("GET /health", fault, 1);
    insta::assert_snapshot!(about(&world, "sandbox", "executor").await, @r"
    Fail: rate limited for 5s
    → Start the executor at EXECUTOR_URL, or correct the address.
    ");
    insta::assert_snapshot!(about(&world, "sandbox", "executor").await, @r"
    Ok: version 0.1.0, 0 at work
    → -
    ");
    world.finish();
}

#[tokio::test]
async fn a_sandbox_that_cannot_close_its_network_is_named() {
    let world = World::new();
    world
        .executor
        .cannot_close_the_network("unshare: Operation not permitted");
    insta::assert_snapshot!(about(&world, "sandbox", "executor").await, @r#"
    Fail: version 0.1.0, 0 at work; agents cannot be kept from the network: unshare: Operation not permitted
    → See "agents cannot be kept from the network here" in README.md.
    "#);
    world.finish();
}

#[tokio::test]
async fn workers_with_unequal_token_keys_are_told_apart_and_no_key_is_shown() {
    let other = "another-key-than-the-consumer-has";
    let world = World::with_settings(&[("gateway:MODEL_TOKEN_KEY", other)]);
    let found = about(&world, "settings", "MODEL_TOKEN_KEY").await;
    insta::assert_snapshot!(found, @r"
    Fail: is another in the gateway than in the consumer: every model call is refused
    → Set the same on both: `npx wrangler secret put MODEL_TOKEN_KEY --env gateway`, then --env consumer.
    ");
    assert!(!found.contains(other), "{found}");
    world.finish();
}

#[tokio::test]
async fn hooks_and_buckets_are_looked_at_where_they_are() {
    let lines = |found: String| {
        let is_ours = |line: &&str| line.contains("hooks,") || line.contains("CRASH_REPORTS");
        found.lines().filter(is_ours).collect::<Vec<_>>().join("\n")
    };
    let tokens = [
        ("alice", "alices-own-pull-token"),
        ("bob", "bobs-own-pull-token"),
    ];
    let world = World::with_inboxes(&tokens);
    // All hooks of the stories have one secret.
    insta::assert_snapshot!(lines(found(&world).await), @r"
    Ok reports, CRASH_REPORTS: a bucket is bound
    Ok hooks, alice: bearer to the inbox of alice
    Ok hooks, bob: bearer to the inbox of bob
    Warn hooks, bob: has the secret of alice: each takes what is for the other
    ");
    world.bucket.replace(None);
    let without = lines(found(&world).await);
    assert!(
        without.starts_with("Warn reports, CRASH_REPORTS: no bucket is bound"),
        "{without}"
    );
    world.finish();
    let broken = World::with_hook("sentry", r#"{"format": "sentry"}"#);
    let found = lines(found(&broken).await);
    assert!(
        found
            .ends_with(r#"Fail hooks, HOOKS: names "sentry": in HOOK_SENTRY, template is missing"#),
        "{found}"
    );
    broken.finish();
}
