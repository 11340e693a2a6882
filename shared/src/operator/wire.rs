//! What the API answers: JSON that the gateway writes and the program reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::facts::Heartbeat;
use crate::audit::Entry;
use crate::checkup::Check;
use crate::deliver::Mark;
use crate::fix::FixDetails;
use crate::id::{GuildId, JobId, ThreadId, UserId};
use crate::ledger::Shut;
use crate::trace::TraceId;

/// Some entries, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// What `after` has to be for the next page; none after the last.
    pub next: Option<String>,
}

/// Where a job stands, as far as an operator cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobState {
    /// A delivery acts on it, or will.
    Begun,
    /// Its Job object works on it.
    Running,
    /// Nobody was heard of for long; the sweep ends it.
    Lost,
    /// Its terminal message is out.
    Ended,
    /// It lies among the dead letters.
    Dead,
    /// Its object did not answer, or has never heard of it.
    Unknown,
}

impl JobState {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Running => "running",
            Self::Lost => "lost",
            Self::Ended => "ended",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// The job.
    pub job: JobId,
    /// Its conversation, where it is known.
    pub thread: Option<ThreadId>,
    /// Where it stands.
    pub state: JobState,
    /// Its command, where it is known.
    pub command: Option<String>,
    /// Who gave it.
    pub requested_by: Option<UserId>,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// Where it stands, or why it does not, in one line.
    pub line: Option<String>,
    /// The fix, if it is one that its Job object has.
    pub fix: Option<FixDetails>,
    /// Its server, where it is known; empty for a direct message.
    #[serde(default)]
    pub guild: Option<GuildId>,
}

/// A job with what is kept of it elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobShown {
    /// The job.
    #[serde(flatten)]
    pub job: JobView,
    /// By which its log lines are found, in both workers and the sandbox.
    pub trace: TraceId,
    /// Its conversation in Discord.
    pub discord_url: Option<String>,
    /// What the audit logs hold of it, oldest first: its server's, then the operators'.
    pub audit: Vec<Entry>,
    /// Why that cannot be told, if it cannot.
    pub audit_missing: Option<String>,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadView {
    /// The job; for a body that is no job, what it is filed under.
    pub id: String,
    /// Its conversation.
    pub thread: Option<ThreadId>,
    /// Its command.
    pub command: Option<String>,
    /// Who gave it.
    pub requested_by: Option<UserId>,
    /// Why it could not be done.
    pub reason: String,
    /// When it was given up.
    pub buried_at: Option<Timestamp>,
    /// Who put it back on the queue.
    pub replayed: Option<Mark>,
    /// Who put it aside.
    pub discarded: Option<Mark>,
    /// Why it cannot be replayed: what is wrong with its body.
    pub broken: Option<String>,
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acted {
    /// The job that goes on: for a retry, the new one.
    pub id: String,
    /// Whether anything changed; not when the same order was given before.
    pub changed: bool,
    /// What happened, in one sentence.
    pub message: String,
}

/// Whether model calls are let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelView {
    /// Whether they are.
    pub on: bool,
    /// Who shut them off, when, and why.
    pub shut: Option<Shut>,
    /// The fixes that have a place at the moment.
    pub running: Vec<JobId>,
}

/// What comes with an order about the model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchOrder {
    /// Why, for those who are refused.
    #[serde(default)]
    pub reason: String,
}

/// What the gateway knows about the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// The gateway's version.
    pub version: String,
    /// What the gateway has found in its environment, by name.
    pub found: Vec<Found>,
    /// What is wrong with the gateway's settings.
    pub problems: Vec<String>,
    /// Jobs that have begun and not ended; none if the store did not answer.
    pub open_jobs: Option<usize>,
    /// Dead letters that nobody has dealt with; of at most [`super::MAX_PAGE`].
    pub dead_letters: Option<usize>,
    /// The consumer's last sign of life; none if there is none.
    pub consumer: Option<Heartbeat>,
    /// How long ago that was.
    pub consumer_seen_seconds_ago: Option<u64>,
    /// What the consumer found when it tried its credentials.
    pub checks: Vec<Check>,
    /// Why the consumer could not try them.
    pub checks_failed: Option<String>,
}

/// A variable, secret or binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub present: bool,
}

/// Why an order was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorText,
}

/// An error, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorText {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

impl ErrorBody {
    pub(super) fn new(code: ErrorCode, message: &str) -> Self {
        let message = message.to_owned();
        Self {
            error: ErrorText { code, message },
        }
    }
}

/// Kinds of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    /// Not let in.
    Unauthorized,
    /// No such thing.
    NotFound,
    /// Not as things stand.
    Conflict,
    /// The request is not right.
    BadRequest,
    /// A part of the platform did not answer.
    Unavailable,
    /// A kind that did not exist when this was written.
    #[serde(other)]
    Other,
}
