//! The built workers in real workerd: they start, answer, and hand a message over the queue.

use std::time::Duration;

use serde_json::json;
use shared::http::Http;
use tests::fake::Sockets;
use tests::stack::{Options, Stack};

const WITHIN: Duration = Duration::from_secs(30);

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
async fn a_queued_message_reaches_the_consumer_as_the_json_that_was_sent() {
    let stack = Stack::start(Options::default()).await.unwrap();
    stack
        .send(&json!({"version": 999, "mark": "ü"}))
        .await
        .unwrap();
    let delivery = stack
        .logs()
        .wait_for(WITHIN, |line| line["message"] == "delivery")
        .await;
    assert_eq!(delivery["queue"], "bugbot-commands");
    assert_eq!(delivery["body"], r#"{"version":999,"mark":"ü"}"#);
}

#[tokio::test]
async fn the_schedule_runs_and_the_cache_is_shared() {
    let stack = Stack::start(Options::default()).await.unwrap();
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
