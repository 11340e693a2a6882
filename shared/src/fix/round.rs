//! A round: another run of the agent for a pull request that is open already, because its checks
//! fail or because a reviewer asks for more.
//!
//! Invariant: a round is a job of its own, with an id derived from the fix's, its own Job object,
//! its own message in the thread and its own one outcome. So whatever holds for a fix holds for a
//! round (lease, checkpoint, cancel, policy, adoption of its commit), and the fix keeps the one
//! terminal message that it has. What differs is where a round begins and ends: at the head of the
//! pull request's branch, and with a commit on it.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::{Fix, Merge, MergeStep, Order, Qa, QaStep, Stage};
use crate::executor::{FollowUp, Spent};
use crate::github::PullRequest;
use crate::id::{CommitId, JobId, UserId};

/// What sets the round of a fix apart in an [`Order`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// The fix that opened the pull request.
    pub of: JobId,
    /// Which round of it this is; the first is 1.
    pub nth: NonZeroU32,
    /// Why there is another round.
    pub because: Because,
    /// What the agent is to read: a log, or remarks. Written by others.
    pub material: String,
    /// The branch that it goes on with.
    pub branch: String,
    /// The pull request as it stood.
    pub pull_request: PullRequest,
    /// How many commits it was ahead.
    pub commits_ahead: NonZeroU32,
}

/// Why there is another round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "camelCase")]
pub enum Because {
    /// Checks fail.
    ChecksFail {
        /// By name.
        failed: Vec<String>,
    },
    /// A reviewer asked for it.
    Asked {
        /// Who, at GitHub.
        by: String,
        /// Where.
        url: String,
    },
}

impl Round {
    /// The job that this round is.
    pub fn job(&self) -> JobId {
        JobId::new(format!("{}{INFIX}{}", self.of, self.nth))
    }

    /// What the agent is told of it.
    pub(super) fn follow_up(&self) -> FollowUp {
        match &self.because {
            Because::ChecksFail { .. } => FollowUp::ChecksFail(self.material.clone()),
            Because::Asked { .. } => FollowUp::Review(self.material.clone()),
        }
    }
}

/// Between the fix's id and the round's number.
const INFIX: &str = "-round-";

/// The fix that a job is a round of, or the job itself.
pub(super) fn fix_of(job: &JobId) -> JobId {
    match job.as_str().split_once(INFIX) {
        Some((fix, _)) => JobId::new(fix),
        None => job.clone(),
    }
}

/// What a fix is told of a round that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoundEnd {
    /// The round.
    pub round: JobId,
    /// What it used up.
    pub spent: Spent,
    /// The commit that it made, if it did.
    pub commit: Option<CommitId>,
}

impl Order {
    /// The order of a round of this fix. The interaction's token has served: a round speaks as the
    /// bot.
    pub(super) fn of_round(&self, round: Round, max_budget_usd: f64) -> Self {
        let mut order = self.clone();
        order.job = round.job();
        order.reply.job = round.job();
        order.reply.token = crate::secret::Secret::new("");
        order.reply.accepted_at = jiff::Timestamp::UNIX_EPOCH;
        order.live = None;
        order.limits.max_budget_usd = max_budget_usd;
        order.round = Some(round);
        order.claims.clear();
        order
    }

    /// Who stops a round that has become pointless: we ourselves.
    pub fn ourselves(&self) -> UserId {
        UserId::new(self.reply.application.as_str())
    }
}

impl Fix {
    /// Where a change goes first: a round has its branch.
    pub(super) fn first_of_qa(&self) -> QaStep {
        match self.order.round {
            Some(_) => QaStep::Commit,
            None => QaStep::CreateBranch,
        }
    }

    /// Where the agent begins, once the base is known, if it is not to look around first: a round
    /// knows where the work is.
    pub(super) fn is_round(&self) -> bool {
        self.order.round.is_some()
    }

    /// A round is over with its commit: the pull request is open, linked and known.
    pub(super) fn after_commit(&self, qa: &Qa, commit: CommitId, now: jiff::Timestamp) -> Stage {
        let Some(round) = &self.order.round else {
            return Stage::Qa(Qa {
                step: QaStep::OpenPullRequest { commit },
                ..qa.clone()
            });
        };
        Stage::Merge(Merge {
            pull_request: PullRequest {
                head: commit,
                ..round.pull_request.clone()
            },
            feature_branch: round.branch.clone(),
            commits_ahead: round.commits_ahead.saturating_add(1),
            files: qa
                .work
                .changes
                .iter()
                .map(|change| change.path.clone())
                .collect(),
            summary: qa.work.summary.clone(),
            verification: qa.work.verification.clone(),
            spent: qa.work.spent,
            opened_at: now,
            step: MergeStep::Close(super::Closing::Report),
        })
    }

    /// What the fix is to be told of this round's end.
    pub(super) fn round_end(&self) -> Option<(JobId, RoundEnd)> {
        let round = self.order.round.as_ref()?;
        let end = RoundEnd {
            round: self.order.job.clone(),
            spent: self.spent(),
            commit: match &self.stage {
                Stage::Merge(merge) => Some(merge.pull_request.head.clone()),
                _ => None,
            },
        };
        Some((round.of.clone(), end))
    }

    /// What was used up so far.
    pub fn spent(&self) -> Spent {
        match &self.stage {
            Stage::Backlog(_) => Spent::default(),
            Stage::Coding(coding) => coding.spent(),
            Stage::Qa(qa) => qa.work.spent,
            Stage::Merge(merge) => merge.spent,
            Stage::Archived(archived) => archived.spent,
        }
    }
}
