//! The doctor's look at every service, with credentials that are good, bad and half good.

use shared::operator::Check;
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
    let client = world.discord_client();
    let commands = shared::command::render_registration();
    client
        .register_commands(&world.discord.application(), None, &commands)
        .await
        .unwrap();
    insta::assert_snapshot!(found(&world).await, @r"
    Ok settings, consumer: are complete
    Ok Discord, bot token: is of bugbot
    Ok Discord, message content: the intent is on
    Ok Discord, public key: is the application's
    Warn Discord, interactions endpoint: is not set in the application
        → On its General Information page, set Interactions Endpoint URL to the gateway's address with /discord/interactions.
    Ok Discord, commands: are those of this version
    Ok Linear, API key: is good
    Ok Linear, team: ENG is there
    Ok Linear, state: Todo is one of ENG
    Ok PostHog, person:read: is granted
    Ok PostHog, session_recording:read: is granted
    Ok PostHog, query:read: is granted
    Ok GitHub, acme/shop: can be read and written
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
    Ok Discord, bot token: is of bugbot
    Ok Discord, message content: the intent is on
    Ok Discord, public key: is the application's
    Warn Discord, interactions endpoint: is not set in the application
        → On its General Information page, set Interactions Endpoint URL to the gateway's address with /discord/interactions.
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
