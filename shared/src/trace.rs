//! What a log line is about: the trace, the job and the conversation, carried from the gateway
//! through queue, consumer and objects to the executor.
//!
//! Invariant: a trace id is a function of the interaction, so a redelivered interaction, a
//! redelivered job and whoever knows no more than the job's id all speak of the same trace.
//!
//! Between programs it travels as W3C Trace Context and Baggage.
//! <https://www.w3.org/TR/trace-context/> <https://www.w3.org/TR/baggage/>

use ::http::{HeaderMap, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{InteractionId, JobId, ThreadId};

const TRACEPARENT: &str = "traceparent";
const BAGGAGE: &str = "baggage";
/// Ids longer than this are nobody's.
const MAX_ID_BYTES: usize = 128;

/// The id of a trace: 16 bytes that are not all zero, as 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId(String);

/// A text that is no trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a trace id: 32 lower-case hex digits, not all zero")]
pub struct BadTraceId;

impl TraceId {
    /// The trace that an interaction begins.
    pub fn of(interaction: &InteractionId) -> Self {
        Self::derived("interaction", interaction.as_str())
    }

    /// The trace that something else begins: what `kind` of thing, and its own id. A webhook's
    /// delivery, for one.
    pub fn derived(kind: &str, id: &str) -> Self {
        Self(digest(kind, id, 16))
    }

    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, BadTraceId> {
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let good = text.len() == 32 && text.bytes().all(is_hex) && text.bytes().any(|b| b != b'0');
        good.then(|| Self(text.to_owned())).ok_or(BadTraceId)
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TraceId {
    type Error = BadTraceId;

    fn try_from(text: String) -> Result<Self, BadTraceId> {
        Self::parse(&text)
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.0
    }
}

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The context of a log line. Whatever is not known is left out of the line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The trace.
    #[serde(rename = "trace", skip_serializing_if = "Option::is_none")]
    pub id: Option<TraceId>,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<ThreadId>,
}

impl Trace {
    /// Of something that belongs to no job: configuration, a request that was refused.
    pub fn none() -> Self {
        Self::default()
    }

    /// Of an interaction that is not a job, or not yet.
    pub fn of_interaction(interaction: &InteractionId, thread: &ThreadId) -> Self {
        Self {
            id: Some(TraceId::of(interaction)),
            job: None,
            thread: Some(thread.clone()),
        }
    }

    /// Of a job of which no more than its id is known.
    pub fn of_job(job: &JobId) -> Self {
        Self {
            id: Some(TraceId::of(&InteractionId::new(job.as_str()))),
            job: Some(job.clone()),
            thread: None,
        }
    }

    /// The same, about this conversation.
    #[must_use]
    pub fn in_thread(self, thread: &ThreadId) -> Self {
        Self {
            thread: Some(thread.clone()),
            ..self
        }
    }

    /// The headers by which the next program goes on with the trace. `span` names what of it
    /// that program does: a run, for one.
    pub fn headers(&self, span: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: String| {
            let value = HeaderValue::try_from(value).expect("hex digits and percent-encoded text");
            headers.insert(name, value);
        };
        if let Some(id) = &self.id {
            put(
                TRACEPARENT,
                format!("00-{id}-{}-01", digest("span", span, 8)),
            );
        }
        let members = [
            ("job", self.job.as_ref().map(JobId::as_str)),
            ("thread", self.thread.as_ref().map(ThreadId::as_str)),
        ];
        let known = members
            .into_iter()
            .filter_map(|(name, id)| Some((name, id?)));
        let baggage: Vec<_> = known
            .map(|(name, id)| format!("{name}={}", utf8_percent_encode(id, NON_ALPHANUMERIC)))
            .collect();
        if !baggage.is_empty() {
            put(BAGGAGE, baggage.join(","));
        }
        headers
    }

    /// What the headers of a request say. Whatever is malformed counts as absent: no request is
    /// refused for the sake of a log line.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let id = text(TRACEPARENT).and_then(|value| {
            let mut parts = value.split('-');
            // "ff" is no version; of a version that is not ours yet the first four parts are.
            let version = parts.next().filter(|v| v.len() == 2 && *v != "ff");
            version.and_then(|_| TraceId::parse(parts.next()?).ok())
        });
        let member = |wanted: &str| {
            let member = text(BAGGAGE)?.split(',').find_map(|member| {
                let (name, value) = member.split(';').next()?.split_once('=')?;
                (name.trim() == wanted).then_some(value.trim())
            })?;
            let id = percent_decode_str(member).decode_utf8().ok()?.into_owned();
            (!id.is_empty() && id.len() <= MAX_ID_BYTES).then_some(id)
        };
        Self {
            id,
            job: member("job").map(JobId::new),
            thread: member("thread").map(ThreadId::new),
        }
    }
}

/// The first `bytes` of a hash, in hex.
fn digest(kind: &str, id: &str, bytes: usize) -> String {
    let hash = Sha256::new()
        .chain_update(kind)
        .chain_update([0])
        .chain_update(id)
        .finalize();
    hex::encode(&hash[..bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace() -> Trace {
        Trace::of_job(&JobId::new("1001")).in_thread(&ThreadId::new("a b,c;d=e"))
    }

    #[test]
    fn an_interaction_has_one_trace_by_whichever_way_it_is_reached() {
        let of_interaction = TraceId::of(&InteractionId::new("1001"));
        assert_eq!(Some(of_interaction.clone()), trace().id);
        assert_ne!(of_interaction, TraceId::of(&InteractionId::new("1002")));
        assert_ne!(of_interaction, TraceId::derived("delivery", "1001"));
        assert_eq!(TraceId::parse(of_interaction.as_str()), Ok(of_interaction));
    }

    #[test]
    fn a_trace_crosses_to_the_next_program_whole() {
        let headers = trace().headers("run-1");
        assert_eq!(Trace::from_headers(&headers), trace());
        let parent = headers["traceparent"].to_str().unwrap();
        assert_eq!(parent.len(), 55, "{parent}");
        assert_ne!(
            trace().headers("run-2")["traceparent"],
            headers["traceparent"],
            "a run is a span of its own"
        );
        assert!(Trace::none().headers("run-1").is_empty());
    }

    #[test]
    fn headers_that_nobody_can_read_are_passed_over() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (parent, expected) in [
            (format!("00-{id}-00f067aa0ba902b7-01"), Some(id)),
            (
                format!("cc-{id}-00f067aa0ba902b7-01-what-comes-later"),
                Some(id),
            ),
            (format!("ff-{id}-00f067aa0ba902b7-01"), None),
            (
                format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
                None,
            ),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), None),
            ("nonsense".to_owned(), None),
            (String::new(), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::try_from(&parent).unwrap());
            let long = format!("job={},thread=7;secret=1", "x".repeat(MAX_ID_BYTES + 1));
            headers.insert("baggage", HeaderValue::try_from(long).unwrap());
            let read = Trace::from_headers(&headers);
            assert_eq!(read.id.as_ref().map(TraceId::as_str), expected, "{parent}");
            assert_eq!((read.job, read.thread), (None, Some(ThreadId::new("7"))));
        }
    }
}
