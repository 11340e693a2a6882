//! The fix: what a Job object owns, from the order to the pull request.
//!
//! ```text
//! Backlog ──▶ Coding ──▶ Qa ──▶ Merge      a pull request is open, the thread is told
//!    └──────────┴─────────┴──▶ Archived    stopped, blocked or failed, the thread is told
//! ```
//!
//! Architecture invariant: the state names its next effect ([`Fix::next`]), so the stored state
//! *is* the outbox. A crash anywhere performs that effect once more, and every effect adopts
//! what already exists. Only [`Fix::step`] changes the state, and it ignores what is late.
//!
//! What happens to the pull request after it was opened is in `after`, and a further run of the
//! agent for it in `round`.

mod after;
mod approval;
mod audit;
mod checkpoint;
mod continuing;
mod crash_report;
mod details;
mod drive;
mod effect;
mod hub;
mod next;
mod perform;
mod protocol;
mod publish;
mod repository;
mod round;
mod run;
mod search;
mod services;
mod stage;
mod steer;
mod step;
#[cfg(test)]
pub(crate) mod tests;
mod words;

pub use crate::pipeline::BRANCH_PREFIX;
pub use after::{
    After, AfterEvent, AfterLimits, Answer, ChecksSeen, Deployed, HookAnswer, MAX_REVIEW_ROUNDS,
    Moved, News, NoRound, Standing, Todo, find_job,
};
pub use approval::{APPROVAL_LIMIT, Approval};
pub use continuing::{Continuation, Kept};
pub(crate) use crash_report::media_type;
pub use crash_report::{CrashReport, Holds, NotKept, Place};
pub use details::FixDetails;
pub use drive::{Store, answer, drive};
pub use effect::{Effect, Event, Next};
pub use protocol::{FixView, Jobs, Request, Response};
pub use round::{Because, Round, RoundEnd};
pub use services::{FixServices, Sandbox};
pub use stage::{
    Archived, Backlog, Base, Brief, Cause, Closing, Coding, CodingPhase, Doubt, Merge, MergeStep,
    Qa, QaStep, SearchNote, Stage, Work,
};
pub use steer::{Delivery, Steering};

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::executor::RunLimits;
use crate::github::RepoName;
use crate::hub::IssueRef;
use crate::id::{JobId, ThreadId, UserId};
use crate::report::{LiveMessage, ReplyTo};
use crate::repository_policy::RepositoryPolicy;
use crate::secret::Secret;
use crate::service::Service;
use crate::thread::LinkedIssue;

/// How often a run is looked at.
pub const POLL_EVERY: Duration = Duration::from_secs(2);
/// A run that has left questions unanswered for this long is given up and started anew elsewhere.
pub const HEARTBEAT_LIMIT: Duration = Duration::from_secs(30);
/// How often the work of a run is saved while it goes on: what a killed container can lose at most.
pub const CHECKPOINT_EVERY: Duration = Duration::from_mins(1);
/// How often one fix starts a run: sandboxes die, but not three times in a row.
pub const MAX_RUNS: u32 = 3;
/// How long after its own limit a run may still report before it is given up: the executor
/// needs up to 10 s to stop an agent and some seconds to read its diff.
pub const WALL_CLOCK_SLACK: Duration = Duration::from_mins(1);
/// How often an effect is tried. With `fault::backoff` these are about four minutes.
pub const MAX_ATTEMPTS: u32 = 8;
/// How often the work of a run that has ended is asked for, before the run counts as lost with its
/// sandbox: about ten seconds.
pub const MAX_FETCH_ATTEMPTS: u32 = 4;
/// How often telling the thread is tried: at four minutes each, about half a day.
pub const MAX_REPORT_ATTEMPTS: u32 = 200;
/// How long an order to start a run may be on its way: no effect takes longer than three calls of
/// at most 30 s.
pub const START_ARRIVES_WITHIN: Duration = Duration::from_mins(2);
/// A fix that waits for rate limits gives up after this long; GitHub's longest window is an hour.
pub const MAX_AGE: Duration = Duration::from_hours(3);
/// Telling the thread is given up after this long: what Discord asks us to wait for ends.
pub const MAX_REPORT_AGE: Duration = Duration::from_hours(24);
/// The most characters that are kept of an issue's description and of the agent's last words. Both
/// are cut again, and shorter, where they are used.
pub const MAX_TEXT_CHARS: usize = 24_000;
/// The least time between two edits of the live message. Discord allows about five edits in
/// five seconds in a channel; other jobs want some of them.
pub const EDIT_EVERY: Duration = Duration::from_secs(3);

/// What is to be fixed, and for whom. Never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The job.
    pub job: JobId,
    /// Its conversation.
    pub thread: ThreadId,
    /// Where its answer goes.
    pub reply: ReplyTo,
    /// The delivery's message, which the fix goes on with.
    pub live: Option<LiveMessage>,
    /// Until when Discord, which refused that message, wants to hear nothing of it.
    #[serde(default)]
    pub quiet_until: Option<Timestamp>,
    /// The issue.
    pub issue: LinkedIssue,
    /// The issue's description.
    pub description: String,
    /// What was said in the thread.
    pub report: String,
    /// The context packet of the thread, if there is one.
    pub packet: Option<String>,
    /// Where the bug is to be fixed.
    pub repository: RepoName,
    /// What the run may use up.
    pub limits: RunLimits,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// What sets a further round of a fix apart from the fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
    /// What sets a fix apart that goes on with another one's work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Box<Continuation>>,
    /// For a fix that goes on with another one's work, and for a round: what the repository said
    /// about fixes when that one began.
    #[serde(default)]
    pub rules: RepositoryPolicy,
    /// Under which ids its issue is claimed in the hub. A round has none: its fix has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<IssueRef>,
}

/// One fix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// What was ordered.
    pub order: Order,
    /// Where it stands.
    pub stage: Stage,
    /// The failed tries of the current effect.
    retry: Retry,
    /// The message in the thread.
    live: Live,
    /// What the final message should mention besides the outcome.
    notes: Vec<String>,
    /// What came after the pull request was opened.
    #[serde(default)]
    pub after: After,
    /// Further instructions for its agent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steers: Vec<Steering>,
    /// What the repository says about fixes.
    #[serde(default)]
    rules: RepositoryPolicy,
    /// Whether somebody has to let it begin.
    #[serde(default)]
    gate: approval::Gate,
    /// What the audit log holds of it.
    #[serde(default)]
    book: audit::Book,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Retry {
    failed: u32,
    not_before: Option<Timestamp>,
    /// Whom it waits for, if it is not to be asked before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_back: Option<HeldBack>,
}

/// A service that is not to be asked for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldBack {
    /// Which.
    pub service: Service,
    /// Whether it does not answer at all; else its rate limit is used up.
    pub is_down: bool,
    /// Until then.
    pub until: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Live {
    message: Option<LiveMessage>,
    /// What it says, by its fingerprint, so that an edit that changes nothing is not made.
    shown: Option<String>,
    not_before: Option<Timestamp>,
}

impl Fix {
    /// A fix that has just been ordered.
    pub fn new(order: Order) -> Self {
        Self {
            live: Live {
                message: order.live.clone(),
                not_before: order.quiet_until,
                ..Live::default()
            },
            stage: Stage::Backlog(Backlog::TakeOver),
            retry: Retry::default(),
            notes: Vec::new(),
            after: After::default(),
            steers: Vec::new(),
            rules: order.rules.clone(),
            gate: approval::Gate::default(),
            book: audit::Book::default(),
            order,
        }
    }

    /// Forgets what only the work needed: nothing is left to do, and the object stays.
    fn slim_down(&mut self) {
        self.order.reply.token = Secret::new("");
        self.live.shown = None;
        // A round begins with the same words.
        let may_have_rounds = self.is_followed() && self.after.is_open();
        if !may_have_rounds && self.offers_to_go_on().is_none() {
            self.forget_words();
        }
    }

    fn forget_words(&mut self) {
        self.order.description.clear();
        self.order.report.clear();
        self.order.packet = None;
        for known in &mut self.steers {
            known.steer.text.clear();
        }
    }

    /// Whom it waits for, if that is all that it does.
    pub fn held_back(&self) -> Option<HeldBack> {
        self.retry.held_back
    }

    /// The message in the thread, once it exists.
    pub fn live(&self) -> Option<&LiveMessage> {
        self.live.message.as_ref()
    }

    /// What the final message should mention besides the outcome.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The branch of this fix: `bugbot/eng-123-1a2b3c4d`.
    pub fn branch(&self) -> String {
        if let Some(round) = &self.order.round {
            return round.branch.clone();
        }
        if let Some(continues) = &self.order.continues {
            return continues.branch.clone();
        }
        format!(
            "{BRANCH_PREFIX}{}-{}",
            self.order.issue.key.as_str().to_ascii_lowercase(),
            self.order.job.short()
        )
    }

    /// Who asked for it.
    pub fn requester(&self) -> &UserId {
        &self.order.reply.user
    }
}
