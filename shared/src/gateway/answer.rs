//! Every answer of the gateway: the HTTP ones, and what people read in Discord.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object>

use ::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};

use super::Problem;
use super::suggest::Choice;
use crate::command::catalogue::NAME;
use crate::command::help::render_help;
use crate::command::{Form, Rejection};
use crate::discord::message::{EPHEMERAL, Message};
use crate::http::Response;
use crate::report;

// Types of the callback.
const PONG: u8 = 1;
const MESSAGE: u8 = 4;
const DEFERRED_MESSAGE: u8 = 5;
const AUTOCOMPLETE: u8 = 8;
const MODAL: u8 = 9;

/// The body was longer than [`super::MAX_BODY_BYTES`].
pub fn too_large() -> Response {
    text(413, "body too large")
}

/// The connection broke off, or what came was no HTTP request.
pub fn unreadable() -> Response {
    text(400, "unreadable request")
}

pub(super) fn pong() -> Response {
    callback(&json!({"type": PONG}))
}

/// Discord shows "bugbot is thinking…" until the consumer writes the first message.
pub(super) fn working() -> Response {
    callback(&json!({"type": DEFERRED_MESSAGE}))
}

/// The same for one pair of eyes: the press of a button shows where it has its effect.
pub(super) fn working_quietly() -> Response {
    callback(&json!({"type": DEFERRED_MESSAGE, "data": {"flags": EPHEMERAL}}))
}

/// A form opens. Discord takes it as the first answer to a command or a press only.
pub(super) fn form(form: &Form) -> Response {
    callback(&json!({"type": MODAL, "data": report::form(form)}))
}

/// What was asked for cannot be done, and nothing was started.
pub(super) fn refused(why: &str) -> Response {
    ephemeral(&format!("⚠️ {why}"))
}

pub(super) fn choices(choices: &[Choice]) -> Response {
    callback(&json!({"type": AUTOCOMPLETE, "data": {"choices": choices}}))
}

pub(super) fn help() -> Response {
    ephemeral(&render_help())
}

pub(super) fn rejected(rejection: &Rejection) -> Response {
    ephemeral(&rejection.user_message())
}

pub(super) fn not_accepted() -> Response {
    ephemeral(&format!(
        "I could not take your command: my queue did not answer. Most likely nothing was started. \
         Please give it again in a minute; `/{NAME} status` shows whether something runs."
    ))
}

pub(super) fn out_of_use() -> Response {
    ephemeral(&format!(
        "This button or form is no longer in use. `/{NAME} help` shows what I can do."
    ))
}

pub(super) fn healthy() -> Response {
    uncached(text(200, "ok"))
}

/// 200 if there is no problem, else 503 with the problems by name. What is `off` was not
/// configured, which an operator may want.
pub(super) fn readiness(problems: &[Problem], off: &[Problem]) -> Response {
    let status = if problems.is_empty() { 200 } else { 503 };
    let named = |all: &[Problem]| -> Vec<String> { all.iter().map(ToString::to_string).collect() };
    let mut body = json!({"ready": problems.is_empty(), "problems": named(problems)});
    if !off.is_empty() {
        body["off"] = json!(named(off));
    }
    uncached(json(status, &body))
}

/// To GitHub: taken, or of no interest. GitHub shows the text beside the delivery.
pub(super) fn noted(what: &str) -> Response {
    text(202, what)
}

/// To GitHub's first delivery.
pub(super) fn hello() -> Response {
    text(200, "pong")
}

/// To GitHub: the delivery can be sent again by hand, which is said where a person sees it.
pub(super) fn not_taken(why: &str) -> Response {
    text(503, why)
}

pub(super) fn unauthorized(refusal: impl std::fmt::Display) -> Response {
    text(401, &refusal.to_string())
}

pub(super) fn bad_request(error: impl std::fmt::Display) -> Response {
    text(400, &error.to_string())
}

pub(crate) fn not_found() -> Response {
    text(404, "not found")
}

pub(crate) fn method_not_allowed(allowed: &'static str) -> Response {
    let mut response = text(405, "method not allowed");
    response.headers_mut().insert(
        ALLOW,
        allowed
            .parse()
            .expect("a list of methods is a header value"),
    );
    response
}

/// A message that only the person sees who gave the command.
fn ephemeral(content: &str) -> Response {
    let message = Message::text(content).ephemeral().without_previews();
    callback(&json!({"type": MESSAGE, "data": message}))
}

fn callback(body: &Value) -> Response {
    json(200, body)
}

fn json(status: u16, body: &Value) -> Response {
    respond(status, "application/json", body.to_string().into_bytes())
}

fn text(status: u16, body: &str) -> Response {
    respond(
        status,
        "text/plain; charset=utf-8",
        body.as_bytes().to_vec(),
    )
}

fn respond(status: u16, content_type: &'static str, body: Vec<u8>) -> Response {
    ::http::Response::builder()
        .status(status)
        .header(CONTENT_TYPE, content_type)
        .body(body)
        .expect("a constant status and header are valid")
}

fn uncached(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(CACHE_CONTROL, ::http::HeaderValue::from_static("no-store"));
    response
}
