//! Performs the effects of a fix. Each may be performed twice: its comment says what it adopts.
//! Those with more to say are in [`run`], [`search`] and [`publish`].

use super::services::{Failed, FixServices, Sandbox, log, of};
use super::{
    Effect, Event, Fix, after, audit, crash_report, hub, publish, repository, run, search,
};
use crate::consumer::{Platform, Services, mark};
use crate::errand::Errand;
use crate::fault::{Fault, MAX_BACKOFF, backoff};
use crate::github::NewPullRequest;
use crate::http::Unreachable;
use crate::ledger;
use crate::linear::{NewComment, key};
use crate::log::{self as logged, Said};
use crate::report;
use crate::service::{Service, ServiceError};
use crate::thread::{HandedOver, Outcome, ThreadClient};

/// Performs one effect and says what came of it.
pub(super) async fn perform<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    effect: Effect,
) -> Event {
    match attempt(on, fix, effect.clone()).await {
        Ok(event) => event,
        Err(Failed(service, error)) => {
            let now = on.platform.now();
            let asked = error.held_back();
            let failed = match &effect {
                Effect::After(_) => fix.after.failures(),
                _ => fix.retry.failed,
            };
            let wait = asked.unwrap_or_else(|| backoff(failed + 1, on.platform.roll()));
            if matches!(effect, Effect::ShowProgress { .. }) {
                // Discord bans whoever asks for what it refuses again and again.
                let wait = if error.is_transient() {
                    wait
                } else {
                    MAX_BACKOFF
                };
                return Event::NotShown {
                    not_before: now + wait,
                };
            }
            let not_before = now + wait;
            if matches!(effect, Effect::Record { .. }) {
                log(on, fix, service, &error);
                return Event::NotRecorded { not_before };
            }
            if matches!(effect, Effect::Report) && !error.is_transient() {
                let error = Said(&error);
                let event = logged::Event::ThreadNotTold { error };
                on.platform.note(&fix.order.reply.trace(), event);
            } else if asked.is_none() {
                // Held back is not failed: that was logged when the service was found so.
                log(on, fix, service, &error);
            }
            // The failure that made us leave the service alone: from now on the fix waits.
            let rest = on
                .platform
                .with_memory(|memory| memory.rest_of(service, now));
            let (error, not_before) = match rest {
                Some(retry_after) if error.is_transient() => {
                    let resting = Unreachable::Resting { retry_after };
                    (resting.into(), now + retry_after)
                }
                _ => (error, not_before),
            };
            Event::Failed {
                effect: Box::new(effect),
                service,
                error,
                not_before,
            }
        }
    }
}

async fn attempt<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    effect: Effect,
) -> Result<Event, Failed> {
    let order = &fix.order;
    let Services {
        discord, linear, ..
    } = &on.services;
    let now = on.platform.now();
    match effect {
        // The one message of the job.
        Effect::ShowProgress { message } => {
            let live = report::show(discord, &order.reply, fix.live(), &message, now)
                .await
                .map_err(of(Service::Discord))?;
            let text = message.fingerprint();
            Ok(Event::Shown { live, text })
        }
        // The same word again.
        Effect::TakeOver => take_over(on, fix).await,
        Effect::ResolveBase => publish::resolve_base(on, fix).await,
        Effect::ReadPolicy { base } => repository::read_policy(on, fix, base).await,
        Effect::AskReview { pull_request } => repository::ask_review(on, fix, &pull_request).await,
        Effect::Record { records } => audit::record(on, fix, records).await,
        Effect::SearchCode => Ok(search::search_code(on, fix).await),
        Effect::StartRun {
            run,
            brief,
            checkpoint,
        } => run::start(on, fix, run, *brief, checkpoint.map(|saved| *saved)).await,
        Effect::LookAtRun { run } => run::look_at(on, fix, &run).await,
        Effect::SteerRun { run, steer } => run::steer(on, fix, &run, &steer).await,
        Effect::CheckpointRun { run } => run::checkpoint(on, fix, &run).await,
        Effect::SaveRun { run } => run::save(on, fix, &run).await,
        Effect::CollectRun { run } => run::collect(on, fix, &run).await,
        Effect::KeepReport { run, form } => crash_report::keep(on, fix, &run, form).await,
        Effect::KeepWork { run, work } => crash_report::keep_work(on, fix, &run, &work).await,
        Effect::StopRun { run } => run::stop(on, fix, &run).await,
        Effect::CreateBranch { branch, base } => {
            publish::create_branch(on, fix, &branch, &base).await
        }
        Effect::Commit {
            branch,
            expected,
            changes,
            headline,
            body,
        } => {
            let message = publish::CommitMessage { headline, body };
            publish::commit(on, fix, &branch, &expected, &changes, &message).await
        }
        Effect::OpenPullRequest {
            branch,
            base,
            title,
            body,
        } => {
            let new = NewPullRequest {
                title,
                body,
                head: branch,
                base,
                draft: false,
            };
            publish::open_pull_request(on, fix, &new).await
        }
        // Linear keeps one attachment for one address.
        Effect::LinkIssue { pull_request } => {
            let title = format!("Pull request #{}", pull_request.number);
            linear
                .link_url(&order.issue.uuid, &pull_request.url, &title)
                .await
                .map_err(of(Service::Linear))?;
            Ok(Event::IssueLinked)
        }
        // The comment's id is derived from the job.
        Effect::CommentIssue { body } => {
            let comment = NewComment {
                id: key::comment_of(&order.job, "pull-request"),
                issue: order.issue.uuid.clone(),
                body,
            };
            linear
                .create_comment(&comment)
                .await
                .map_err(of(Service::Linear))?;
            Ok(Event::IssueCommented)
        }
        // The one message of the job.
        Effect::Report => {
            let message = report::fix_terminal(fix, on.settings.finish.deploy_hook.is_some());
            let live = report::show_outcome(discord, &order.reply, fix.live(), &message, now)
                .await
                .map_err(of(Service::Discord))?;
            Ok(Event::Reported { live })
        }
        Effect::After(todo) => {
            let done = after::perform(on, fix, *todo).await?;
            Ok(Event::After(Box::new(done)))
        }
        // The first end stands.
        Effect::TellThread { outcome } => tell_thread(on, fix, outcome).await,
    }
}

async fn take_over<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
) -> Result<Event, Failed> {
    let thread = ThreadClient::new(on.platform, fix.order.thread.clone());
    match thread.hand_over(&fix.order.job).await {
        Ok(HandedOver::Open { cancelled_by }) => {
            hub::keep(on, fix).await?;
            Ok(Event::TakenOver { cancelled_by })
        }
        Ok(HandedOver::Ended) => {
            hub::settle(on, fix).await?;
            Ok(Event::NotWanted)
        }
        Err(fault) => Err(no_answer(&fault)),
    }
}

async fn tell_thread<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    outcome: Outcome,
) -> Result<Event, Failed> {
    // First the fix that this is a round of: the word to the thread is the last.
    if let Some((of, end)) = fix.round_end() {
        after::send(on, &Errand::round_ended(of, end)).await?;
    }
    hub::settle(on, fix).await?;
    let thread = ThreadClient::new(on.platform, fix.order.thread.clone());
    let name = outcome.name();
    match thread.end(&fix.order.job, outcome).await {
        Ok(()) => {
            let event = logged::Event::JobEnded { outcome: name };
            on.platform.note(&fix.order.reply.trace(), event);
            mark::unmark(on.platform, &fix.order.job).await;
            ledger::close(on.platform, &fix.order.reply).await;
            Ok(Event::ThreadTold)
        }
        Err(fault) => Err(no_answer(&fault)),
    }
}

/// Our own object: its weather passes.
fn no_answer(fault: &Fault) -> Failed {
    let error = ServiceError::Unexpected {
        status: 503,
        detail: fault.to_string(),
    };
    Failed(Service::ThreadObject, error)
}
