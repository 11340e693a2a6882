//! The sweep: finds jobs that have begun and have no terminal message, and ends or resumes them.
//!
//! A job is marked in the key-value store when it begins, and unmarked when it ends. The store
//! is only an index here: what a marked job is up to is asked of its Thread object. One that its
//! thread has never heard of is marked by the dead-letter queue, and its record says the rest.

use super::handover::kept_by_its_object;
use super::{dead_letter, tell};
use crate::claiming::release_all_of_fix;
use crate::command::Verb;
use crate::consumer::mark::{OPEN_PREFIX, unmark};
use crate::consumer::{Platform, Services};
use crate::fault::Fault;
use crate::fix::Jobs;
use crate::id::{JobId, ThreadId};
use crate::ledger;
use crate::log::{Event, Said};
use crate::report;
use crate::settings::Settings;
use crate::thread::{Inspection, OpenJob, Outcome, ThreadClient};
use crate::trace::Trace;

/// Looks after every marked job once. One that fails does not keep the others from it.
pub async fn sweep<P: Platform + Jobs>(platform: &P, settings: &Settings) {
    let keys = match platform.list(OPEN_PREFIX).await {
        Ok(keys) => keys,
        Err(error) => {
            let error = Said(&error);
            platform.note(&Trace::none(), Event::SweepBlind { error });
            return;
        }
    };
    for key in keys {
        let job = JobId::new(key.trim_start_matches(OPEN_PREFIX));
        // `None`: it was unmarked meanwhile.
        let Ok(Some(thread)) = platform.get(&key).await else {
            continue;
        };
        let thread = ThreadId::new(thread);
        let trace = Trace::of_job(&job).in_thread(&thread);
        if let Err(fault) = look_after(platform, settings, &job, thread).await {
            let error = Said(&fault);
            platform.note(&trace, Event::SweepFailed { error });
        }
    }
}

async fn look_after<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    job: &JobId,
    thread: ThreadId,
) -> Result<(), Fault> {
    let id = thread.clone();
    let thread = ThreadClient::new(platform, thread);
    match thread.inspect(job).await? {
        Inspection::Ended => unmark(platform, job).await,
        Inspection::Unknown => {
            if dead_letter::tell_late(platform, settings, job, &id).await? {
                unmark(platform, job).await;
            }
        }
        Inspection::Open(open) if open.handed_over || open.lost => {
            // Asking makes the object: not for commands that never have one.
            let may_be_kept = open.handed_over || takes_an_object(open.command);
            if !may_be_kept || !kept_by_its_object(platform, &thread, job).await? {
                end_lost(platform, settings, job, &thread, &open).await?;
            }
        }
        Inspection::Open(_) => {}
    }
    Ok(())
}

/// Whether jobs of this command can be a Job object's.
pub(super) fn takes_an_object(command: Verb) -> bool {
    matches!(command, Verb::Fix | Verb::Retry | Verb::Continue)
}

async fn end_lost<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    job: &JobId,
    thread: &ThreadClient<'_, P>,
    open: &OpenJob,
) -> Result<(), Fault> {
    platform.note(&open.reply.trace(), Event::JobLost {});
    // Nobody knows any more what it had claimed. Repeatable: what is free stays so.
    release_all_of_fix(platform, job)
        .await
        .map_err(Fault::Platform)?;
    let services = Services::new(platform, settings).map_err(|bad| Fault::Bug(bad.to_string()))?;
    let again = report::buttons::retry_of(open.command, job);
    let message = report::lost(open.command.name()).with_buttons(again);
    let (discord, live) = (&services.discord, open.live.as_ref());
    tell::tell(platform, discord, &open.reply, live, &message).await?;
    if takes_an_object(open.command) {
        ledger::withdraw(platform, &open.reply).await;
    }
    thread
        .end(job, Outcome::Failed("it was lost".to_owned()))
        .await?;
    let event = Event::JobEnded { outcome: "failed" };
    platform.note(&open.reply.trace(), event);
    unmark(platform, job).await;
    Ok(())
}
