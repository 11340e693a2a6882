//! Anthropic's Messages API with a scripted model behind it.
//!
//! The fake keeps no conversation: the requests carry it, so that the turn to play is the number
//! of turns already in the request, and a repeated request gets the same answer. Which script is
//! played is decided by the words in the first user message.
//!
//! Strict about what the real service is strict about: the key, the version header, the shape of
//! the body, every `tool_use` answered by a `tool_result` in the next message.
//! <https://docs.anthropic.com/en/api/messages>

mod conversation;
mod refusal;
mod script;
mod scripts;
mod stream;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use self::conversation::Conversation;
use self::refusal::Refusal;
pub use self::script::{Move, Script, Turn};
pub use self::scripts::SNOOPED_PATHS;
use crate::fake::{Dialect, Fake, Recorded};
use crate::fault::{Fault, Matcher};

/// Where a program reaches it in-process: the production address.
pub const ORIGIN: &str = "https://api.anthropic.com";

/// The only version of the API there is.
const VERSION: &str = "2023-06-01";

/// The service.
#[derive(Debug, Clone)]
pub struct Anthropic(Fake<State>);

#[derive(Debug)]
struct State {
    api_key: String,
    /// A script and the words that call for it.
    scripts: Vec<(String, Script)>,
    fallback: Script,
    /// What tools answered, in order of arrival.
    tool_results: Vec<ToolResult>,
    messages: u64,
}

/// What the model was told about a tool that it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// The use it answers.
    pub id: String,
    /// The answer's text.
    pub text: String,
    /// Whether it says that the use failed.
    pub is_error: bool,
}

impl Anthropic {
    /// A service that knows one key, and plays `script` to everybody.
    pub fn new(api_key: &str, script: Script) -> Self {
        let dialect = Dialect {
            service: "Anthropic",
            failure: |status| Refusal::of_status(status).into_response(),
            rate_limited: |after| {
                let seconds = after.as_secs().max(1).to_string();
                let refusal = Refusal::of_status(StatusCode::TOO_MANY_REQUESTS);
                ([("retry-after", seconds)], refusal).into_response()
            },
        };
        let state = State {
            api_key: api_key.to_owned(),
            scripts: Vec::new(),
            fallback: script,
            tool_results: Vec::new(),
            messages: 0,
        };
        Self(Fake::new(dialect, state))
    }

    /// From now on plays `script` to whoever asks with these words in the first message.
    pub fn play_for(&self, words: &str, script: Script) {
        self.0.lock().scripts.insert(0, (words.to_owned(), script));
    }

    /// From now on plays `script` to everybody else.
    pub fn play(&self, script: Script) {
        self.0.lock().fallback = script;
    }

    /// The key is bad from now on.
    pub fn revoke(&self) {
        self.0.lock().api_key.clear();
    }

    /// The routes.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route("/v1/models", get(models))
            .route("/v1/messages", post(messages))
            .route("/v1/messages/count_tokens", post(count_tokens))
            .fallback(async || Refusal::not_found());
        self.0.equip(routes)
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.0.requests()
    }

    /// Everything that tools answered so far, each answer once.
    pub fn tool_results(&self) -> Vec<ToolResult> {
        self.0.lock().tool_results.clone()
    }

    /// The next `times` requests that match fail like this.
    pub fn fail_next(&self, matcher: impl Into<Matcher>, fault: Fault, times: u32) {
        self.0.fail_next(matcher, fault, times);
    }

    /// Takes the violations so far: for a test that provokes one on purpose.
    pub fn take_violations(&self) -> Vec<String> {
        self.0.take_violations()
    }

    /// Panics if a request broke a rule or a planned fault never struck.
    pub fn finish(&self) {
        self.0.finish(&[]);
    }
}

/// The list of models: what a key can be tried with for nothing.
/// <https://docs.anthropic.com/en/api/models-list>
async fn models(
    Shared(fake): Shared<Fake<State>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    checked_access(&fake, &headers)?;
    let model = serde_json::json!({
        "type": "model", "id": "claude-sonnet-5-5", "display_name": "Claude Sonnet 5.5",
        "created_at": "2026-01-01T00:00:00Z",
    });
    let page = serde_json::json!({
        "data": [model], "has_more": true, "first_id": model["id"], "last_id": model["id"],
    });
    Ok(axum::Json(page).into_response())
}

async fn messages(
    Shared(fake): Shared<Fake<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let conversation = admitted(&fake, &headers, &body)?;
    let (turn, number) = {
        let mut state = fake.lock();
        state.messages += 1;
        for result in conversation.last_tool_results() {
            if !state.tool_results.contains(&result) {
                state.tool_results.push(result);
            }
        }
        (state.turn_for(&conversation), state.messages)
    };
    stream::answer(&conversation, &turn, number)
}

async fn count_tokens(
    Shared(fake): Shared<Fake<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    // The same body, but `max_tokens` and `stream` do not belong in it.
    checked_headers(&fake, &headers)?;
    // About four bytes a token is what English and code come to.
    Ok(axum::Json(serde_json::json!({ "input_tokens": body.len() / 4 })).into_response())
}

/// The conversation of a request, if the service would take it.
fn admitted(fake: &Fake<State>, headers: &HeaderMap, body: &[u8]) -> Result<Conversation, Refusal> {
    checked_headers(fake, headers)?;
    Conversation::parse(body).inspect_err(|refusal| fake.violation(refusal.message()))
}

fn checked_headers(fake: &Fake<State>, headers: &HeaderMap) -> Result<(), Refusal> {
    checked_access(fake, headers)?;
    if !text_of(headers, "content-type").starts_with("application/json") {
        return broken(fake, "content-type: must be application/json");
    }
    Ok(())
}

fn checked_access(fake: &Fake<State>, headers: &HeaderMap) -> Result<(), Refusal> {
    // A wrong key is an operator's mistake that programs have to live with: no violation.
    if text_of(headers, "x-api-key") != fake.lock().api_key {
        return Err(Refusal::unauthenticated());
    }
    if text_of(headers, "anthropic-version") != VERSION {
        return broken(fake, "anthropic-version: header is required");
    }
    Ok(())
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// A request of ours that the service would not take.
fn broken(fake: &Fake<State>, message: &str) -> Result<(), Refusal> {
    fake.violation(message);
    Err(Refusal::invalid(message))
}

impl State {
    fn turn_for(&self, conversation: &Conversation) -> Turn {
        // Titles, summaries of tool use and the like are asked for without tools.
        if !conversation.offers_tools() {
            return Turn::say("Fixing a bug");
        }
        let first = conversation.first_words();
        let script = self
            .scripts
            .iter()
            .find(|(words, _)| first.contains(words.as_str()));
        let script = script.map_or(&self.fallback, |(_, script)| script);
        script.turn(conversation.turns_taken())
    }
}
