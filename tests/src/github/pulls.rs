//! Pull requests: at most one open between two branches, and none without commits.

mod write;

use axum::Router;
use axum::extract::{Extension, Path, Query, State as Shared};
use axum::routing::{get, post};
use serde::Deserialize;

use super::access::Level;
use super::gate::Caller;
use super::refusal::{Answer, Refusal, ok};
use super::state::PullRequest;
use super::{Service, render};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/repos/{owner}/{repo}/pulls", get(list).post(write::create))
        .route(
            "/repos/{owner}/{repo}/pulls/{number}",
            get(one).patch(write::update),
        )
        .route("/repos/{owner}/{repo}/pulls/{number}/files", get(files))
        .route(
            "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers",
            post(write::request_reviewers),
        )
}

#[derive(Deserialize)]
struct Filter {
    head: Option<String>,
    base: Option<String>,
    state: Option<String>,
    per_page: Option<usize>,
    page: Option<usize>,
}

async fn list(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo)): Path<(String, String)>,
    Query(filter): Query<Filter>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("pull_requests", Level::Read),
    )?;
    // Without its owner, `head` is ignored by GitHub, and the list is of all pull requests.
    let head = match filter.head.as_deref().map(|head| head.split_once(':')) {
        Some(None) => {
            fake.violation("GET pulls?head=: `head` must be `owner:branch`");
            None
        }
        Some(pair) => pair,
        None => None,
    };
    let matches = |pull: &&PullRequest| {
        let state = match filter.state.as_deref() {
            None | Some("open") => pull.is_open(),
            Some("closed") => !pull.is_open(),
            _ => true,
        };
        state
            && head.is_none_or(|(owner, name)| {
                owner.eq_ignore_ascii_case(&hosted.owner) && name == pull.head
            })
            && filter.base.as_ref().is_none_or(|base| *base == pull.base)
    };
    let size = filter.per_page.unwrap_or(30).clamp(1, 100);
    let skipped = (filter.page.unwrap_or(1).max(1) - 1) * size;
    let newest_first = hosted.pulls.values().rev().filter(matches);
    ok(newest_first
        .skip(skipped)
        .take(size)
        .map(|p| render::pull(hosted, p))
        .collect())
}

async fn one(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("pull_requests", Level::Read),
    )?;
    let pull = hosted.pulls.get(&number).ok_or_else(Refusal::not_found)?;
    ok(render::whole_pull(hosted, pull))
}

async fn files(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("pull_requests", Level::Read),
    )?;
    let pull = hosted.pulls.get(&number).ok_or_else(Refusal::not_found)?;
    let (base, head) = (
        hosted.git.head(&pull.base).unwrap_or_default(),
        hosted.head_of(pull),
    );
    let changed = hosted.git.stats(&base, &head);
    ok(changed
        .iter()
        .map(|s| render::file(hosted, &base, &head, s))
        .collect())
}
