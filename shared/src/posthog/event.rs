//! What happened in a session: the raw material of reproduction hints.
//!
//! The query text is fixed; what comes from outside goes into its `values`, which PostHog escapes.
//! <https://posthog.com/docs/api/queries>

use ::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Project;
use super::answer::checked;
use crate::http::{Request, Response};
use crate::id::SessionId;
use crate::service::{ServiceError, decode, snippet};

/// The most events that are read of one session.
pub const MAX_EVENTS: usize = 200;
/// The longest address or message that is kept.
const MAX_TEXT_CHARS: usize = 300;
/// PostHog ends a session after a day at most.
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(24);
/// The clocks of browsers are wrong.
const SLACK: SignedDuration = SignedDuration::from_hours(24);

/// 2100-01-01T00:00:00Z: later than any event, and within what its database holds.
const FAR_FUTURE: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// The newest come first, so that of a long session the end is kept: that is where the bug is.
/// The bounds in time spare PostHog a search through all its partitions.
const QUERY: &str = "\
SELECT event, timestamp, properties.$current_url AS url, \
properties.$exception_types AS types, properties.$exception_values AS messages, \
properties.$exception_type AS type, properties.$exception_message AS message, \
properties.$el_text AS text \
FROM events \
WHERE properties.$session_id = {session} \
AND event IN ('$pageview', '$exception', '$rageclick') \
AND timestamp >= toDateTime({from}) AND timestamp <= toDateTime({to}) \
ORDER BY timestamp DESC \
LIMIT 200";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The page that it happened on.
    pub url: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A page was opened.
    PageView,
    /// The page threw an error.
    Exception {
        /// `TypeError: x is undefined`.
        message: String,
    },
    /// The person clicked again and again, to no effect.
    RageClick {
        /// What the thing that was clicked says, if it says anything.
        text: String,
    },
}

impl SessionEvent {
    /// What happened, in a few plain words. Text from outside is in it as it came: escape it.
    pub fn what(&self) -> String {
        let what = match &self.kind {
            EventKind::PageView => return format!("opened {}", self.url),
            EventKind::Exception { message } => format!("error \"{message}\""),
            EventKind::RageClick { text } if text.is_empty() => {
                "clicked again and again".to_owned()
            }
            EventKind::RageClick { text } => format!("clicked \"{text}\" again and again"),
        };
        if self.url.is_empty() {
            what
        } else {
            format!("{what} on {}", self.url)
        }
    }
}

/// Asks for the events of a session.
pub fn events_request(project: &Project, session: &SessionId) -> Request {
    let (from, to) = bounds(session);
    let values = json!({ "session": session, "from": from, "to": to });
    let query = json!({ "kind": "HogQLQuery", "query": QUERY, "values": values });
    // A recent answer of PostHog's cache is good enough.
    let body = json!({ "query": query, "refresh": "blocking" });
    project
        .api
        .call_json(Method::POST, &project.path(&["query"]), &body)
}

/// Between when the events of a session can be. A session id is a UUID of version 7, which begins
/// with the time; of one that is not, nothing is known.
fn bounds(session: &SessionId) -> (Timestamp, Timestamp) {
    let began = uuid::Uuid::parse_str(session.as_str())
        .ok()
        .and_then(|uuid| uuid.get_timestamp())
        .and_then(|at| Timestamp::from_second(i64::try_from(at.to_unix().0).ok()?).ok());
    let between = |began: Timestamp| {
        let from = began.checked_sub(SLACK).ok()?;
        Some((from, began.checked_add(LONGEST_SESSION + SLACK).ok()?))
    };
    began
        .and_then(between)
        .unwrap_or((Timestamp::UNIX_EPOCH, FAR_FUTURE))
}

/// The events, the oldest first.
pub fn parse_events(response: &Response) -> Result<Vec<SessionEvent>, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        results: Vec<Row>,
        #[serde(default)]
        error: Option<String>,
    }
    let wire: Wire = decode(checked(response)?)?;
    if let Some(error) = wire.error {
        return Err(ServiceError::Refused(snippet(error.as_bytes())));
    }
    Ok(wire
        .results
        .into_iter()
        .take(MAX_EVENTS)
        .rev()
        .filter_map(Row::into_event)
        .collect())
}

/// The columns in the order of [`QUERY`].
#[derive(Deserialize)]
struct Row(String, Timestamp, Value, Value, Value, Value, Value, Value);

impl Row {
    /// The event, if it is one that we asked for.
    fn into_event(self) -> Option<SessionEvent> {
        let Self(event, at, url, types, messages, r#type, message, text) = self;
        let kind = match event.as_str() {
            "$pageview" => EventKind::PageView,
            "$rageclick" => EventKind::RageClick {
                text: first_text(&text),
            },
            "$exception" => {
                // Newer libraries send lists (the cause last), older ones one of each.
                let either = |new: &Value, old: &Value| {
                    Some(first_text(new))
                        .filter(|text| !text.is_empty())
                        .unwrap_or(first_text(old))
                };
                let parts = [either(&types, &r#type), either(&messages, &message)];
                let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                EventKind::Exception {
                    message: parts.join(": "),
                }
            }
            _ => return None,
        };
        Some(SessionEvent {
            at,
            kind,
            url: without_query(&first_text(&url)),
        })
    }
}

/// A property as one bounded line. Lists come as JSON or as its text, by how PostHog stores the
/// property.
fn first_text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => match serde_json::from_str::<Vec<String>>(text) {
            Ok(list) => list.into_iter().next().unwrap_or_default(),
            Err(_) => text.clone(),
        },
        Value::Array(list) => list
            .first()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_TEXT_CHARS).collect()
}

/// An address without its query and fragment, which may hold what is nobody's business (tokens of
/// password resets, searches).
fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
