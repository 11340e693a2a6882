//! The stages of a fix, each with the data that it has and no other.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CrashReport, Kept};
use crate::change::FileChange;
use crate::executor::{Checkpoint, LikelyFile, RunFailure, Spent, Verification};
use crate::github::PullRequest;
use crate::id::{CommitId, RunId, UserId};
use crate::pipeline;
use crate::policy::Violation;
use crate::service::Service;

/// Where a fix stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "camelCase")]
pub enum Stage {
    /// Being prepared.
    Backlog(Backlog),
    /// The agent works.
    Coding(Coding),
    /// Its change is checked and committed.
    Qa(Qa),
    /// The pull request is open.
    Merge(Merge),
    /// Over without a pull request.
    Archived(Archived),
}

/// Preparation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase")]
pub enum Backlog {
    /// Does the thread still want it?
    TakeOver,
    /// Which commit to start from?
    ResolveBase,
    /// What does the repository say about fixes?
    ReadPolicy {
        /// The head of the default branch.
        base: Base,
    },
    /// Which files are likely to matter?
    SearchCode {
        /// The commit to start from.
        base: Base,
    },
    /// May it begin? Somebody has to say so.
    Approve {
        /// What preparation found.
        brief: Brief,
        /// When it ends by itself.
        until: Timestamp,
    },
}

/// The commit that a fix starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The target of the pull request: the default branch, or the one that the repository names.
    pub branch: String,
    /// Its head when the fix began.
    pub commit: CommitId,
}

/// What preparation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// The commit to start from.
    pub base: Base,
    /// Files that probably matter.
    pub likely: Vec<LikelyFile>,
    /// How they were found.
    pub search: SearchNote,
}

/// How the code search went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "search",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum SearchNote {
    /// GitHub answered.
    GitHub,
    /// GitHub did not; the sandbox looks for the same words in the clone.
    InClone {
        /// The words.
        words: Vec<String>,
        /// Why GitHub did not answer.
        because: String,
    },
}

/// The agent's work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coding {
    /// What it starts from.
    pub brief: Brief,
    /// Which run this is; the first is 1.
    pub run: NonZeroU32,
    /// The work that a next run would go on from: where the last run was stopped, or what was saved
    /// of this one while it went on.
    pub checkpoint: Option<Checkpoint>,
    /// When this run's work was saved last.
    #[serde(default)]
    pub saved_at: Option<Timestamp>,
    /// What the run does.
    pub phase: CodingPhase,
}

/// What a run does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "phase",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum CodingPhase {
    /// To be started.
    Start,
    /// Started; looked at from time to time.
    Watch {
        /// When it started.
        since: Timestamp,
        /// Since when it does not answer, if it does not. Counted from the first question that
        /// went unanswered: a question that we were late to ask is no silence of the run's.
        silent_since: Option<Timestamp>,
        /// When to look next.
        look_at: Timestamp,
        /// The agent's last step.
        last_step: Option<String>,
        /// What it used up so far.
        spent: Spent,
        /// Whether its work so far is to be saved before it is looked at again.
        #[serde(default)]
        is_save_due: bool,
    },
    /// Interrupted: its work so far is to be saved before it goes on elsewhere.
    Save {
        /// What it used up.
        spent: Spent,
    },
    /// Ended: its result is to be fetched.
    Collect {
        /// What it used up.
        spent: Spent,
    },
}

/// A change that keeps the policy, on its way to a pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Qa {
    /// The commit that it was made on.
    pub base: Base,
    /// The change.
    pub work: Work,
    /// What is to be done.
    pub step: QaStep,
}

/// What is to be done with a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase")]
pub enum QaStep {
    /// Make the branch at the base commit.
    CreateBranch,
    /// Put the change on it.
    Commit,
    /// Propose it.
    OpenPullRequest {
        /// The commit on the branch.
        commit: CommitId,
    },
}

/// What a run made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The changed files. Stored as they came: the policy decides again before the commit.
    pub changes: Vec<FileChange>,
    /// The agent's last words.
    pub summary: String,
    /// What it used up.
    pub spent: Spent,
    /// What the repository's own commands said of the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verification: Vec<Verification>,
}

/// An open pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Merge {
    /// The pull request.
    pub pull_request: PullRequest,
    /// Its branch.
    pub feature_branch: String,
    /// How many commits it is ahead of its target.
    pub commits_ahead: NonZeroU32,
    /// The paths that it changes.
    pub files: Vec<String>,
    /// The agent's last words.
    pub summary: String,
    /// What the run used up.
    pub spent: Spent,
    /// When it was opened or found.
    pub opened_at: Timestamp,
    /// What the repository's own commands said of the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verification: Vec<Verification>,
    /// What is left to do.
    pub step: MergeStep,
}

/// What is left to do when the pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MergeStep {
    /// Ask for reviews and set labels.
    AskReview,
    /// Attach it to the issue.
    LinkIssue,
    /// Say so in the issue.
    CommentIssue,
    /// Tell people.
    Close(Closing),
}

/// Over without a pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Archived {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// A run that has to be stopped first.
    pub stop: Option<RunId>,
    /// A run that may begin all the same.
    #[serde(default)]
    pub doubt: Option<Doubt>,
    /// What was used up all the same.
    pub spent: Spent,
    /// What it could go on from, if it was stopped for want of money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Box<Kept>>,
    /// The files that its run began with, if that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_report: Option<Box<CrashReport>>,
    /// What is left to do.
    pub closing: Closing,
}

/// A run that was just being started when the fix was stopped. The order to stop it may have
/// overtaken the order to start it, and who gave that one may have died: once it has arrived or
/// never will, the run is stopped once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// The run.
    pub run: RunId,
    /// When every order has arrived.
    pub until: Timestamp,
}

/// The last steps of every fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Closing {
    /// The terminal message.
    Report,
    /// Tell the Thread object that the job has ended.
    TellThread,
    /// Nothing is left to do.
    Closed,
}

/// Why a fix ended without a pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "cause",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Cause {
    /// Somebody stopped it.
    Cancelled {
        /// Who.
        by: UserId,
    },
    /// Somebody did not let it begin.
    NotApproved {
        /// Who.
        by: UserId,
    },
    /// Nobody let it begin in time.
    ApprovalExpired,
    /// What the repository says about fixes cannot be used.
    PolicyUnusable {
        /// Where and why.
        why: String,
    },
    /// The agent found nothing to change.
    NoChange {
        /// Its last words.
        summary: String,
    },
    /// The change breaks the path policy.
    PolicyViolated {
        /// File by file.
        violations: Vec<Violation>,
    },
    /// The branch already holds something that is not this fix.
    Conflict {
        /// The branch.
        branch: String,
    },
    /// The run came to nothing.
    RunFailed {
        /// Why.
        failure: RunFailure,
    },
    /// The sandbox died or fell silent, as often as it was started.
    SandboxLost {
        /// How often.
        runs: u32,
    },
    /// Its thread had ended the job before its object took it over, and said so.
    Superseded,
    /// A service failed for good.
    Upstream {
        /// Which one.
        service: Service,
        /// How, for people.
        error: String,
        /// Whether it was tried until patience ended, rather than refused.
        exhausted: bool,
    },
}

impl Cause {
    /// The cause in one word of ours.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Cancelled { .. } => "cancelled",
            Self::Superseded => "superseded",
            Self::NotApproved { .. } => "notApproved",
            Self::ApprovalExpired => "approvalExpired",
            Self::PolicyUnusable { .. } => "policyUnusable",
            Self::NoChange { .. } => "noChange",
            Self::PolicyViolated { .. } => "policyViolated",
            Self::Conflict { .. } => "conflict",
            Self::RunFailed { .. } => "runFailed",
            Self::SandboxLost { .. } => "sandboxLost",
            Self::Upstream { .. } => "upstream",
        }
    }

    /// The reason in the pipeline's words.
    pub fn reason(&self) -> pipeline::Reason {
        match self {
            Self::Cancelled { .. } | Self::NotApproved { .. } => pipeline::Reason::Abandoned,
            Self::ApprovalExpired | Self::PolicyViolated { .. } => pipeline::Reason::ReviewHeld,
            Self::Conflict { .. } => pipeline::Reason::MergeFailed,
            Self::Superseded => pipeline::Reason::Superseded,
            Self::NoChange { .. }
            | Self::PolicyUnusable { .. }
            | Self::RunFailed { .. }
            | Self::SandboxLost { .. }
            | Self::Upstream { .. } => pipeline::Reason::Blocked,
        }
    }
}

impl Stage {
    /// The stage in the pipeline's words.
    pub fn pipeline(&self) -> pipeline::Stage {
        match self {
            Self::Backlog(_) => pipeline::Stage::Backlog,
            Self::Coding(_) => pipeline::Stage::Coding,
            Self::Qa(_) => pipeline::Stage::Qa,
            Self::Merge(merge) => pipeline::Stage::Merge {
                feature_branch: merge.feature_branch.clone(),
                commits_ahead: merge.commits_ahead,
            },
            Self::Archived(archived) => pipeline::Stage::Archived {
                archived_at: archived.at,
                reason: archived.cause.reason(),
            },
        }
    }

    /// What the node that works on it is doing, in the pipeline's words.
    pub fn execution(&self) -> pipeline::Execution {
        use pipeline::Execution;
        match self {
            Self::Backlog(_) => Execution::Idle,
            Self::Coding(coding) => match coding.phase {
                CodingPhase::Start | CodingPhase::Save { .. } => Execution::Pending,
                CodingPhase::Watch { .. } => Execution::Running,
                CodingPhase::Collect { .. } => Execution::Completed,
            },
            Self::Qa(_) | Self::Merge(_) | Self::Archived(_) => Execution::Completed,
        }
    }

    /// Whether nothing is left to do.
    pub fn is_closed(&self) -> bool {
        match self {
            Self::Merge(merge) => merge.step == MergeStep::Close(Closing::Closed),
            Self::Archived(archived) => {
                archived.closing == Closing::Closed
                    && archived.stop.is_none()
                    && archived.doubt.is_none()
            }
            Self::Backlog(_) | Self::Coding(_) | Self::Qa(_) => false,
        }
    }
}
