//! The built workers in real workerd: they start, answer, and hand a message over the queue.

use std::time::Duration;

use serde_json::{Value, json};
use shared::http::Http;
use tests::fake::Sockets;
use tests::stack::{Options, Stack};

const WITHIN: Duration = Duration::from_secs(30);

/// What the consumer cannot do without. Nothing is called in these tests: nobody listens there.
fn configured() -> Options {
    let set = |options: Options, (name, value): (&str, &str)| options.both(name, value);
    let settings = [
        ("DISCORD_API_URL", "http://127.0.0.1:9"),
        ("DISCORD_BOT_TOKEN", "bot"),
        ("LINEAR_API_URL", "http://127.0.0.1:9"),
        ("LINEAR_API_KEY", "lin"),
        ("LINEAR_TEAM_KEY", "ENG"),
        ("GITHUB_API_URL", "http://127.0.0.1:9"),
        ("GITHUB_TOKEN", "ghp"),
        ("PUBLIC_URL", "http://127.0.0.1:9"),
        ("MODEL_TOKEN_KEY", "0123456789abcdef0123456789abcdef"),
    ];
    settings.into_iter().fold(Options::default(), set)
}

#[tokio::test]
async fn the_gateway_answers_in_workerd() {
    let stack = Stack::start(Options::default()).await.unwrap();
    let request = http::Request::get(format!("{}/health", stack.gateway))
        .body(Vec::new())
        .unwrap();
    let response = Sockets::new().send(request, WITHIN).await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_message_that_is_no_job_crosses_both_queues_unchanged_and_is_kept() {
    let stack = Stack::start(configured()).await.unwrap();
    let sent = json!({"version": 999, "nested": {"list": [1, "ü"]}});
    stack.send(&sent).await.unwrap();
    let dead = stack
        .logs()
        .wait_for(WITHIN, |line| line["message"] == "job is dead")
        .await;
    let key = dead["key"].as_str().unwrap();
    let record = stack.kv_get(key).await.unwrap().unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, sent);
}

#[tokio::test]
async fn the_schedule_runs_and_the_cache_is_shared() {
    let stack = Stack::start(configured()).await.unwrap();
    assert_eq!(stack.run_schedule().await.unwrap(), "ok");
    stack.kv_put("discord:1", "ENG-1").await.unwrap();
    assert_eq!(stack.kv_list("discord:").await.unwrap(), ["discord:1"]);
    assert_eq!(
        stack.kv_get("discord:1").await.unwrap().as_deref(),
        Some("ENG-1")
    );
    stack.kv_delete("discord:1").await.unwrap();
    assert_eq!(stack.kv_get("discord:1").await.unwrap(), None);
}

#[tokio::test]
async fn a_command_that_the_harness_refuses_is_an_error_here() {
    let stack = Stack::start(Options::default()).await.unwrap();
    let failed = stack.evict("NoSuchClass", "x").await.unwrap_err();
    assert!(failed.to_string().contains("evict"), "{failed}");
}
