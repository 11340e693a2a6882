//! Whether whoever gave a command may, and the record of it.
//!
//! A command that changes something is not acted on before the log holds that it may be: a log that
//! does not answer is the platform's weather, and the delivery comes again. What only shows
//! something is not recorded. Stopping must always work, so it is recorded but waits for no log.

use super::Delivery;
use crate::audit::{Fact, LogName, Record, Request, Response};
use crate::command::Command;
use crate::consumer::Platform;
use crate::fault::Fault;
use crate::fix::Jobs;
use crate::job::Job;
use crate::log::{Event, Said};
use crate::report;
use crate::roles::{Actor, Right};
use crate::thread::Known;

impl<P: Platform + Jobs> Delivery<'_, P> {
    /// Whether the job may be acted on. Repeatable: a record has its key.
    pub(super) async fn permit(&self, job: &Job, known: &Known) -> Result<(), Fault> {
        let Some(right) = needed(&job.command, known) else {
            return Ok(());
        };
        let actor = Actor::of(&job.discord_context);
        match self.settings.roles.decide(right, actor) {
            Ok(permit) => self.record(vec![self.allowed(job, permit.0)]).await,
            Err(denied) => {
                let record = self.refused(job, right.variable());
                self.record_if_possible(vec![record]).await;
                Err(Fault::Rejected(report::denied(denied)))
            }
        }
    }

    /// Whether whoever gave the command may stop what others asked for.
    pub(super) fn may_cancel_others(&self, job: &Job) -> bool {
        let actor = Actor::of(&job.discord_context);
        let decision = self.settings.roles.decide(Right::CancelOthers, actor);
        decision.is_ok()
    }

    /// The record of a command that is acted on.
    pub(super) fn allowed(&self, job: &Job, because: String) -> Record {
        let fact = Fact::Allowed {
            job: self.reply.job.clone(),
            by: self.reply.user.clone(),
            thread: job.thread(),
            command: job.command.name().to_owned(),
            because,
        };
        Record::of_job(&self.reply.job, "allowed", fact)
    }

    /// The record of a command that is not. `because` is a word of ours.
    pub(super) fn refused(&self, job: &Job, because: &str) -> Record {
        let fact = Fact::Refused {
            job: self.reply.job.clone(),
            by: self.reply.user.clone(),
            thread: job.thread(),
            command: job.command.name().to_owned(),
            because: because.to_owned(),
        };
        Record::of_job(&self.reply.job, "refused", fact)
    }

    /// Writes to the server's log. Without it nothing that changes anything is done.
    pub(super) async fn record(&self, records: Vec<Record>) -> Result<(), Fault> {
        let log = LogName::of(&self.reply.guild);
        let request = Request::Append { records };
        match self.platform.ask_audit(&log, &request).await {
            Ok(Response::Appended { .. }) => Ok(()),
            Ok(other) => Err(Fault::Bug(format!("the audit log answered {other:?}"))),
            Err(why) => Err(Fault::Platform(format!("the audit log: {why}"))),
        }
    }

    /// The same for what is not held up by a log that does not answer: refusing, and stopping.
    pub(super) async fn record_if_possible(&self, records: Vec<Record>) {
        if let Err(fault) = self.record(records).await {
            let error = Said(&fault);
            self.platform
                .note(&self.reply.trace(), Event::NotAudited { error });
        }
    }
}

/// The right that a command takes here: for a retry, that of what is done again.
fn needed(command: &Command, known: &Known) -> Option<Right> {
    match command {
        Command::Retry(_) => Right::of(&known.again.as_ref()?.command),
        command => Right::of(command),
    }
}
