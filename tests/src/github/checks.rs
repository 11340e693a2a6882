//! What continuous integration says of a commit: check runs, and statuses of the older kind.

use axum::Router;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
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
            "/repos/{owner}/{repo}/check-runs/{id}/annotations",
            get(annotations),
        )
        .route("/repos/{owner}/{repo}/actions/jobs/{id}/logs", get(job_log))
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
        "output": {"title": null, "summary": null, "text": null, "annotations_count": 1},
        "app": {"slug": if run.log.is_empty() { "some-ci" } else { "github-actions" }},
        "started_at": run.at,
        "completed_at": run.conclusion.as_ref().map(|_| run.at),
    })
}

async fn annotations(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
) -> Answer {
    let mut state = fake.lock();
    let full_name = format!("{owner}/{repo}");
    let hosted = state.open(caller.grant()?, &full_name, ("checks", Level::Read))?;
    if !hosted.checks.iter().any(|check| check.id == id) {
        return Err(Refusal::not_found());
    }
    ok(json!([{
        "path": ".github", "start_line": 12, "end_line": 12, "annotation_level": "failure",
        "message": "Process completed with exit code 1.", "title": "", "raw_details": "",
    }]))
}

/// A log is not here: the answer says where, for a minute.
async fn job_log(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    headers: HeaderMap,
) -> Answer {
    let mut state = fake.lock();
    let full_name = format!("{owner}/{repo}");
    let hosted = state.open(caller.grant()?, &full_name, ("actions", Level::Read))?;
    let has_log = |check: &CheckRun| check.id == id && !check.log.is_empty();
    if !hosted.checks.iter().any(has_log) {
        return Err(Refusal::not_found());
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin = match host {
        None | Some("api.github.com") => super::ORIGIN.to_owned(),
        Some(socket) => format!("http://{socket}"),
    };
    let location = format!("{origin}/_logs/{owner}/{repo}/{id}");
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

/// Where logs are: elsewhere, and without any of GitHub's manners.
pub(super) fn storage() -> Router<Service> {
    Router::new().route("/_logs/{owner}/{repo}/{id}", get(stored_log))
}

async fn stored_log(
    Shared(fake): Shared<Service>,
    Path((owner, repo, id)): Path<(String, String, u64)>,
    headers: HeaderMap,
) -> String {
    if headers.contains_key(header::AUTHORIZATION) {
        fake.violation("a credential was sent to where logs are stored");
    }
    let state = fake.lock();
    let hosted = state
        .repositories
        .get(&format!("{owner}/{repo}").to_lowercase());
    let checks = hosted.into_iter().flat_map(|hosted| &hosted.checks);
    let log = checks
        .filter(|check| check.id == id)
        .map(|check| check.log.clone());
    log.collect()
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
