//! What all clients of outside services share: how a request is made ([`Api`]), how an answer is
//! read, and the error that says what the caller can do.

mod answer;
mod api;
#[cfg(test)]
pub(crate) mod wire_test;

use std::time::Duration;

pub(crate) use answer::{decode, refusal, retry_after, retry_at, snippet};
pub use api::{Api, BadAccess};

use crate::http::Unreachable;

/// A service that we speak to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Service {
    /// Discord's REST API.
    Discord,
    /// Linear's GraphQL API.
    Linear,
    /// PostHog's REST API.
    PostHog,
    /// GitHub's REST and GraphQL APIs.
    GitHub,
    /// The sandbox that runs the agent.
    Executor,
    /// Our own object of a conversation.
    ThreadObject,
    /// Our own object of a server's books.
    Ledger,
    /// Our own object of an audit log.
    AuditLog,
    /// Our own objects of claims.
    Hub,
    /// Our own bucket of crash reports.
    CrashReports,
}

impl std::fmt::Display for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Discord => "Discord",
            Self::Linear => "Linear",
            Self::PostHog => "PostHog",
            Self::GitHub => "GitHub",
            Self::Executor => "the sandbox",
            Self::ThreadObject => "the thread object",
            Self::Ledger => "the ledger",
            Self::AuditLog => "the audit log",
            Self::Hub => "the hub",
            Self::CrashReports => "the bucket of crash reports",
        })
    }
}

/// What came of creating something that can exist only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation<T, U = T> {
    /// It is new.
    Created(T),
    /// It was there, from an earlier attempt of ours or by somebody else's hand. An answer that
    /// says so need not say what was there: then `U` is `()`.
    AlreadyExisted(U),
}

impl<T> Creation<T> {
    /// The thing, whoever made it and when.
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(thing) | Self::AlreadyExisted(thing) => thing,
        }
    }
}

/// Why a call failed, in terms of what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// No usable response: it may or may not have taken effect. Look, then try again.
    #[error(transparent)]
    Unreachable(Unreachable),
    /// Try again, but not before `retry_after`.
    #[error("rate limited for {retry_after:?}")]
    RateLimited {
        /// How long the service asks us to wait.
        retry_after: Duration,
    },
    /// Our credential is missing, wrong or lacks a permission: an operator's matter.
    #[error("not authorised: {0}")]
    Unauthorized(String),
    /// The short-lived token that this call used is past its time (an interaction's after 15
    /// minutes): the same call with another credential may succeed.
    #[error("the token has expired")]
    Expired,
    /// The thing asked for does not exist, or is hidden from us.
    #[error("not found")]
    NotFound,
    /// The service understood and said no; the same request will fail again.
    #[error("refused: {0}")]
    Refused(String),
    /// The service failed (5xx) or answered what its contract does not allow.
    #[error("unexpected answer, status {status}: {detail}")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What was wrong with it, for the log.
        detail: String,
    },
}

impl From<Unreachable> for ServiceError {
    fn from(unreachable: Unreachable) -> Self {
        match unreachable {
            // Whether the service says so or we know it already.
            Unreachable::OverBudget { retry_after } => Self::RateLimited { retry_after },
            other => Self::Unreachable(other),
        }
    }
}

impl From<BadAccess> for ServiceError {
    fn from(bad: BadAccess) -> Self {
        Self::Unauthorized(bad.to_string())
    }
}

impl ServiceError {
    /// How long the request is held back: nothing failed, it is only not yet its time. Waiting for
    /// that uses up no tries.
    pub fn held_back(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after }
            | Self::Unreachable(Unreachable::Resting { retry_after }) => Some(*retry_after),
            _ => None,
        }
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::RateLimited { .. } => true,
            Self::Unexpected { status, .. } => *status >= 500,
            Self::Unauthorized(_) | Self::Expired | Self::NotFound | Self::Refused(_) => false,
        }
    }
}
