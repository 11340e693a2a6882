//! The Thread object: the authority on one conversation.
//!
//! Invariants:
//! - A conversation has at most one Linear issue. The first one found or made stays until
//!   somebody names another, whatever the key-value cache says.
//! - At most one job of a conversation acts at a time (it holds the *turn*), in the order of
//!   arrival. A turn is a lease: whoever loses it is refused from then on.
//! - A job that has ended stays ended: a redelivery is told so and does nothing. Of an ended job
//!   only its outcome is kept: no message, no address, no token.
//!
//! Everything here is a pure step over [`Thread`]; the Durable Object stores what comes out.

mod client;
mod known_job;
mod operate;
mod protocol;
mod step;
#[cfg(test)]
mod tests;

pub use client::{ThreadClient, Threads};
pub use known_job::{KnownJob, MAX_KNOWN_JOBS, Standing};
pub use protocol::*;

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::id::{IssueKey, IssueUuid, JobId, UserId};

/// How long a turn lasts without a sign of life. A delivery makes several calls to upstreams of
/// at most 10 s each between two signs, three at the very most.
pub const TURN_LEASE: Duration = Duration::from_secs(45);
/// How long a waiting job is asked to stay away before it asks again.
pub const WAIT_STEP: Duration = Duration::from_secs(3);
/// The same while the job before it is known to come back only later (an upstream asked it to
/// wait), so that an hour of that is sixty messages of the queue and not a thousand.
pub const LONGEST_WAIT_STEP: Duration = Duration::from_mins(1);
/// A waiting job that did not come back this long after it should have is passed over.
pub const STALE_AFTER: Duration = Duration::from_mins(2);
/// An open job that nobody has heard of for this long will not end by itself: Queues deliver a
/// message again within its backoff (`fault::MAX_RETRY_DELAY` at most is rare; 4 minutes usual).
pub const LOST_AFTER: Duration = Duration::from_mins(15);
/// How many jobs may be open in one conversation.
pub const MAX_OPEN_JOBS: usize = 20;
/// How many ended jobs are remembered, so that their redelivery is harmless.
pub const MAX_ENDED_JOBS: usize = 200;
/// The most characters that are kept of how a job ended.
const MAX_OUTCOME_CHARS: usize = 300;
/// How many repositories a conversation remembers, for autocomplete.
const MAX_REPOSITORIES: usize = 10;

/// Everything known about one conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    issue: Option<LinkedIssue>,
    /// The newest context packet, as Markdown: evidence for a fix.
    packet: Option<String>,
    /// Newest first.
    repositories: Vec<String>,
    turn: Option<Turn>,
    turns_given: u64,
    /// The open jobs, in order of arrival.
    jobs: Vec<Entry>,
    /// The newest last.
    ended: VecDeque<Ended>,
    /// What a retry does again.
    again: Option<Task>,
    /// The job that did it last.
    #[serde(default)]
    again_of: Option<JobId>,
}

/// The issue of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedIssue {
    /// `ENG-123`.
    pub key: IssueKey,
    /// Linear's own id.
    pub uuid: IssueUuid,
    /// Where people read it.
    pub url: String,
    /// Its title when it was bound.
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Turn {
    job: JobId,
    number: u64,
    until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    arrival: Arrival,
    /// What a retry does again, settled when it gets its turn: a redelivery does the same.
    stands_for: Option<Task>,
    phase: Phase,
    live: Option<crate::report::LiveMessage>,
    cancelled_by: Option<UserId>,
    /// Whether the Job object was asked to take it over, or was about to be: only that object
    /// knows whether it has it.
    #[serde(default)]
    started: bool,
    /// Why the last delivery failed.
    because: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "phase",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum Phase {
    /// In line, and expected back at `expected`.
    Waiting { expected: Timestamp },
    /// A delivery acts on it (and holds the turn, if the command takes turns).
    Acting { since: Timestamp },
    /// The Job object owns it.
    HandedOver { since: Timestamp },
}

/// A job whose terminal message is out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Ended {
    job: JobId,
    command: Verb,
    outcome: Outcome,
    /// Whether a Job object has it.
    #[serde(default)]
    is_fix: bool,
}
