use std::time::Duration;

use serde_json::{Value, json};
use shared::http::{Http, Response};

use super::*;
use crate::fake::Wired;

const KEY: &str = "sk-ant-test";

fn service(script: Script) -> (Anthropic, Wired) {
    let fake = Anthropic::new(KEY, script);
    let http = Wired::new().at("https://api.anthropic.com", fake.router());
    (fake, http)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "every caller has just made it"
)]
fn body(messages: Value) -> Value {
    json!({
        "model": "claude-test",
        "max_tokens": 100,
        "stream": true,
        "system": [{ "type": "text", "text": "Primary working directory: /work/shop\n" }],
        "tools": [{ "name": "Read", "input_schema": { "type": "object" } }],
        "messages": messages,
    })
}

async fn ask(http: &Wired, key: &str, body: &Value) -> Response {
    let request = http::Request::post("https://api.anthropic.com/v1/messages?beta=true")
        .header("x-api-key", key)
        .header("anthropic-version", VERSION)
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
    http.send(request, Duration::from_secs(1)).await.unwrap()
}

fn text(response: &Response) -> String {
    String::from_utf8(response.body().clone()).unwrap()
}

#[tokio::test]
async fn a_turn_streams_in_the_order_of_the_real_service() {
    let (fake, http) = service(Script::new([Turn::Moves(vec![
        Move::Say("Look.".into()),
        Move::read("a.js"),
    ])]));
    let answer = ask(
        &http,
        KEY,
        &body(json!([{ "role": "user", "content": "hi" }])),
    )
    .await;
    assert_eq!(
        answer.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    insta::assert_snapshot!(text(&answer), @r#"
    event: message_start
    data: {"message":{"content":[],"id":"msg_0001","model":"claude-test","role":"assistant","stop_reason":null,"stop_sequence":null,"type":"message","usage":{"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"input_tokens":58,"output_tokens":1}},"type":"message_start"}

    event: ping
    data: {"type":"ping"}

    event: content_block_start
    data: {"content_block":{"text":"","type":"text"},"index":0,"type":"content_block_start"}

    event: content_block_delta
    data: {"delta":{"text":"Lo","type":"text_delta"},"index":0,"type":"content_block_delta"}

    event: content_block_delta
    data: {"delta":{"text":"ok.","type":"text_delta"},"index":0,"type":"content_block_delta"}

    event: content_block_stop
    data: {"index":0,"type":"content_block_stop"}

    event: content_block_start
    data: {"content_block":{"id":"toolu_0001_1","input":{},"name":"Read","type":"tool_use"},"index":1,"type":"content_block_start"}

    event: content_block_delta
    data: {"delta":{"partial_json":"{\"file_path\":\"/","type":"input_json_delta"},"index":1,"type":"content_block_delta"}

    event: content_block_delta
    data: {"delta":{"partial_json":"work/shop/a.js\"}","type":"input_json_delta"},"index":1,"type":"content_block_delta"}

    event: content_block_stop
    data: {"index":1,"type":"content_block_stop"}

    event: message_delta
    data: {"delta":{"stop_reason":"tool_use","stop_sequence":null},"type":"message_delta","usage":{"output_tokens":30}}

    event: message_stop
    data: {"type":"message_stop"}
    "#);
    fake.finish();
}

#[tokio::test]
async fn the_turn_depends_on_the_conversation_and_not_on_how_often_it_is_sent() {
    let (fake, http) = service(Script::new([
        Turn::make(Move::read("a.js")),
        Turn::say("Done."),
    ]));
    let first = body(json!([{ "role": "user", "content": "hi" }]));
    for _ in 0..2 {
        assert!(text(&ask(&http, KEY, &first).await).contains("tool_use"));
    }
    let second = body(json!([
        { "role": "user", "content": "hi" },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "Read", "input": {} }] },
        { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "t", "content": "no such file", "is_error": true }] },
    ]));
    assert!(text(&ask(&http, KEY, &second).await).contains("end_turn"));
    let seen = ToolResult {
        id: "t".into(),
        text: "no such file".into(),
        is_error: true,
    };
    assert_eq!(fake.tool_results(), [seen]);
    fake.finish();
}

#[tokio::test]
async fn words_in_the_first_message_choose_the_script() {
    let (fake, http) = service(Script::new([Turn::say("Whatever.")]));
    fake.play_for("SHOP-7", Script::new([Turn::say("Seven.")]));
    let seven =
        body(json!([{ "role": "user", "content": [{ "type": "text", "text": "fix SHOP-7" }] }]));
    let other = body(json!([{ "role": "user", "content": "fix SHOP-8" }]));
    assert!(text(&ask(&http, KEY, &seven).await).contains("Sev"));
    assert!(!text(&ask(&http, KEY, &other).await).contains("Sev"));
}

#[tokio::test]
async fn a_message_without_stream_comes_whole() {
    let (_, http) = service(Script::new([Turn::say("Done.")]));
    let mut body = body(json!([{ "role": "user", "content": "hi" }]));
    body["stream"] = json!(false);
    let message: Value = serde_json::from_slice(ask(&http, KEY, &body).await.body()).unwrap();
    assert_eq!(
        message["content"],
        json!([{ "type": "text", "text": "Done." }])
    );
    assert_eq!(message["stop_reason"], "end_turn");
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_is_no_violation() {
    let (fake, http) = service(Script::new([Turn::say("Done.")]));
    let answer = ask(
        &http,
        "sk-other",
        &body(json!([{ "role": "user", "content": "hi" }])),
    )
    .await;
    assert_eq!(answer.status(), 401);
    let error: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(error["error"]["type"], "authentication_error");
    fake.finish();
}

#[tokio::test]
async fn what_the_service_refuses_is_a_violation() {
    let (fake, http) = service(Script::new([Turn::say("Done.")]));
    let unanswered = body(json!([
        { "role": "user", "content": "hi" },
        { "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "Read", "input": {} }] },
        { "role": "user", "content": "and?" },
    ]));
    let mut unlimited = body(json!([{ "role": "user", "content": "hi" }]));
    unlimited["max_tokens"] = json!(0);
    for wrong in [unanswered, unlimited, body(json!([])), json!("text")] {
        assert_eq!(ask(&http, KEY, &wrong).await.status(), 400, "{wrong}");
    }
    assert_eq!(fake.take_violations().len(), 4);
    fake.finish();
}

#[tokio::test]
async fn scripted_failures_look_like_the_services() {
    for (status, kind) in [
        (401, "authentication_error"),
        (429, "rate_limit_error"),
        (529, "overloaded_error"),
    ] {
        let (_, http) = service(Script::fails_with(status));
        let answer = ask(
            &http,
            KEY,
            &body(json!([{ "role": "user", "content": "hi" }])),
        )
        .await;
        assert_eq!(answer.status(), status);
        assert!(text(&answer).contains(kind));
    }
}
