//! What a run does, and what it came to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::prompt::LikelyFile;
use super::run::{Checkpoint, Spent};
use super::steer::SteerStatus;
use super::verification::Verification;
use crate::change::FileChange;
use crate::id::RunId;

/// How a run stands: cheap to ask for, every few seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    /// The run.
    pub run_id: RunId,
    /// Where it is.
    pub state: RunState,
    /// The agent's latest step in a few words: `Editing src/cart.ts`. One line of at most 200
    /// characters; the words in it are the agent's, so it is data wherever it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step: Option<String>,
    /// How many steps the agent took.
    pub steps: u32,
    /// When this attempt started, by the executor's clock.
    pub started_at: Timestamp,
    /// What the run used up so far, earlier attempts included. The money is an estimate until
    /// the run has ended.
    #[serde(flatten)]
    pub spent: Spent,
    /// The further instructions that it was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steers: Vec<SteerStatus>,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "phase",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RunState {
    /// Getting the repository.
    Cloning,
    /// The agent works.
    Running,
    /// The agent has ended; its diff is being read.
    Collecting,
    /// The executor was told to shut down and stopped the agent: start the run again, here or
    /// elsewhere, with the checkpoint.
    Interrupted,
    /// Over: the result is there.
    Ended {
        /// How it ended.
        outcome: RunOutcome,
    },
}

impl RunState {
    /// How the run ended, if it has.
    pub fn outcome(&self) -> Option<&RunOutcome> {
        match self {
            Self::Ended { outcome } => Some(outcome),
            Self::Cloning | Self::Running | Self::Collecting | Self::Interrupted => None,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "outcome",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RunOutcome {
    /// The agent ended by itself. That it changed nothing is not a failure of the run: then the
    /// result has no changes.
    Completed,
    /// Somebody cancelled it.
    Cancelled,
    /// It could not be completed.
    Failed {
        /// Why.
        failure: RunFailure,
    },
}

/// Why a run could not be completed. A `reason` is for logs and may quote git or the agent; it
/// holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(
    tag = "failure",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RunFailure {
    /// The repository, its branch or the base commit could not be had.
    #[error("the clone failed: {reason}")]
    CloneFailed {
        /// What git said.
        reason: String,
    },
    /// The agent did not start, crashed, or said that it failed.
    #[error("the agent failed: {reason}")]
    AgentFailed {
        /// What it said.
        reason: String,
    },
    /// The model refused our key or had no capacity, so that the agent gave up.
    #[error("the model answered {status}: {reason}")]
    ModelUnavailable {
        /// The last HTTP status of the model's service.
        status: u16,
        /// What the agent made of it.
        reason: String,
    },
    /// The wall-clock limit.
    #[error("the time was up")]
    TimedOut,
    /// The limit of turns.
    #[error("the turns were used up")]
    TurnsExhausted,
    /// The limit of money.
    #[error("the budget was used up")]
    BudgetExhausted,
    /// The money of the day, of whoever asked or of the server.
    #[error("the money of the day was used up until {until}")]
    DayBudgetExhausted {
        /// When there is more.
        until: Timestamp,
    },
    /// The operator has shut the model calls off.
    #[error("model calls are shut off")]
    ModelShut,
    /// The diff holds more than the limits allow.
    #[error("the result has {files} files of {bytes} bytes")]
    ResultTooLarge {
        /// Changed paths.
        files: u64,
        /// The sum of their bytes, as far as it was counted.
        bytes: u64,
    },
    /// The executor failed: a bug or a full disk.
    #[error("the executor failed: {reason}")]
    Internal {
        /// What went wrong.
        reason: String,
    },
}

impl RunOutcome {
    /// Its name, for the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed { failure } => match failure {
                RunFailure::CloneFailed { .. } => "clone failed",
                RunFailure::AgentFailed { .. } => "agent failed",
                RunFailure::ModelUnavailable { .. } => "model unavailable",
                RunFailure::TimedOut => "timed out",
                RunFailure::TurnsExhausted => "turns exhausted",
                RunFailure::BudgetExhausted => "budget exhausted",
                RunFailure::DayBudgetExhausted { .. } => "day's budget exhausted",
                RunFailure::ModelShut => "model shut off",
                RunFailure::ResultTooLarge { .. } => "result too large",
                RunFailure::Internal { .. } => "internal",
            },
        }
    }

    /// Why it failed, for the log, where git or the executor says so: an agent's own words are
    /// anybody's.
    pub fn reason_of_ours(&self) -> Option<&str> {
        match self {
            Self::Failed {
                failure: RunFailure::CloneFailed { reason } | RunFailure::Internal { reason },
            } => Some(reason),
            _ => None,
        }
    }
}

impl RunFailure {
    /// Whether the run could go on from where it stopped, once somebody lets it.
    pub fn can_go_on(&self) -> bool {
        matches!(
            self,
            Self::BudgetExhausted | Self::DayBudgetExhausted { .. } | Self::ModelShut
        )
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// The run.
    pub run_id: RunId,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The diff against the base commit, by path; empty unless the run was completed.
    pub changes: Vec<FileChange>,
    /// The work of a run that could go on from here: see [`RunFailure::can_go_on`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Box<Checkpoint>>,
    /// The agent's last words, at most 8,000 characters: data, like everything it says.
    pub summary: String,
    /// What the code search in the clone found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_files: Vec<LikelyFile>,
    /// What the repository's own commands said of the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verification: Vec<Verification>,
    /// The files that a failed run began with. Older executors keep none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_report: Option<CrashReport>,
    /// What the run used up, earlier attempts included.
    #[serde(flatten)]
    pub spent: Spent,
}

/// The files that a failed run began with: a tar that the executor has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrashReport {
    /// Its name in the executor's `crash-reports`.
    pub name: String,
    /// The length of the tar.
    pub size_bytes: u64,
    /// Its length in the gzip format. Older executors give it as it is only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed_bytes: Option<u64>,
    /// How many files are in it.
    pub files: u64,
}

/// The executor is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// The executor's version.
    pub version: String,
    /// Runs that have not ended.
    pub active_runs: u32,
    /// Whether it takes a further run now.
    pub accepting: bool,
    /// What agents reach. Older executors do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_network: Option<AgentNetwork>,
}

/// What the agent of a run, and the repository's commands, reach of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum AgentNetwork {
    /// The model, through the run's proxy; commands nothing at all.
    Closed,
    /// Whatever the executor reaches, because the operator wants it so.
    Open,
    /// It should be closed and cannot be: no run is taken.
    Refused {
        /// What the kernel said.
        reason: String,
    },
}
