//! `bugbot doctor`.

use serde_json::Value;
use tests::world::REPOSITORY;

use crate::stage::{on_stage, program, ran};

const WELL: [(&str, &str); 2] = [
    ("DEFAULT_REPOSITORY", REPOSITORY),
    ("ALLOWED_REPOSITORIES", REPOSITORY),
];

#[tokio::test]
async fn what_works_is_said_to_work_and_the_rest_comes_with_what_to_do() {
    on_stage(&WELL, async |stage| {
        stage.dead_letter().await;
        let now = shared::ports::Clock::now(&stage.world.clock);
        shared::operator::beat(&*stage.world, &[], now).await;
        let said = stage.bugbot(&["doctor"]).await.done();
        insta::assert_snapshot!(said.replace(&stage.url, "http://gateway"), @r"
              WHAT      OF IT                   FOUND
        ok    gateway   reachable               http://gateway
        ok    gateway   version                 0.1.0
        ok    gateway   environment             DISCORD_PUBLIC_KEY, DISCORD_BOT_TOKEN, OPERATOR_TOKEN, ANTHROPIC_API_KEY, MODEL_TOKEN_KEY, COMMANDS, BUGBOT_KV, THREADS, JOBS, AUDIT, LEDGERS, HUB are there
        ok    queues    open jobs               0
        ok    queues    backlog                 no Worker can tell; the queues' pages in Cloudflare's dashboard do
        warn  queues    dead letters            1
                                                → bugbot dlq list
        ok    consumer  sign of life            version 0.1.0, 0 min ago
        ok    settings  consumer                are complete
        ok    settings  MODEL_TOKEN_KEY         is the same in both workers
        ok    Discord   bot token               is of bugbot
        ok    Discord   message content         the intent is on
        ok    Discord   public key              is the application's
        warn  Discord   interactions endpoint   is not set in the application
                                                → On the application's General Information page, set Interactions Endpoint URL to https://gateway.test/discord/interactions.
        warn  Discord   commands                none are registered everywhere; those of single servers are not looked at
                                                → bugbot commands sync
        ok    Linear    API key                 is good
        ok    Linear    team                    ENG is there
        ok    PostHog   person:read             is granted
        ok    PostHog   session_recording:read  is granted
        ok    PostHog   query:read              is granted
        ok    GitHub    acme/shop               can be read and written
        ok    GitHub    webhook                 cannot be looked at with a token: Recent Deliveries in its settings tell
        ok    Discord   calls                   go through
        ok    Linear    calls                   go through; 4999 of 5000 left for all
        ok    PostHog   calls                   go through
        ok    GitHub    calls                   go through
        ok    reports   CRASH_REPORTS           a bucket is bound
        ok    sandbox   executor                version 0.1.0, 0 at work
        ok    model     API key                 is good
        ok    model     switch                  is on
        ok    hooks     HOOKS                   names none

        It works; 3 to look at.
        ");
        stage.world.finish();
    })
    .await;
}

#[tokio::test]
async fn what_does_not_work_is_a_failure() {
    let wrong = [
        ("DEFAULT_REPOSITORY", "acme/elsewhere"),
        ("LINEAR_TEAM_KEY", "OPS"),
    ];
    on_stage(&wrong, async |stage| {
        let ran = stage.bugbot(&["doctor", "--json"]).await;
        assert_eq!((ran.code, ran.err.as_str()), (1, ""));
        let checks: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
        let failed = checks.iter().filter(|check| check["health"] == "fail");
        let failed: Vec<_> = failed
            .map(|check| (&check["area"], &check["name"]))
            .collect();
        assert_eq!(failed.len(), 2, "{failed:?}");
        assert!(
            checks
                .iter()
                .filter(|it| it["health"] != "ok")
                .all(|it| it["fix"].is_string())
        );
    })
    .await;
}

#[tokio::test]
async fn a_consumer_that_went_silent_is_a_failure() {
    on_stage(&WELL, async |stage| {
        let now = shared::ports::Clock::now(&stage.world.clock);
        shared::operator::beat(&*stage.world, &[], now).await;
        stage
            .world
            .clock
            .advance(std::time::Duration::from_mins(17));
        let ran = stage.bugbot(&["doctor"]).await;
        assert_eq!(ran.code, 1);
        assert!(
            ran.out.contains("sign of life") && ran.out.contains("17 min ago"),
            "{}",
            ran.out
        );
    })
    .await;
}

#[tokio::test]
async fn credentials_are_tried_from_here_before_anything_is_deployed() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    std::fs::write(&secrets, "LINEAR_API_KEY=lin\nLINEAR_TEAM_KEY=ENG\n").unwrap();
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../wrangler.toml");
    let secrets = secrets.to_str().unwrap();
    let ran = ran(&mut program(&[
        "doctor",
        "--secrets",
        secrets,
        "--config",
        config,
    ]))
    .await;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(
        ran.out.contains("DISCORD_BOT_TOKEN is not set"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("LINEAR_TEAM_KEY"), "{}", ran.out);
}
