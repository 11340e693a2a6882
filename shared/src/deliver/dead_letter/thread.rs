//! What the thread of a dead job reads.
//!
//! Invariant: who was on the way to the thread when the last queue gave up is found by the sweep,
//! so that no accepted job ends in silence.

use super::TRIED_OUT;
use super::record::{DEAD_PREFIX, DeadRecord};
use crate::claiming::release_all_of_fix;
use crate::consumer::{Platform, Services, mark};
use crate::deliver::handover::{kept_by_its_object, pass_on};
use crate::deliver::{sweep, tell};
use crate::fault::Fault;
use crate::fix::Jobs;
use crate::id::{JobId, ThreadId};
use crate::job::{DecodeFault, Job, Salvage};
use crate::ledger;
use crate::log::Event;
use crate::report::{self, ReplyTo};
use crate::settings::Settings;
use crate::thread::{Inspection, LOST_AFTER, Outcome, ThreadClient};
use crate::trace::Trace;

/// A dead job whose thread is to be told.
pub(super) struct Dead<'a> {
    pub(super) key: &'a str,
    /// Why, where a delivery has said so.
    pub(super) reason: Option<&'a str>,
    /// Whether its interaction's token is gone: the answer is found by the interaction.
    pub(super) is_late: bool,
}

/// Tells the thread, and records the end there. Repeatable: a job that has ended is not told again.
pub(super) async fn tell_thread<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    decoded: Result<Job, DecodeFault>,
    dead: &Dead<'_>,
    trace: &Trace,
) -> Result<(), String> {
    let services = Services::new(platform, settings).map_err(|bad| bad.to_string())?;
    let job = match decoded {
        Ok(job) => job,
        Err(fault) => {
            tell_salvaged(&services, &fault.salvage(), dead.key).await?;
            if let Some(job) = &trace.job {
                mark::unmark(platform, job).await;
            }
            return Ok(());
        }
    };
    let reply = ReplyTo::of(&job);
    let thread = ThreadClient::new(platform, job.thread());
    let inspection = thread
        .inspect(&reply.job)
        .await
        .map_err(|fault| fault.to_string())?;
    let (live, because) = match inspection {
        Inspection::Ended => return Ok(()),
        // The last delivery did not hear that it had succeeded: the Job object ends it.
        Inspection::Open(open) if open.handed_over => {
            return pass_on(platform, &reply.job, open.cancelled_by)
                .await
                .map_err(|fault| fault.to_string());
        }
        Inspection::Unknown if dead.is_late => {
            let found = report::answer_to(&services.discord, &reply).await;
            (found.map_err(|error| error.to_string())?, None)
        }
        Inspection::Unknown => (None, None),
        Inspection::Open(open) => {
            if sweep::takes_an_object(open.command)
                && kept_by_its_object(platform, &thread, &reply.job)
                    .await
                    .map_err(|fault| fault.to_string())?
            {
                return Ok(());
            }
            (open.live, open.because)
        }
    };
    // It may have claimed its issue before it failed. Repeatable: what is free stays so.
    if sweep::takes_an_object(job.command.verb()) {
        release_all_of_fix(platform, &reply.job).await?;
    }
    let because = dead.reason.map(str::to_owned).or(because);
    let because = because
        .as_deref()
        .unwrap_or("It was tried several times without success.");
    let again = report::buttons::retry_of(job.command.verb(), &reply.job);
    let message = report::parked(job.command.name(), because).with_buttons(again);
    tell::tell(platform, &services.discord, &reply, live.as_ref(), &message)
        .await
        .map_err(|fault| fault.to_string())?;
    if sweep::takes_an_object(job.command.verb()) {
        // No object has it, so nothing runs: others may begin.
        ledger::withdraw(platform, &reply).await;
    }
    thread
        .end(&reply.job, Outcome::Parked(because.to_owned()))
        .await
        .map_err(|fault| fault.to_string())?;
    platform.note(trace, Event::JobEnded { outcome: "parked" });
    mark::unmark(platform, &reply.job).await;
    Ok(())
}

/// Tells the thread of a job that the dead-letter queue has given up too, while its thread knew
/// nothing of it. Whether that is done: the queue may still be at it.
pub(in crate::deliver) async fn tell_late<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    job: &JobId,
    thread: &ThreadId,
) -> Result<bool, Fault> {
    let key = format!("{DEAD_PREFIX}{job}");
    let found = DeadRecord::load(platform, &key).await;
    let Some(Ok(record)) = found.map_err(|error| Fault::Platform(error.to_string()))? else {
        return Ok(true);
    };
    if record.replayed.is_some() {
        return Ok(true);
    }
    // Each try of the queue records it anew.
    if platform.now() < record.buried_at + LOST_AFTER {
        return Ok(false);
    }
    let reason = Some(record.reason.as_str()).filter(|reason| *reason != TRIED_OUT);
    let dead = Dead {
        key: &key,
        reason,
        is_late: true,
    };
    let trace = Trace::of_job(job).in_thread(thread);
    let told = tell_thread(platform, settings, record.job(), &dead, &trace).await;
    told.map(|()| true).map_err(Fault::Platform)
}

/// A broken job has no token, but it may still say where it was given. The nonce makes a repeat
/// within minutes the same message; the job itself is unknown to its thread.
async fn tell_salvaged<P: Platform>(
    services: &Services<'_, P>,
    salvage: &Salvage,
    key: &str,
) -> Result<(), String> {
    let Some(conversation) = &salvage.conversation else {
        return Ok(());
    };
    let command = salvage.command.as_deref().unwrap_or("command");
    let message = report::unreadable(command);
    let told = services
        .discord
        .create_message(conversation, &message.with_nonce(key))
        .await;
    match told {
        Err(error) if error.is_transient() => Err(error.to_string()),
        // Nobody can be told there: it is on record.
        Ok(_) | Err(_) => Ok(()),
    }
}
