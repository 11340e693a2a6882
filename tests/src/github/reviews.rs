//! What reviewers wrote: remarks on lines, and reviews as a whole.

use axum::Router;
use axum::extract::{Extension, Path, State as Shared};
use axum::routing::get;

use super::access::Level;
use super::gate::Caller;
use super::refusal::{Answer, Refusal, ok};
use super::{Service, render};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route(
            "/repos/{owner}/{repo}/pulls/{number}/comments",
            get(on_lines),
        )
        .route("/repos/{owner}/{repo}/pulls/{number}/reviews", get(reviews))
}

async fn on_lines(
    shared: Shared<Service>,
    caller: Extension<Caller>,
    path: Path<(String, String, u64)>,
) -> Answer {
    listed(&shared, &caller, &path, true)
}

async fn reviews(
    shared: Shared<Service>,
    caller: Extension<Caller>,
    path: Path<(String, String, u64)>,
) -> Answer {
    listed(&shared, &caller, &path, false)
}

fn listed(
    fake: &Service,
    caller: &Caller,
    (owner, repo, number): &(String, String, u64),
    on_lines: bool,
) -> Answer {
    let mut state = fake.lock();
    let full_name = format!("{owner}/{repo}");
    let hosted = state.open(caller.grant()?, &full_name, ("pull_requests", Level::Read))?;
    if !hosted.pulls.contains_key(number) {
        return Err(Refusal::not_found());
    }
    let of_it = hosted
        .remarks
        .iter()
        .filter(|remark| remark.number == *number && remark.path.is_some() == on_lines);
    ok(of_it.map(|remark| render::remark(hosted, remark)).collect())
}
