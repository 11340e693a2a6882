//! The vocabulary of the pipeline: where a piece of work stands, for people and for other nodes.
//!
//! `Backlog -> Coding -> Qa -> Merge -> Done -> Archived`, and beside it the execution of the
//! node that works on it. The Job object's own machine (`fix`) carries the data of each stage
//! and projects itself onto these types; an impossible stage does not compile.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::CommitId;

/// Branches of fixes begin with this: what happens to others is none of ours.
pub const BRANCH_PREFIX: &str = "bugbot/";

/// Where a piece of work stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "stage",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Stage {
    /// Known, being prepared.
    Backlog,
    /// An agent works on a clone.
    Coding,
    /// The diff of the run is checked and committed.
    Qa,
    /// A pull request is open.
    Merge {
        /// The branch that it proposes.
        feature_branch: String,
        /// How many commits it is ahead: a pull request without one cannot exist.
        commits_ahead: NonZeroU32,
    },
    /// The pull request is merged.
    Done {
        /// When.
        merged_at: Timestamp,
        /// As which commit.
        merge_commit: CommitId,
    },
    /// Over, for this reason.
    Archived {
        /// When.
        archived_at: Timestamp,
        /// Why.
        reason: Reason,
    },
}

impl Stage {
    /// Its name, for the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::Coding => "coding",
            Self::Qa => "qa",
            Self::Merge { .. } => "merge",
            Self::Done { .. } => "done",
            Self::Archived { .. } => "archived",
        }
    }
}

/// Why a piece of work was archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// Merged, and nothing is left to do.
    Completed,
    /// Somebody stopped it.
    Abandoned,
    /// Another piece of work has taken its place.
    Superseded,
    /// It cannot go on without a person: no change, a limit, a failing agent or service.
    Blocked,
    /// The branch moved and the change no longer applies.
    MergeFailed,
    /// The change breaks the path policy: a person must look at it.
    ReviewHeld,
}

/// What the node that works on it is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Execution {
    /// Nothing asked of it yet.
    Idle,
    /// Asked, not begun.
    Pending,
    /// The agent runs.
    Running,
    /// The agent waits for a rate limit.
    RateLimited,
    /// The agent has ended.
    Completed,
}
