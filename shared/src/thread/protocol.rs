//! What is asked of a Thread object and what it answers: one POST of JSON each way.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LinkedIssue;
use crate::command::{Command, Verb};
use crate::id::{JobId, MessageId, UserId};
use crate::job::Job;
use crate::reference::References;
use crate::report::{LiveMessage, ReplyTo};
use crate::shorten::shorten;

/// A request to a Thread object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// A delivery wants to act on a job.
    Begin {
        /// The job.
        arrival: Box<Arrival>,
    },
    /// The job's live message exists now.
    Shown {
        /// The job.
        job: JobId,
        /// Its message.
        live: LiveMessage,
    },
    /// The job found or made the issue of this conversation.
    Bind {
        /// Who says so.
        turn: TurnHeld,
        /// The issue.
        issue: LinkedIssue,
        /// Whether it takes the place of another one: because somebody named it, or because the
        /// other one is gone. One that was merely found or made does not.
        replaces: bool,
    },
    /// The job learned something worth remembering.
    Remember {
        /// A repository, `owner/name`.
        repository: Option<String>,
        /// A context packet.
        packet: Option<String>,
    },
    /// The delivery failed and comes again: keep the job's place in line.
    Pause {
        /// Who says so.
        turn: TurnHeld,
        /// When it comes again.
        #[serde(with = "crate::millis")]
        retry_in: Duration,
        /// What went wrong, for people.
        because: String,
    },
    /// The delivery is about to ask the Job object to take the job over. From now on only that
    /// object knows whether it has.
    Starting {
        /// Who says so.
        turn: TurnHeld,
        /// The repository that the job is about, `owner/name`.
        repository: String,
    },
    /// The Job object has the job, whoever noticed: it ends it.
    HandOver {
        /// The job.
        job: JobId,
    },
    /// The job's terminal message is out.
    End {
        /// The job.
        job: JobId,
        /// How it ended.
        outcome: Outcome,
    },
    /// Somebody wants to stop what is open here.
    Cancel {
        /// Who.
        by: UserId,
        /// The job of the cancel command itself, which is not to be stopped.
        except: JobId,
        /// The one job that is meant; without it all are.
        #[serde(default)]
        only: Option<JobId>,
        /// Whether they may stop what others asked for.
        #[serde(default)]
        others: bool,
    },
    /// An operator is about to replay this job, which ended on the dead-letter queue.
    Reopen {
        /// The job.
        job: JobId,
    },
    /// What is going on here?
    Look,
    /// Is this job all right? Asked by the sweep and the dead-letter consumer.
    Inspect {
        /// The job.
        job: JobId,
    },
}

/// A job as it arrives at its conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Who asked, and where the answer goes.
    pub reply: ReplyTo,
    /// What is asked.
    pub task: Task,
}

/// What is asked, whoever asks: enough to ask it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The command.
    pub command: Command,
    /// The message that it is about.
    pub message_id: MessageId,
    /// That message's text.
    pub message_content: String,
    /// Who wrote it, where the gateway has seen it.
    pub message_author: Option<String>,
    /// When it was written.
    pub message_timestamp: Option<Timestamp>,
    /// What the gateway had found.
    pub references: References,
}

impl Arrival {
    /// What of a job its conversation has to know.
    pub fn of(job: &Job) -> Self {
        Self {
            reply: ReplyTo::of(job),
            task: Task::of(job),
        }
    }

    /// The job.
    pub fn job(&self) -> &JobId {
        &self.reply.job
    }
}

impl Task {
    fn of(job: &Job) -> Self {
        Self {
            command: job.command.clone(),
            message_id: job.discord_context.message_id.clone(),
            message_content: job.discord_context.message_content.clone(),
            message_author: job.discord_context.message_author.clone(),
            message_timestamp: job.discord_context.message_timestamp,
            references: job.extracted_refs.clone(),
        }
    }

    /// `job` with this to do in the place of its own.
    #[must_use]
    pub fn given_to(self, mut job: Job) -> Job {
        let context = &mut job.discord_context;
        context.message_id = self.message_id;
        context.message_content = self.message_content;
        context.message_author = self.message_author;
        context.message_timestamp = self.message_timestamp;
        job.command = self.command;
        job.extracted_refs = self.references;
        job
    }
}

/// Proof of holding the turn: shown with every request that only its holder may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnHeld {
    /// The job that acts.
    pub job: JobId,
    /// Which turn of the conversation this is; an older one is lost. 0 for commands that take
    /// no turn.
    pub number: u64,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "text", rename_all = "camelCase")]
pub enum Outcome {
    /// As asked; the text is one line for the status.
    Succeeded(String),
    /// The user's mistake.
    Rejected(String),
    /// It was tried and did not work.
    Failed(String),
    /// Somebody stopped it.
    Cancelled(String),
    /// It lies on the dead-letter queue.
    Parked(String),
}

impl Outcome {
    /// Whether `/bugbot retry` picks it up.
    pub fn can_be_retried(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Cancelled(_) | Self::Parked(_))
    }

    /// The same with a line of at most `max` characters.
    #[must_use]
    pub fn shortened(mut self, max: usize) -> Self {
        let (Self::Succeeded(text)
        | Self::Rejected(text)
        | Self::Failed(text)
        | Self::Cancelled(text)
        | Self::Parked(text)) = &mut self;
        *text = shorten(text, max);
        self
    }

    /// Its name, for the log: how it ended, without a word of why.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "succeeded",
            Self::Rejected(_) => "rejected",
            Self::Failed(_) => "failed",
            Self::Cancelled(_) => "cancelled",
            Self::Parked(_) => "parked",
        }
    }

    /// The line that it carries.
    pub fn text(&self) -> &str {
        let (Self::Succeeded(text)
        | Self::Rejected(text)
        | Self::Failed(text)
        | Self::Cancelled(text)
        | Self::Parked(text)) = self;
        text
    }
}

/// A Thread object's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "answer",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Response {
    /// To [`Request::Begin`].
    Began(Begun),
    /// To [`Request::Bind`]: the issue of the conversation from now on.
    Bound {
        /// That issue.
        issue: LinkedIssue,
    },
    /// To [`Request::Cancel`].
    Cancelling(Cancelling),
    /// To [`Request::Starting`]: somebody stopped the job while it was being prepared.
    Stopped {
        /// Who.
        by: UserId,
    },
    /// To [`Request::HandOver`].
    HandedOver(HandedOver),
    /// To [`Request::Reopen`].
    Reopening(Reopened),
    /// To [`Request::Look`].
    Seen(Box<View>),
    /// To [`Request::Inspect`].
    Inspected(Inspection),
    /// Noted.
    Noted,
    /// The turn shown is no longer held.
    TurnLost,
}

/// What a request to cancel stops.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelling {
    /// The running fix, which the caller must tell.
    pub fix: Option<JobId>,
    /// How many jobs that wait or are being prepared will not begin.
    pub waiting: usize,
    /// How many jobs go on because somebody else asked for them.
    #[serde(default)]
    pub of_others: usize,
}

/// What becomes of a job that its object takes over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "handedOver",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum HandedOver {
    /// The object ends it.
    Open {
        /// Who stopped the job before that, which its object may not know.
        cancelled_by: Option<UserId>,
    },
    /// It has ended already: nobody waits for what the object would do.
    Ended,
}

impl HandedOver {
    /// Who stopped the job, if somebody did.
    pub fn cancelled_by(self) -> Option<UserId> {
        match self {
            Self::Open { cancelled_by } => cancelled_by,
            Self::Ended => None,
        }
    }
}

/// Whether a delivery may act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "begun",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Begun {
    /// It may.
    YourTurn {
        /// To be shown with what follows.
        turn: TurnHeld,
        /// What the conversation knows by now.
        known: Box<Known>,
    },
    /// Another job is first: come again after this long.
    Wait {
        /// In milliseconds.
        #[serde(with = "crate::millis")]
        retry_in: Duration,
    },
    /// A fix already runs here.
    FixRunning {
        /// That fix.
        job: JobId,
    },
    /// Too many commands are open here.
    Crowded,
    /// Somebody stopped it before it began.
    Cancelled {
        /// Who.
        by: UserId,
        /// Whether the Job object may have it all the same; then that object ends it.
        started: bool,
        /// Its live message, if an earlier delivery made it.
        live: Option<LiveMessage>,
    },
    /// The Job object already owns it.
    HandedOver {
        /// Who stopped it before that, which the object may not know.
        cancelled_by: Option<UserId>,
    },
    /// It is over.
    Ended,
}

/// What a conversation knows when it gives a turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// Its issue, if it has one.
    pub issue: Option<LinkedIssue>,
    /// The newest context packet.
    pub packet: Option<String>,
    /// The newest repository.
    pub repository: Option<String>,
    /// The job's live message, if an earlier delivery made it.
    pub live: Option<LiveMessage>,
    /// For a retry: what it does again, if there is anything.
    pub again: Option<Task>,
    /// Whether an earlier delivery may have given the job to its object.
    #[serde(default)]
    pub started: bool,
}

/// Whether a job may be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "reopened",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Reopened {
    /// It may: its next delivery acts on it.
    Open,
    /// It has begun again already, or never ended.
    InProgress,
    /// It ended otherwise than on the dead-letter queue.
    Over {
        /// How.
        outcome: Outcome,
    },
}

/// What is going on in a conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Its issue.
    pub issue: Option<LinkedIssue>,
    /// Repositories used here, newest first.
    pub repositories: Vec<String>,
    /// The fix that a Job object works on.
    pub running_fix: Option<JobId>,
    /// Commands that have begun or wait, by name, oldest first, without the running fix.
    pub open: Vec<(JobId, String)>,
    /// How the newest finished `contextualize` or `fix` ended.
    pub last: Option<(String, Outcome)>,
    /// The command that a retry does again, by name.
    pub again: Option<String>,
    /// The job that a retry does again.
    #[serde(default)]
    pub again_of: Option<JobId>,
    /// Its jobs; see [`super::KnownJob`].
    #[serde(default)]
    pub jobs: Vec<super::KnownJob>,
}

/// What the sweep and the dead-letter consumer learn about a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "inspection",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Inspection {
    /// Never heard of it, or long forgotten.
    Unknown,
    /// Its terminal message is out.
    Ended,
    /// It has not ended.
    Open(Box<OpenJob>),
}

/// A job that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenJob {
    /// Where its answer goes.
    pub reply: ReplyTo,
    /// Its live message.
    pub live: Option<LiveMessage>,
    /// Its command.
    pub command: Verb,
    /// Whether the Job object owns it.
    pub handed_over: bool,
    /// Whether no delivery has been heard of for so long that none will end it.
    pub lost: bool,
    /// Why the last delivery failed, if it did.
    pub because: Option<String>,
    /// Who stopped it, which the Job object may not know.
    #[serde(default)]
    pub cancelled_by: Option<UserId>,
}
