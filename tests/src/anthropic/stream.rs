//! A turn as the service sends it: server-sent events, or one message when no stream is wanted.
//! <https://docs.anthropic.com/en/api/messages-streaming>

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::conversation::Conversation;
use super::refusal::Refusal;
use super::script::{Move, Turn};

/// How often a stalled answer shows that it is alive, as the real service does.
const PING_EVERY: Duration = Duration::from_millis(200);

/// The answer to a request.
pub(super) fn answer(
    conversation: &Conversation,
    turn: &Turn,
    number: u64,
) -> Result<Response, Refusal> {
    let moves = match turn {
        Turn::Moves(moves) => moves.as_slice(),
        Turn::Stall => return Ok(sse(stalled(&message(conversation, number)))),
        Turn::Fail(status) => {
            let status = StatusCode::from_u16(*status).expect("the script names a valid status");
            return Err(Refusal::of_status(status));
        }
    };
    let directory = conversation.working_directory();
    let blocks = blocks(moves, directory.as_deref(), number)?;
    let uses_tools = blocks.iter().any(|block| block["type"] == "tool_use");
    let stop = if uses_tools { "tool_use" } else { "end_turn" };
    let output_tokens: usize = blocks.iter().map(|block| block.to_string().len() / 4).sum();
    let mut message = message(conversation, number);
    if conversation.wants_stream() {
        let events = events(&message, &blocks, stop, output_tokens);
        return Ok(sse(stream::iter(events)));
    }
    message["content"] = blocks.into();
    message["stop_reason"] = stop.into();
    message["usage"]["output_tokens"] = output_tokens.into();
    Ok(Json(message).into_response())
}

/// The message before it has content.
fn message(conversation: &Conversation, number: u64) -> Value {
    json!({
        "id": format!("msg_{number:04}"),
        "type": "message",
        "role": "assistant",
        "model": conversation.model(),
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": {
            "input_tokens": conversation.input_tokens(),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 1,
        },
    })
}

fn blocks(moves: &[Move], directory: Option<&str>, number: u64) -> Result<Vec<Value>, Refusal> {
    let block = |(index, made): (usize, &Move)| {
        if let Move::Say(text) = made {
            return Ok(json!({ "type": "text", "text": text }));
        }
        let directory = directory.ok_or_else(|| {
            Refusal::invalid("the scripted model cannot tell where the client works")
        })?;
        let (tool, input) = made.tool_use(directory).expect("only saying uses no tool");
        let id = format!("toolu_{number:04}_{index}");
        Ok(json!({ "type": "tool_use", "id": id, "name": tool, "input": input }))
    };
    moves.iter().enumerate().map(block).collect()
}

/// The events of a whole turn.
fn events(message: &Value, blocks: &[Value], stop: &str, output_tokens: usize) -> Vec<Bytes> {
    let mut events = vec![
        event(&json!({ "type": "message_start", "message": message })),
        event(&json!({ "type": "ping" })),
    ];
    for (index, block) in blocks.iter().enumerate() {
        let mut push = |kind: &str, field: &str, value: Value| {
            events.push(event(
                &json!({ "type": kind, "index": index, field: value }),
            ));
        };
        let (empty, deltas) = opened(block);
        push("content_block_start", "content_block", empty);
        for delta in deltas {
            push("content_block_delta", "delta", delta);
        }
        events.push(event(
            &json!({ "type": "content_block_stop", "index": index }),
        ));
    }
    events.push(event(&json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop, "stop_sequence": null },
        "usage": { "output_tokens": output_tokens },
    })));
    events.push(event(&json!({ "type": "message_stop" })));
    events
}

/// A block as it begins, and the deltas that fill it: in two pieces, as programs must expect.
fn opened(block: &Value) -> (Value, [Value; 2]) {
    if let Some(text) = block["text"].as_str() {
        let (first, second) = halves(text);
        let delta = |text: &str| json!({ "type": "text_delta", "text": text });
        return (
            json!({ "type": "text", "text": "" }),
            [delta(first), delta(second)],
        );
    }
    let input = block["input"].to_string();
    let (first, second) = halves(&input);
    let delta = |part: &str| json!({ "type": "input_json_delta", "partial_json": part });
    let mut empty = block.clone();
    empty["input"] = json!({});
    (empty, [delta(first), delta(second)])
}

fn halves(text: &str) -> (&str, &str) {
    text.split_at(text.floor_char_boundary(text.len() / 2))
}

/// Begins a message, and then only shows that it is alive.
fn stalled(message: &Value) -> impl Stream<Item = Bytes> + Send + use<> {
    let start = event(&json!({ "type": "message_start", "message": message }));
    let pings = stream::unfold((), async |()| {
        tokio::time::sleep(PING_EVERY).await;
        Some((event(&json!({ "type": "ping" })), ()))
    });
    stream::iter([start]).chain(pings)
}

fn event(data: &Value) -> Bytes {
    let kind = data["type"].as_str().expect("every event has a type");
    format!("event: {kind}\ndata: {data}\n\n").into()
}

fn sse(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let body = Body::from_stream(events.map(Ok::<_, std::convert::Infallible>));
    ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], body).into_response()
}
