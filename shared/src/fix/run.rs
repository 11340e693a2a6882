//! Effects on a run in the sandbox.

use std::time::Duration;

use super::services::{Failed, FixServices, Sandbox, of};
use super::{Brief, Event, Fix, SearchNote};
use crate::consumer::Platform;
use crate::executor::{
    Checkpoint, CloneSource, CodeSearch, ExecutorClient, ModelAccess, Prompt, RunRequest, Steer,
};
use crate::id::RunId;
use crate::ledger;
use crate::model::Claim;
use crate::money::Money;
use crate::service::{Service, ServiceError};

/// How a run stands. Reads only.
pub(super) async fn look_at<P, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
) -> Result<Event, Failed> {
    match executor(on, fix).status(run).await {
        Ok(status) => Ok(Event::RunSeen(status)),
        Err(ServiceError::NotFound) => Ok(Event::RunLost),
        // A sandbox that cannot be reached or breaks down is no error here: its lease decides.
        Err(error) if error.is_transient() => Ok(Event::RunSilent),
        Err(error) => Err(Failed(Service::Executor, error)),
    }
}

/// Tells a run's agent something. The executor knows it by its id: a repeat finds it told.
pub(super) async fn steer<P, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
    steer: &Steer,
) -> Result<Event, Failed> {
    match executor(on, fix).steer(run, steer).await {
        Ok(status) => Ok(Event::RunSeen(status)),
        Err(ServiceError::Refused(_)) => Ok(Event::SteerRefused {
            id: steer.id.clone(),
        }),
        Err(ServiceError::NotFound) => Ok(Event::RunLost),
        Err(error) if error.is_transient() => Ok(Event::RunSilent),
        Err(error) => Err(Failed(Service::Executor, error)),
    }
}

/// The work so far of a run that goes on. Reads only. Whatever is wrong with it, the run is not:
/// its work is saved the next time.
pub(super) async fn checkpoint<P, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
) -> Result<Event, Failed> {
    Ok(match executor(on, fix).checkpoint(run).await {
        Ok(checkpoint) => Event::RunCheckpointed(Some(Box::new(checkpoint))),
        Err(ServiceError::NotFound) => Event::RunLost,
        Err(error) if error.is_transient() => Event::RunSilent,
        Err(_) => Event::RunCheckpointed(None),
    })
}

/// The work of an interrupted run. Reads only.
pub(super) async fn save<P, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
) -> Result<Event, Failed> {
    match executor(on, fix).checkpoint(run).await {
        Ok(checkpoint) => Ok(Event::RunSaved(Some(Box::new(checkpoint)))),
        // Nothing to save, or nobody to save it: the next run begins anew.
        Err(ServiceError::Refused(_) | ServiceError::NotFound) => Ok(Event::RunSaved(None)),
        Err(error) => Err(Failed(Service::Executor, error)),
    }
}

/// The result of a run. Reads only: the executor keeps it until it is swept.
pub(super) async fn collect<P, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
) -> Result<Event, Failed> {
    match executor(on, fix).result(run).await {
        Ok(Some(result)) => Ok(Event::RunCollected(Box::new(result))),
        // It said that it had ended; it will have.
        Ok(None) => Err(Failed(
            Service::Executor,
            ServiceError::Unexpected {
                status: 503,
                detail: "the result is not there yet".into(),
            },
        )),
        Err(ServiceError::NotFound) => Ok(Event::RunLost),
        Err(error) => Err(Failed(Service::Executor, error)),
    }
}

/// Stops a run. One that is not there is stopped.
pub(super) async fn stop<P, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
) -> Result<Event, Failed> {
    stop_runs_before(on, fix, run).await;
    match executor(on, fix).cancel(run).await {
        Ok(_) | Err(ServiceError::NotFound) => Ok(Event::RunStopped),
        Err(error) => Err(Failed(Service::Executor, error)),
    }
}

/// How much longer than the run its token for the model lives.
const TOKEN_OUTLIVES_RUN: Duration = Duration::from_mins(5);

/// Starts a run. The executor knows it by its id: a repeat finds it started.
pub(super) async fn start<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: RunId,
    brief: Brief,
    checkpoint: Option<Checkpoint>,
) -> Result<Event, Failed> {
    let order = &fix.order;
    stop_runs_before(on, fix, &run).await;
    on.sandbox.ensure_started().await.map_err(|reason| {
        Failed(
            Service::Executor,
            ServiceError::Unexpected {
                status: 503,
                detail: reason,
            },
        )
    })?;
    let cap = Money::from_usd(order.limits.max_budget_usd);
    // Repeatable: an account that is there stays as it is.
    ledger::open(on.platform, &order.reply, cap)
        .await
        .map_err(|fault| {
            // Our own object: its weather passes.
            let error = ServiceError::Unexpected {
                status: 503,
                detail: fault.to_string(),
            };
            Failed(Service::Ledger, error)
        })?;
    let token = on
        .services
        .github
        .clone_token(&order.repository)
        .await
        .map_err(of(Service::GitHub))?;
    let web = on.settings.github.web_url.trim_end_matches('/');
    let request = RunRequest {
        run_id: run,
        source: CloneSource {
            url: format!("{web}/{}.git", order.repository),
            branch: brief.base.branch,
            base_commit: brief.base.commit,
            token: Some(token),
        },
        prompt: Prompt {
            issue: Some(order.issue.key.clone()),
            title: order.issue.title.clone(),
            description: order.description.clone(),
            report: order.report.clone(),
            context: order.packet.clone().unwrap_or_default(),
            likely_files: brief.likely,
            follow_up: order.round.as_ref().map(super::Round::follow_up),
            allowed_folders: fix.policy(on.policy()).allowed_folders(),
        },
        limits: order.limits,
        model: model_access(on, fix),
        code_search: match brief.search {
            SearchNote::GitHub => None,
            SearchNote::InClone { words, .. } => Some(CodeSearch { words }),
        },
        checkpoint,
        steers: fix.steers_for_a_run(),
        verify: fix.rules().verify_if(on.settings.allow_verify).to_vec(),
    };
    executor(on, fix)
        .start(&request)
        .await
        .map(Event::RunSeen)
        .map_err(of(Service::Executor))
}

/// What lets the run call the model: the gateway's address for this job, and a token that is
/// worth nothing anywhere else or later. It is made when it is needed and never stored.
fn model_access<P: Platform, S>(on: &FixServices<'_, P, S>, fix: &Fix) -> ModelAccess {
    let runs = &on.settings.runs;
    let reply = &fix.order.reply;
    let claim = Claim::new(
        reply.job.clone(),
        reply.guild.clone(),
        reply.user.clone(),
        fix.order.limits.wall_clock + TOKEN_OUTLIVES_RUN,
        on.platform.now(),
    );
    ModelAccess {
        base_url: format!("{}/model/{}", runs.gateway_url, reply.job),
        api_key: runs.model_tokens.token(&claim),
        name: runs.model.clone(),
    }
}

/// The runs before this one were given up because nothing was heard of them. One that is alive
/// behind a line that was broken costs money and takes up room. One that cannot be reached ends by
/// its own limits.
async fn stop_runs_before<P, S: Sandbox>(on: &FixServices<'_, P, S>, fix: &Fix, run: &RunId) {
    for before in fix.runs_before(run) {
        let _ = executor(on, fix).cancel(&before).await;
    }
}

pub(super) fn executor<'a, P, S: Sandbox>(
    on: &'a FixServices<'_, P, S>,
    fix: &Fix,
) -> ExecutorClient<'a, S> {
    let token = on.settings.runs.executor_token.as_ref();
    ExecutorClient::new(on.sandbox, on.sandbox.base(), token)
        .redacting(on.settings.redaction)
        .traced(fix.order.reply.trace())
}
