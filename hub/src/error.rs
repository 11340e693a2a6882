//! What can go wrong, in terms of what can be done about it.

use jiff::Timestamp;
use shared::http::Unreachable;

use crate::disk::DiskError;

/// Why the hub gave no answer that settles anything: the same call may succeed later, so a write
/// stays in the queue, and a read is answered from the cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nothing came back. It may have taken effect or not.
    #[error("the hub did not answer: {0}")]
    Unreachable(Unreachable),
    /// The hub broke down over it (5xx).
    #[error("the hub failed with status {status}")]
    Failing {
        /// The status.
        status: u16,
    },
    /// The hub wants to be left alone for a while.
    #[error("the hub asks to be left alone until {until}")]
    RateLimited {
        /// When it may be asked again.
        until: Timestamp,
    },
    /// A redirect, or a page for people: whoever answered, it was not the hub.
    #[error(
        "what answered there (status {status}) is not the hub: a proxy's page, or another address?"
    )]
    NotTheHub {
        /// The status.
        status: u16,
    },
    /// There is no key that the hub takes, and none could be had: somebody has to log in.
    #[error("the hub does not let us in: {0}")]
    LockedOut(String),
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The configuration says too little.
    #[error("{0}")]
    NotSetUp(&'static str),
    /// What was given cannot be sent.
    #[error("{0}")]
    Invalid(String),
    /// No answer, and nothing in the cache.
    #[error("{0}")]
    NoAnswer(#[from] Trouble),
    /// The hub said no; the same call will fail again.
    #[error("the hub refused it (status {status}): {message}")]
    Refused {
        /// The status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// The hub answered what its contract does not allow.
    #[error("the hub's answer cannot be read: {0}")]
    Unreadable(String),
    /// A file could not be read or written. Nothing was sent that is not on the disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Another process kept the lock.
    #[error("another process is at work with the same files, and does not end")]
    Busy,
    /// The queue holds as much as it may.
    #[error("{0} writes are waiting already")]
    Full(usize),
    /// There was no randomness to make an id of.
    #[error("no randomness: {0}")]
    NoRandomness(String),
}
