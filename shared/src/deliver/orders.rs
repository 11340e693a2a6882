//! Orders about a fix that a Job object has: approve, reject, steer, continue, deploy. The Job
//! object decides; here is only who is meant.
//!
//! Repeatable: the Job object knows a repeat by who gives the order, or by the command's id.

use super::commands::answered;
use super::{Delivery, Done};
use crate::command::{Command, Options, Verb};
use crate::consumer::Platform;
use crate::fault::Fault;
use crate::fix::{Jobs, Request, Response};
use crate::id::JobId;
use crate::job::Job;
use crate::report;
use crate::thread::{KnownJob, View};

impl<P: Platform + Jobs> Delivery<'_, P> {
    /// Carries the order of `job` to the fix that it is about.
    pub(super) async fn order(&self, job: &Job) -> Result<Done, Fault> {
        let request = request(job)?;
        let fix = self.meant_by(job).await?;
        let asked = self.platform.ask_job(&fix, &request).await;
        match asked.map_err(Fault::Platform)? {
            Response::Done { said } => Ok(answered(report::ordered(&said), &said)),
            Response::Refused { why } => Err(Fault::Rejected(why)),
            Response::Missing => Err(Fault::Rejected(report::no_fix_here())),
            other => Err(Fault::Bug(format!(
                "the job object answered {other:?} to {}",
                job.command.name()
            ))),
        }
    }
}

impl<P: Platform> Delivery<'_, P> {
    /// The fix that an order is about.
    pub(super) async fn meant_by(&self, job: &Job) -> Result<JobId, Fault> {
        let view = self.thread.look().await?;
        target(&view, job.command.verb(), job.command.options())
    }
}

/// What the Job object is asked.
pub(super) fn request(job: &Job) -> Result<Request, Fault> {
    let by = job.discord_context.user_id.clone();
    let id = job.id();
    Ok(match &job.command {
        Command::Approve(_) => Request::Approve { by },
        Command::Reject(_) => Request::Reject { by },
        Command::Steer(options) => Request::Steer {
            by,
            id,
            text: options
                .text
                .clone()
                .ok_or_else(|| Fault::Rejected(report::steer_without_text()))?,
        },
        Command::Continue(options) => Request::Continue {
            by,
            id,
            budget_usd: options.budget_usd(),
        },
        Command::Deploy(_) => Request::Deploy { by, id },
        other => return Err(Fault::Bug(format!("{} is no order", other.name()))),
    })
}

/// The fix that an order is about: the one that is named, else the running one, else (for what
/// can be ordered of a fix that has ended) the newest.
fn target(view: &View, verb: Verb, options: &Options) -> Result<JobId, Fault> {
    let needs_running = matches!(verb, Verb::Approve | Verb::Reject | Verb::Steer);
    let known = match options.job_id() {
        Some(named) => named_job(view, &named)?,
        None => view
            .newest_fix()
            .ok_or_else(|| Fault::Rejected(report::no_fix_here()))?,
    };
    if needs_running && known.standing.is_ended() {
        return Err(Fault::Rejected(if options.job.is_some() {
            report::has_ended(known)
        } else {
            report::no_fix_runs(verb)
        }));
    }
    if !known.is_fix {
        return Err(Fault::Rejected(match known.command {
            Verb::Fix | Verb::Retry if !known.standing.is_ended() => report::just_being_prepared(),
            _ => report::not_a_fix(known),
        }));
    }
    Ok(known.job.clone())
}

/// The job that somebody points at, which has to be one of this conversation.
pub(super) fn named_job<'a>(view: &'a View, job: &JobId) -> Result<&'a KnownJob, Fault> {
    view.job(job)
        .ok_or_else(|| Fault::Rejected(report::unknown_job()))
}
