//! What a fake remembers of the requests it saw.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// Its path, percent-encoded as sent.
    pub path: String,
    /// Its query, percent-encoded as sent.
    pub query: Option<String>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// What it was answered; `None` when the connection broke or the answer is still to come.
    pub status: Option<StatusCode>,
}

impl Recorded {
    /// The body as JSON; null when it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) requests: Vec<Recorded>,
    pub(super) violations: Vec<String>,
}

impl Journal {
    /// The number under which the request can be found again.
    pub(super) fn record(&mut self, parts: &Parts, body: &Bytes) -> usize {
        self.requests.push(Recorded {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers.clone(),
            body: body.clone(),
            status: None,
        });
        self.requests.len() - 1
    }
}
