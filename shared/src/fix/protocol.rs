//! What is asked of a Job object and what it answers: one POST of JSON each way.

use serde::{Deserialize, Serialize};

use super::{FixDetails, Order, RoundEnd};
use crate::github::webhook::Notice;
use crate::id::{JobId, ThreadId, UserId};
use crate::pipeline;
use crate::thread::Outcome;

/// A request to a Job object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Take this fix over. A repeat finds it taken.
    Start {
        /// The fix.
        order: Box<Order>,
    },
    /// Stop it.
    Cancel {
        /// Who wants that.
        by: UserId,
    },
    /// Let it go on, where it waits for approval.
    Approve {
        /// Who says so.
        by: UserId,
    },
    /// End it, where it waits for approval.
    Reject {
        /// Who says so.
        by: UserId,
    },
    /// Give the running agent further instructions.
    Steer {
        /// Who does.
        by: UserId,
        /// The command that brings them: a repeat is not to be delivered twice.
        id: JobId,
        /// The instructions.
        text: String,
    },
    /// Let it go on with more money, where it stopped at a limit.
    Continue {
        /// Who says so.
        by: UserId,
        /// The command that brings the money: a repeat brings none.
        id: JobId,
        /// How much more, in dollars; without it as much as a fix gets at first.
        budget_usd: Option<f64>,
    },
    /// Deploy its branch.
    Deploy {
        /// Who says so.
        by: UserId,
        /// The command: a repeat deploys nothing more.
        id: JobId,
    },
    /// Something happened to its pull request.
    Notice {
        /// What.
        notice: Box<Notice>,
    },
    /// What is this round of it to do?
    OrderOfRound {
        /// The round.
        round: JobId,
    },
    /// A round of it has ended.
    RoundEnded {
        /// How.
        end: Box<RoundEnd>,
    },
    /// How does it stand?
    Look,
    /// The same with everything that an operator may want to know.
    Inspect,
    /// Go on, should you have come to a halt. Asked by the sweep.
    Poke,
}

/// A Job object's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "answer",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Response {
    /// To [`Request::Start`]: it is stored, and will be driven to its end.
    Started,
    /// To [`Request::Cancel`]: it is being stopped.
    Cancelling,
    /// To [`Request::Cancel`]: it is past the point where it can be stopped.
    TooLate(FixView),
    /// To an order of somebody's: it is done, or under way.
    Done {
        /// What has come of it, in words for people.
        said: String,
    },
    /// To an order of somebody's: it cannot be done, now or at all.
    Refused {
        /// Why, and what would work, in words for people.
        why: String,
    },
    /// To [`Request::Notice`] and [`Request::RoundEnded`].
    Noted,
    /// To [`Request::OrderOfRound`].
    OrderOfRound {
        /// The conversation of the fix.
        thread: ThreadId,
        /// What the round is to do; nothing, if it is not wanted any more.
        order: Option<Box<Order>>,
    },
    /// To [`Request::Continue`]: it is gone on with by a fix of this order, which the command's
    /// own job is to start.
    GoesOn {
        /// The order; where its answer goes is the command's.
        order: Box<Order>,
    },
    /// To [`Request::Look`] and [`Request::Poke`].
    Seen(FixView),
    /// To [`Request::Inspect`].
    Inspected(Box<FixDetails>),
    /// It was never started here.
    Missing,
}

/// How a fix stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixView {
    /// The job.
    pub job: JobId,
    /// Its stage.
    pub stage: pipeline::Stage,
    /// What the node that works on it is doing.
    pub execution: pipeline::Execution,
    /// The same in one line for people.
    pub line: String,
    /// How it ended, once the thread was told.
    pub ended: Option<Outcome>,
}

/// Reaches Job objects.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Jobs {
    /// Asks the object of `job`. The error says why it did not answer; the request may have
    /// taken effect.
    async fn ask_job(&self, job: &JobId, request: &Request) -> Result<Response, String>;
}
