//! What comes after the pull request was opened: its checks, its reviewers, its merge.
//!
//! ```text
//! Open ──▶ Merged ──▶ settled      the issue is moved, the thread is told: Archived(Completed)
//!   └──▶ Closed ──▶ Open           somebody reopened it; until then Archived(Abandoned)
//! ```
//!
//! Architecture invariants:
//! - The job of the fix has ended before any of this is acted on, and its terminal message stays
//!   the one that it has. That message is edited (checks, preview); what people must not miss is a
//!   message of its own, at most one for a merge, a closing, a reopening and the end of the rounds.
//! - A notice of GitHub is a hint: it puts a *look* on the list. What is acted on is what the API
//!   says then, so that notices may come late, twice and in any order.
//! - A notice can be lost, so the pull request is looked at without one as well, if seldom
//!   (`pulse`): a merge is told late rather than never.
//! - The list of what is to be done is stored: it is the outbox. Its first entry is performed until
//!   it succeeded or was given up, and each may be performed twice.
//! - Rounds are counted and paid from what the fix's own run left of its budget.
//!
//! Out of scope: the work of a round ([`super::round`]).

mod deploy;
mod facts;
mod lookup;
mod next;
mod perform;
mod pulse;
mod step;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) use deploy::deploy;
pub use lookup::find_job;
pub(super) use lookup::remember;
pub(super) use perform::{perform, send};

use super::round::{Because, Round};
use super::{Fix, Stage};
use crate::audit::Record;
use crate::executor::Spent;
use crate::github::webhook::{Ask, Preview};
use crate::github::{ChecksVerdict, PullRequest};
use crate::id::{CommitId, JobId};
use crate::pipeline;

/// How long after the last news of a check the checks are read: a suite says a dozen things within
/// seconds.
const CHECKS_SETTLE_FOR: Duration = Duration::from_secs(10);
/// How soon checks are read again of which some have failed and others have not ended.
const CHECKS_AGAIN_AFTER: Duration = Duration::from_mins(2);
/// How long those others are waited for. A round that begins without their words may fix half.
const CHECKS_PATIENCE: Duration = Duration::from_mins(20);
/// How many rounds one fix has for reviewers, besides those for checks.
pub const MAX_REVIEW_ROUNDS: usize = 3;
/// A round with less money than this would end before it began.
const MIN_ROUND_BUDGET_USD: f64 = 0.10;
/// A round that has not been heard of for this long is over: its limits are far below.
const ROUND_IS_LOST_AFTER: Duration = Duration::from_hours(4);
/// The most characters of a log or of remarks that an agent reads: one part of its prompt.
const MAX_MATERIAL_CHARS: usize = 20_000;
/// How many deliveries are remembered, so that a repeat is known.
const MAX_SEEN: usize = 64;
/// The most reviewers who wait for a round. They can ask faster than agents work.
const MAX_WAITING_ASKS: usize = 4;
/// The most addresses of previews that an issue gets: some services make one for every commit.
const MAX_LINKED_PREVIEWS: u32 = 3;

/// What came after the pull request was opened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct After {
    /// Where the pull request stands, as far as people were told.
    pub standing: Standing,
    /// The newest deliveries, the newest last.
    seen: VecDeque<String>,
    /// What is to be done, in this order.
    todo: VecDeque<Todo>,
    hints: u64,
    /// When the checks are to be read.
    checks_due: Option<ChecksDue>,
    /// The head whose failing checks have been acted on.
    answered: Option<CommitId>,
    /// How the checks stand, for people.
    pub checks: Option<ChecksSeen>,
    /// The rounds so far.
    rounds: Vec<RoundRecord>,
    /// The newest preview.
    pub preview: Option<Preview>,
    linked_previews: u32,
    /// What became of moving the issue.
    pub moved: Option<Moved>,
    /// What became of the deploy hook.
    pub deployed: Option<Deployed>,
    /// What is to be in the audit log and is not yet.
    records: Vec<Record>,
    retry: Retry,
    /// When to look without having been told of anything.
    pulse: pulse::Pulse,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Retry {
    failed: u32,
    since: Option<Timestamp>,
    not_before: Option<Timestamp>,
}

/// Where a pull request stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "standing",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Standing {
    /// It can be merged.
    #[default]
    Open,
    /// It is merged.
    Merged {
        /// When.
        at: Timestamp,
        /// As which commit.
        commit: CommitId,
        /// Since when all that follows from it is done.
        settled: Option<Timestamp>,
    },
    /// It was closed without a merge.
    Closed {
        /// Since when we know.
        at: Timestamp,
    },
}

/// When checks are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct ChecksDue {
    at: Timestamp,
    /// Since when they are waited for.
    since: Timestamp,
}

/// How the checks of a head stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecksSeen {
    /// Which head.
    pub head: CommitId,
    /// The failing ones by name; none if all passed.
    pub failed: Vec<String>,
}

/// A round, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoundRecord {
    job: JobId,
    for_checks: bool,
    /// What it may cost.
    max_budget_usd: f64,
    standing: RoundStanding,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum RoundStanding {
    /// Ordered. What it is to do is kept until then.
    Running {
        round: Box<Round>,
        ordered_at: Timestamp,
    },
    /// Over.
    Ended { spent: Spent },
}

/// What became of moving the issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "moved", content = "value", rename_all = "camelCase")]
pub enum Moved {
    /// To the state of this name.
    To(String),
    /// It could not be moved; why.
    Failed(String),
}

/// What became of the deploy hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// The command that asked for it.
    pub asked: JobId,
    /// What was deployed.
    pub commit: CommitId,
    /// When the hook was called.
    pub at: Timestamp,
    /// What it answered; nothing, if the answer was lost.
    pub answer: Option<HookAnswer>,
}

/// What a deploy hook answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "camelCase")]
pub enum HookAnswer {
    /// It deploys.
    Taken {
        /// Where, if it said so.
        url: Option<String>,
    },
    /// It does not; why.
    Failed(String),
}

/// One thing to do. Each says what it adopts where it is performed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Todo {
    /// Look at the pull request.
    Look {
        /// Which hint it follows: a look that began before a later one may have come too soon.
        hint: u64,
    },
    /// Read the checks of its head.
    ReadChecks {
        /// The head whose failing checks need no words: they have been acted on.
        answered: Option<CommitId>,
    },
    /// Read what reviewers wrote.
    ReadReview {
        /// Who asked for it.
        ask: Ask,
    },
    /// Have a round begun.
    StartRound {
        /// The round.
        round: JobId,
    },
    /// Have a round stopped.
    StopRound {
        /// The round.
        round: JobId,
    },
    /// Move the issue to where finished ones are.
    MoveIssue,
    /// Delete the branch.
    DeleteBranch,
    /// Link the preview to the issue.
    LinkPreview {
        /// Its address.
        url: String,
    },
    /// Answer somebody in the pull request.
    Answer {
        /// Whom.
        ask: Ask,
        /// What.
        answer: Answer,
    },
    /// Tell the thread.
    Tell {
        /// What.
        news: News,
    },
    /// Let the terminal message say how things stand.
    Show {
        /// Which change it follows.
        hint: u64,
    },
    /// All that follows from the merge is done.
    Settle,
}

/// What the thread is told in a message of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "news",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum News {
    /// It is merged.
    Merged,
    /// It was closed without a merge.
    Closed,
    /// Somebody reopened it.
    Reopened {
        /// Which time; what tells the message from an earlier one.
        at: Timestamp,
    },
    /// Its checks fail, and no round is left to mend them.
    ChecksFail {
        /// By name.
        failed: Vec<String>,
        /// Why there is no further round.
        because: NoRound,
    },
}

/// Why there is no further round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NoRound {
    /// All are used up.
    Rounds,
    /// The budget is.
    Budget,
}

/// What somebody in the pull request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// A round begins.
    Begun,
    /// There is none left.
    None(NoRound),
}

/// What was found out or done.
#[derive(Debug, Clone, PartialEq)]
pub enum AfterEvent {
    /// To [`Todo::Look`].
    Seen {
        /// The hint that it followed.
        hint: u64,
        /// The pull request as it was then.
        seen: Box<PullRequest>,
    },
    /// To [`Todo::ReadChecks`].
    ChecksRead {
        /// The pull request as it was then, and the head that they are of.
        seen: Box<PullRequest>,
        /// How they stand.
        verdict: ChecksVerdict,
        /// Why they fail, where that was asked for.
        log: String,
    },
    /// To [`Todo::ReadReview`].
    ReviewRead {
        /// Who asked for it.
        ask: Ask,
        /// The pull request as it was then.
        seen: Box<PullRequest>,
        /// What reviewers wrote.
        remarks: String,
    },
    /// To [`Todo::MoveIssue`].
    IssueMoved(Moved),
    /// To all the others.
    Done(Todo),
}

/// The operator's choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterLimits {
    /// How many rounds one fix has for failing checks.
    pub fix_rounds: u32,
    /// Whether the branch of a merged pull request is deleted.
    pub delete_merged_branches: bool,
}

impl Fix {
    /// Where it stands, in the pipeline's words.
    pub fn pipeline(&self) -> pipeline::Stage {
        match (&self.stage, &self.after.standing) {
            (
                Stage::Merge(_),
                Standing::Merged {
                    at,
                    commit,
                    settled: None,
                },
            ) => pipeline::Stage::Done {
                merged_at: *at,
                merge_commit: commit.clone(),
            },
            (
                Stage::Merge(_),
                Standing::Merged {
                    settled: Some(at), ..
                },
            ) => pipeline::Stage::Archived {
                archived_at: *at,
                reason: pipeline::Reason::Completed,
            },
            (Stage::Merge(_), Standing::Closed { at }) => pipeline::Stage::Archived {
                archived_at: *at,
                reason: pipeline::Reason::Abandoned,
            },
            (stage, _) => stage.pipeline(),
        }
    }
}

impl After {
    /// Whether the pull request can still be worked on.
    pub fn is_open(&self) -> bool {
        self.standing == Standing::Open
    }

    /// How many rounds there were for checks, or for reviewers.
    fn rounds_for(&self, checks: bool) -> usize {
        self.rounds
            .iter()
            .filter(|round| round.for_checks == checks)
            .count()
    }

    pub(super) fn rounds_so_far(&self) -> usize {
        self.rounds.len()
    }

    /// The number of the next round.
    fn next_round(&self) -> NonZeroU32 {
        let so_far = u32::try_from(self.rounds.len()).unwrap_or(u32::MAX);
        NonZeroU32::MIN.saturating_add(so_far)
    }

    fn running(&self) -> Option<&RoundRecord> {
        let is_running =
            |record: &&RoundRecord| matches!(record.standing, RoundStanding::Running { .. });
        self.rounds.iter().find(is_running)
    }

    /// What the rounds used up. One that runs counts with all that it may.
    pub(super) fn spent_on_rounds(&self) -> f64 {
        let cost = |record: &RoundRecord| match &record.standing {
            RoundStanding::Running { .. } => record.max_budget_usd,
            RoundStanding::Ended { spent } => spent.cost_usd,
        };
        // Not `sum`, of which nothing is minus nothing.
        self.rounds
            .iter()
            .map(cost)
            .fold(0.0, |sum, cost| sum + cost)
    }

    fn is_for_checks(because: &Because) -> bool {
        matches!(because, Because::ChecksFail { .. })
    }
}
