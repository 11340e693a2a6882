//! Performs what comes after the pull request was opened. Each comment says what a repeat adopts.

use std::time::Duration;

use super::{AfterEvent, MAX_MATERIAL_CHARS, Moved, News, Todo};
use crate::consumer::Platform;
use crate::discord::message::Message;
use crate::errand::Errand;
use crate::fix::services::{Failed, FixServices, Sandbox, of};
use crate::fix::{Fix, Stage};
use crate::github::{ChecksVerdict, checks_verdict};
use crate::id::{CommitId, JobId};
use crate::linear::{State, StateKind};
use crate::ports::Queue as _;
use crate::report;
use crate::service::{Service, ServiceError};

/// Performs one thing and says what came of it.
pub(in crate::fix) async fn perform<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    todo: Todo,
) -> Result<AfterEvent, Failed> {
    let Stage::Merge(merge) = &fix.stage else {
        return Ok(AfterEvent::Done(todo));
    };
    let repository = &fix.order.repository;
    let github = &on.services.github;
    let number = merge.pull_request.number;
    match &todo {
        // Reads only.
        Todo::Look { hint } => {
            let seen = github.pull_request(repository, number).await;
            return Ok(AfterEvent::Seen {
                hint: *hint,
                seen: Box::new(seen.map_err(of(Service::GitHub))?),
            });
        }
        // Reads only.
        Todo::ReadChecks { answered } => {
            return read_checks(on, fix, number, answered.as_ref()).await;
        }
        // Reads only.
        Todo::ReadReview { ask } => {
            let seen = github.pull_request(repository, number).await;
            let seen = Box::new(seen.map_err(of(Service::GitHub))?);
            let remarks = github.remarks(repository, number, MAX_MATERIAL_CHARS).await;
            return Ok(AfterEvent::ReviewRead {
                ask: ask.clone(),
                seen,
                remarks: remarks.map_err(of(Service::GitHub))?,
            });
        }
        // A round has one id: what is told twice of it is done once.
        Todo::StartRound { round } => {
            let of = fix.order.job.clone();
            send(on, &Errand::start_round(of, round.clone())).await?;
        }
        // As above.
        Todo::StopRound { round } => {
            let of = fix.order.job.clone();
            send(
                on,
                &Errand::stop_round(of, round.clone(), fix.order.ourselves()),
            )
            .await?;
        }
        // An issue that is finished stays as it is.
        Todo::MoveIssue => return move_issue(on, fix).await.map(AfterEvent::IssueMoved),
        // One that is gone is deleted.
        Todo::DeleteBranch => {
            let deleted = github
                .delete_branch(repository, &merge.feature_branch)
                .await;
            deleted.map_err(of(Service::GitHub))?;
        }
        // Linear keeps one attachment for one address.
        Todo::LinkPreview { url } => {
            let linked = on
                .services
                .linear
                .link_url(&fix.order.issue.uuid, url, "Preview")
                .await;
            linked.map_err(of(Service::Linear))?;
        }
        // The comment carries the key out of sight.
        Todo::Answer { ask, answer } => {
            let key = format!("{}/{}", fix.order.job, ask.id);
            let body = report::review_answer(fix, ask, *answer);
            let told = github.comment_once(repository, number, &key, &body).await;
            told.map_err(of(Service::GitHub))?;
        }
        // The nonce makes a repeat within minutes the same message.
        Todo::Tell { news } => tell(on, fix, news).await?,
        // An edit of the terminal message.
        Todo::Show { .. } => show(on, fix).await?,
        Todo::Settle => {}
    }
    Ok(AfterEvent::Done(todo))
}

pub(in crate::fix) async fn send<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    errand: &Errand,
) -> Result<(), Failed> {
    let sent = on
        .platform
        .commands()
        .send(&errand.encode(), Duration::ZERO)
        .await;
    // Our own queue: its weather passes.
    sent.map_err(|refused| {
        let detail = refused.to_string();
        let error = ServiceError::Unexpected {
            status: 503,
            detail,
        };
        Failed(Service::ThreadObject, error)
    })
}

async fn read_checks<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    number: u64,
    answered: Option<&CommitId>,
) -> Result<AfterEvent, Failed> {
    let (github, repository) = (&on.services.github, &fix.order.repository);
    // The head as it is now: notices name the one that it was.
    let seen = github
        .pull_request(repository, number)
        .await
        .map_err(of(Service::GitHub))?;
    let head = &seen.head;
    let checks = github
        .checks(repository, head)
        .await
        .map_err(of(Service::GitHub))?;
    let verdict = checks_verdict(&checks);
    let fails = matches!(
        &verdict,
        ChecksVerdict::Failed { .. } | ChecksVerdict::Pending { .. }
    );
    let log = if fails && answered != Some(head) {
        github
            .failing_log(repository, &checks, MAX_MATERIAL_CHARS)
            .await
    } else {
        String::new()
    };
    Ok(AfterEvent::ChecksRead {
        seen: Box::new(seen),
        verdict,
        log,
    })
}

/// Where a finished issue goes: the operator's state, else the first that the team counts as
/// completed.
async fn move_issue<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
) -> Result<Moved, Failed> {
    let linear = &on.services.linear;
    let issue = linear
        .issue(fix.order.issue.uuid.as_str())
        .await
        .map_err(of(Service::Linear))?;
    let states = linear
        .states(&issue.team.id)
        .await
        .map_err(of(Service::Linear))?;
    let wanted = on.settings.finish.done_state.as_deref();
    let Some(state) = done_state(&states, wanted) else {
        let refused = match wanted {
            Some(name) => format!("the team {} has no state {name:?}", issue.team.key),
            None => format!("the team {} has no completed state", issue.team.key),
        };
        return Err(Failed(Service::Linear, ServiceError::Refused(refused)));
    };
    // Linear's own integration, or a person, may have been faster.
    let is_there =
        issue.state.id == state.id || wanted.is_none() && issue.state.kind == StateKind::Completed;
    if is_there {
        return Ok(Moved::To(issue.state.name));
    }
    linear
        .move_issue(&issue.id, &state.id)
        .await
        .map_err(of(Service::Linear))?;
    Ok(Moved::To(state.name.clone()))
}

fn done_state<'a>(states: &'a [State], wanted: Option<&str>) -> Option<&'a State> {
    match wanted {
        Some(name) => states
            .iter()
            .find(|state| state.name.eq_ignore_ascii_case(name)),
        None => states
            .iter()
            .find(|state| state.kind == StateKind::Completed),
    }
}

async fn tell<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    news: &News,
) -> Result<(), Failed> {
    let key = key_of(&fix.order.job, news);
    let message: Message = report::pull_request_news(fix, news).with_nonce(&key);
    let discord = &on.services.discord;
    let told = discord
        .create_message(&fix.order.reply.channel, &message)
        .await;
    told.map(drop).map_err(of(Service::Discord))
}

fn key_of(job: &JobId, news: &News) -> String {
    match news {
        News::Merged => format!("{job}/merged"),
        News::Closed => format!("{job}/closed"),
        News::Reopened { at } => format!("{job}/reopened/{at}"),
        News::ChecksFail { .. } => format!("{job}/checks"),
    }
}

/// A message that somebody deleted is not made anew: the thread has been told.
async fn show<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
) -> Result<(), Failed> {
    let Some(live) = fix.live() else {
        return Ok(());
    };
    let message = report::fix_terminal(fix, on.settings.finish.deploy_hook.is_some());
    let discord = &on.services.discord;
    match discord
        .edit_message(&live.channel, &live.message, &message)
        .await
    {
        Ok(_) | Err(ServiceError::NotFound) => Ok(()),
        Err(error) => Err(Failed(Service::Discord, error)),
    }
}
