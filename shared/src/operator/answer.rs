//! The API's answers: JSON, never cached.

use ::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;

use super::wire::{ErrorBody, ErrorCode};
use crate::fault::Fault;
use crate::http::{Response, uncached_json};
use crate::ports::KvFailed;

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    Unauthorized,
    TooLarge,
    Method,
    BadRequest(String),
    NotFound(String),
    /// It cannot be done as things stand.
    Conflict(String),
    /// A part of the platform did not answer: worth another try.
    Unavailable(String),
}

impl From<KvFailed> for Problem {
    fn from(failed: KvFailed) -> Self {
        Self::Unavailable(failed.to_string())
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.to_string())
    }
}

pub(super) fn ok(body: &impl Serialize) -> Response {
    uncached_json(200, body)
}

/// Bytes to be saved.
pub(super) fn file(bytes: Vec<u8>, media_type: &str) -> Response {
    ::http::Response::builder()
        .status(200)
        .header(CONTENT_TYPE, media_type)
        .header(CONTENT_DISPOSITION, "attachment")
        .header(CACHE_CONTROL, "no-store")
        .body(bytes)
        .expect("a constant status and header are valid")
}

/// As any other address that does not exist.
pub(super) fn closed() -> Response {
    crate::gateway::answer::not_found()
}

pub(super) fn problem(problem: &Problem) -> Response {
    let (status, code, message) = match problem {
        Problem::Unauthorized => (
            401,
            ErrorCode::Unauthorized,
            "The token is not the operator's.",
        ),
        Problem::TooLarge => (413, ErrorCode::BadRequest, "The body is too large."),
        Problem::Method => (
            405,
            ErrorCode::BadRequest,
            "This address takes another method.",
        ),
        Problem::BadRequest(why) => (400, ErrorCode::BadRequest, why.as_str()),
        Problem::NotFound(why) => (404, ErrorCode::NotFound, why.as_str()),
        Problem::Conflict(why) => (409, ErrorCode::Conflict, why.as_str()),
        Problem::Unavailable(why) => (503, ErrorCode::Unavailable, why.as_str()),
    };
    uncached_json(status, &ErrorBody::new(code, message))
}
