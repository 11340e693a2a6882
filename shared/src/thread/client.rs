//! Calls to a Thread object, with the answer that each request has.

use std::time::Duration;

use super::{
    Arrival, Begun, Cancelling, HandedOver, Inspection, LinkedIssue, Outcome, Reopened, Request,
    Response, TurnHeld, View,
};
use crate::fault::Fault;
use crate::id::{JobId, ThreadId, UserId};
use crate::report::LiveMessage;

/// Reaches Thread objects.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Threads {
    /// Asks the object of `thread`. The error says why it did not answer; the request may have
    /// taken effect.
    async fn ask_thread(&self, thread: &ThreadId, request: &Request) -> Result<Response, String>;
}

/// One Thread object.
#[derive(Debug)]
pub struct ThreadClient<'a, T> {
    threads: &'a T,
    thread: ThreadId,
}

impl<'a, T: Threads> ThreadClient<'a, T> {
    /// The object of `thread`.
    pub fn new(threads: &'a T, thread: ThreadId) -> Self {
        Self { threads, thread }
    }

    /// See [`Request::Begin`].
    pub async fn begin(&self, arrival: Arrival) -> Result<Begun, Fault> {
        match self
            .ask(Request::Begin {
                arrival: Box::new(arrival),
            })
            .await?
        {
            Response::Began(begun) => Ok(begun),
            other => Err(unexpected(&other)),
        }
    }

    /// See [`Request::Shown`].
    pub async fn shown(&self, job: &JobId, live: &LiveMessage) -> Result<(), Fault> {
        self.note(Request::Shown {
            job: job.clone(),
            live: live.clone(),
        })
        .await
    }

    /// See [`Request::Bind`].
    pub async fn bind(
        &self,
        turn: &TurnHeld,
        issue: LinkedIssue,
        replaces: bool,
    ) -> Result<LinkedIssue, Fault> {
        match self
            .ask(Request::Bind {
                turn: turn.clone(),
                issue,
                replaces,
            })
            .await?
        {
            Response::Bound { issue } => Ok(issue),
            other => Err(unexpected(&other)),
        }
    }

    /// See [`Request::Remember`].
    pub async fn remember(
        &self,
        repository: Option<String>,
        packet: Option<String>,
    ) -> Result<(), Fault> {
        self.note(Request::Remember { repository, packet }).await
    }

    /// See [`Request::Pause`].
    pub async fn pause(
        &self,
        turn: &TurnHeld,
        retry_in: Duration,
        because: String,
    ) -> Result<(), Fault> {
        self.note(Request::Pause {
            turn: turn.clone(),
            retry_in,
            because,
        })
        .await
    }

    /// See [`Request::Starting`]: who stopped the job, if somebody did.
    pub async fn starting(
        &self,
        turn: &TurnHeld,
        repository: String,
    ) -> Result<Option<UserId>, Fault> {
        let turn = turn.clone();
        match self.ask(Request::Starting { turn, repository }).await? {
            Response::Noted => Ok(None),
            Response::Stopped { by } => Ok(Some(by)),
            other => Err(unexpected(&other)),
        }
    }

    /// See [`Request::HandOver`].
    pub async fn hand_over(&self, job: &JobId) -> Result<HandedOver, Fault> {
        match self.ask(Request::HandOver { job: job.clone() }).await? {
            Response::HandedOver(handed_over) => Ok(handed_over),
            other => Err(unexpected(&other)),
        }
    }

    /// See [`Request::End`].
    pub async fn end(&self, job: &JobId, outcome: Outcome) -> Result<(), Fault> {
        self.note(Request::End {
            job: job.clone(),
            outcome,
        })
        .await
    }

    /// See [`Request::Cancel`].
    pub async fn cancel(
        &self,
        by: &UserId,
        except: &JobId,
        only: Option<JobId>,
        others: bool,
    ) -> Result<Cancelling, Fault> {
        match self
            .ask(Request::Cancel {
                by: by.clone(),
                except: except.clone(),
                only,
                others,
            })
            .await?
        {
            Response::Cancelling(cancelling) => Ok(cancelling),
            other => Err(unexpected(&other)),
        }
    }

    /// See [`Request::Reopen`].
    pub async fn reopen(&self, job: &JobId) -> Result<Reopened, Fault> {
        match self.ask(Request::Reopen { job: job.clone() }).await? {
            Response::Reopening(reopened) => Ok(reopened),
            other => Err(unexpected(&other)),
        }
    }

    /// See [`Request::Look`].
    pub async fn look(&self) -> Result<View, Fault> {
        match self.ask(Request::Look).await? {
            Response::Seen(view) => Ok(*view),
            other => Err(unexpected(&other)),
        }
    }

    /// See [`Request::Inspect`].
    pub async fn inspect(&self, job: &JobId) -> Result<Inspection, Fault> {
        match self.ask(Request::Inspect { job: job.clone() }).await? {
            Response::Inspected(inspection) => Ok(inspection),
            other => Err(unexpected(&other)),
        }
    }

    async fn note(&self, request: Request) -> Result<(), Fault> {
        match self.ask(request).await? {
            Response::Noted => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask(&self, request: Request) -> Result<Response, Fault> {
        let answer = self.threads.ask_thread(&self.thread, &request).await;
        match answer.map_err(|reason| Fault::Platform(format!("thread object: {reason}")))? {
            Response::TurnLost => Err(Fault::Superseded),
            response => Ok(response),
        }
    }
}

fn unexpected(response: &Response) -> Fault {
    Fault::Bug(format!(
        "the thread object gave the answer of another request: {response:?}"
    ))
}
