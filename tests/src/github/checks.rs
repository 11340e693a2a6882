//! What continuous integration says of a commit: check runs, and statuses of the older kind.

use axum::Router;
use axum::extract::{Extension, Path, State as Shared};
use axum::routing::get;
use serde_json::{Value, json};

use super::Service;
use super::access::Level;
use super::gate::Caller;
use super::refusal::{Answer, Refusal, ok};
use super::state::{CheckRun, CommitStatus};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route(
            "/repos/{owner}/{repo}/commits/{revision}/check-runs",
            get(check_runs),
        )
        .route(
            "/repos/{owner}/{repo}/commits/{revision}/status",
            get(combined_status),
        )
}

async fn check_runs(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, revision)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("checks", Level::Read),
    )?;
    let sha = hosted
        .git
        .find(&revision)
        .ok_or_else(|| no_commit(&revision))?;
    let runs: Vec<_> = hosted
        .checks
        .iter()
        .filter(|c| c.sha == sha)
        .map(check_run)
        .collect();
    ok(json!({ "total_count": runs.len(), "check_runs": runs }))
}

fn check_run(run: &CheckRun) -> Value {
    json!({
        "id": run.id,
        "head_sha": run.sha,
        "name": run.name,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.at,
        "completed_at": run.conclusion.as_ref().map(|_| run.at),
    })
}

async fn combined_status(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, revision)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("statuses", Level::Read),
    )?;
    let sha = hosted
        .git
        .find(&revision)
        .ok_or_else(|| no_commit(&revision))?;
    let of_commit: Vec<_> = hosted.statuses.iter().filter(|s| s.sha == sha).collect();
    ok(json!({
        "state": combined(&of_commit),
        "sha": sha,
        "total_count": of_commit.len(),
        "statuses": of_commit.iter().map(|s| status(s)).collect::<Vec<_>>(),
    }))
}

/// Failure if any failed; pending if any is pending, or if there is none at all.
fn combined(statuses: &[&CommitStatus]) -> &'static str {
    let any = |state: &[&str]| statuses.iter().any(|s| state.contains(&s.state.as_str()));
    if any(&["failure", "error"]) {
        "failure"
    } else if statuses.is_empty() || any(&["pending"]) {
        "pending"
    } else {
        "success"
    }
}

fn status(status: &CommitStatus) -> Value {
    json!({ "id": status.id, "context": status.context, "state": status.state, "created_at": status.at })
}

fn no_commit(revision: &str) -> Refusal {
    Refusal::unprocessable(format!("No commit found for SHA: {revision}"))
}
