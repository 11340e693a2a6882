//! The audit log: what was asked, allowed, refused, changed and paid, in an order that nobody can
//! alter unseen.
//!
//! ```text
//! entry 1 ──hash──▶ entry 2 ──hash──▶ entry 3 ──hash──▶ head
//! ```
//!
//! Invariants: an entry is only ever appended; its hash covers the hash before it, so that a
//! change, a removal, an insertion or another order anywhere breaks every hash after it; a record
//! has a key, and the same key is one entry however often it is appended.
//!
//! What a chain by itself cannot show is that its end was cut off, or that all of it was written
//! anew. For that a [`Head`] has to be known from elsewhere: every export ends with one, and every
//! append logs one.
//!
//! Out of scope: what people wrote. A record names people, places and files by their ids and paths,
//! and quotes nobody.

mod chain;
mod export;
mod protocol;
#[cfg(test)]
mod tests;
mod verify;

pub use chain::{Digest, Entry, Head};
pub use export::{BadLine, Export, parse_lines};
pub use protocol::{Audits, MAX_PAGE, Request, Response, Store, answer};
pub use verify::{Broken, Verifier, verify};

use serde::{Deserialize, Serialize};

use crate::github::RepoName;
use crate::id::{CommitId, GuildId, JobId, ThreadId, UserId};

/// Which log: one for each server, and one for what an operator does to the whole of bugbot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogName(String);

impl LogName {
    /// The log of a server. Direct messages, which belong to none, share one.
    pub fn of(guild: &GuildId) -> Self {
        match guild.as_str() {
            "" => Self("direct".to_owned()),
            guild => Self(format!("guild:{guild}")),
        }
    }

    /// The log of what belongs to no server: switches, and jobs that cannot be read.
    pub fn operator() -> Self {
        Self("operator".to_owned())
    }

    /// The name of its object.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One thing to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The job and what of it: the same key is the same record. At most [`Record::MAX_KEY_BYTES`].
    pub key: String,
    /// What is recorded.
    pub fact: Fact,
}

impl Record {
    /// Two ids and a word.
    pub const MAX_KEY_BYTES: usize = 128;

    /// What happened to a job: there is one record of each `what`.
    pub fn of_job(job: &JobId, what: &str, fact: Fact) -> Self {
        Self {
            key: format!("{job}/{what}"),
            fact,
        }
    }
}

/// What can be recorded. Money is whole millionths of a dollar: a hash needs one spelling, and a
/// fraction has many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Fact {
    /// Somebody gave a command, and may.
    Allowed {
        /// The job.
        job: JobId,
        /// Who.
        by: UserId,
        /// Where.
        thread: ThreadId,
        /// The command's name.
        command: String,
        /// What gives them the right: `everyone`, `role:123`, `user:456`, `requester`.
        because: String,
    },
    /// Somebody gave a command, and may not, or not now.
    Refused {
        /// The job.
        job: JobId,
        /// Who.
        by: UserId,
        /// Where.
        thread: ThreadId,
        /// The command's name.
        command: String,
        /// Why, by the name of the setting or limit.
        because: String,
    },
    /// A fix was prepared.
    Planned {
        /// The job.
        job: JobId,
        /// Who asked for it.
        by: UserId,
        /// Where the bug is.
        repository: RepoName,
        /// The branch that it starts from and goes to.
        base: String,
        /// The commit that it starts from.
        commit: CommitId,
        /// The most that its run may cost.
        budget_micro_usd: u64,
        /// Whether somebody has to approve it.
        needs_approval: bool,
    },
    /// Somebody let a fix begin.
    Approved {
        /// The job.
        job: JobId,
        /// Who.
        by: UserId,
    },
    /// Somebody did not let a fix begin.
    Rejected {
        /// The job.
        job: JobId,
        /// Who.
        by: UserId,
    },
    /// Nobody let a fix begin in time.
    ApprovalExpired {
        /// The job.
        job: JobId,
    },
    /// A commit was made.
    Committed {
        /// The job.
        job: JobId,
        /// In this repository.
        repository: RepoName,
        /// On this branch.
        branch: String,
        /// The commit.
        commit: CommitId,
        /// The paths that it touches, sorted.
        files: Vec<String>,
    },
    /// A pull request was opened.
    Proposed {
        /// The job.
        job: JobId,
        /// In this repository.
        repository: RepoName,
        /// Its number.
        pull_request: u64,
    },
    /// A change was thrown away for what it touches.
    ChangeRefused {
        /// The job.
        job: JobId,
        /// In this repository.
        repository: RepoName,
        /// The paths that may not change, sorted.
        files: Vec<String>,
    },
    /// A further run was ordered for an open pull request. It is a job of its own.
    RoundOrdered {
        /// The fix.
        job: JobId,
        /// The round.
        round: JobId,
        /// Why, in one word: `checks`, `asked`.
        because: String,
        /// Who asked for it, by their name at GitHub.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The most that it may cost.
        budget_micro_usd: u64,
    },
    /// A further run was not ordered.
    RoundRefused {
        /// The fix.
        job: JobId,
        /// Why there would have been one: `checks`, `asked`.
        because: String,
        /// Who asked for it, by their name at GitHub.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What there is no more of: `rounds`, `budget`.
        limit: String,
    },
    /// A deploy hook was about to be called.
    Deployed {
        /// The fix.
        job: JobId,
        /// The command.
        command: JobId,
        /// Who gave it.
        by: UserId,
        /// In this repository.
        repository: RepoName,
        /// This branch.
        branch: String,
        /// Where it stood.
        commit: CommitId,
    },
    /// Somebody merged a pull request.
    Merged {
        /// The fix.
        job: JobId,
        /// In this repository.
        repository: RepoName,
        /// Its number.
        pull_request: u64,
        /// As this commit.
        commit: CommitId,
    },
    /// Somebody closed a pull request without merging it.
    Closed {
        /// The fix.
        job: JobId,
        /// In this repository.
        repository: RepoName,
        /// Its number.
        pull_request: u64,
    },
    /// Somebody opened a closed pull request again.
    Reopened {
        /// The fix.
        job: JobId,
        /// In this repository.
        repository: RepoName,
        /// Its number.
        pull_request: u64,
    },
    /// A job has ended.
    Ended {
        /// The job.
        job: JobId,
        /// How: one word of the code's.
        outcome: String,
        /// What its runs cost.
        cost_micro_usd: u64,
        /// Model turns.
        turns: u32,
        /// The time of its runs.
        elapsed_ms: u64,
    },
    /// A model call was refused for money or by the switch; of each limit the first one.
    CapRefused {
        /// The job.
        job: JobId,
        /// Which limit, by the name of its setting.
        cap: String,
    },
    /// An operator did something.
    Operated {
        /// Who, as the operator's credential names them.
        by: String,
        /// What: `replay`, `discard`, `cancel`, `switch`.
        action: String,
        /// To what.
        target: String,
    },
}

/// Dollars as the log writes them.
pub fn micro_usd(usd: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float saturates, and what is no cost counts as none"
    )]
    let micro = (usd * 1e6).round() as u64;
    micro
}
