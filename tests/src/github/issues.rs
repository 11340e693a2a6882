//! Issues, comments and labels. A pull request is an issue too: it takes comments and labels by
//! its number.

use axum::Router;
use axum::extract::{Extension, Path, Query, State as Shared};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::{Grant, Level};
use super::gate::{Body, Caller};
use super::refusal::{Answer, Refusal, created, ok};
use super::state::{Comment, Hosted, State};
use super::{MAX_BODY_CHARACTERS, Service, render};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/repos/{owner}/{repo}/issues/{number}", get(one))
        .route(
            "/repos/{owner}/{repo}/issues/{number}/comments",
            get(comments).post(comment),
        )
        .route(
            "/repos/{owner}/{repo}/issues/{number}/labels",
            get(labels).post(add_labels),
        )
}

/// The repository, when the number is an issue or a pull request that the token may touch: for
/// a pull request the permission for either is enough.
fn open<'a>(
    state: &'a mut State,
    grant: &Grant,
    full_name: &str,
    number: u64,
    level: Level,
) -> Result<&'a mut Hosted, Refusal> {
    let may_pulls = grant.allows("pull_requests", level);
    let is_pull = {
        let hosted = state.open(grant, full_name, ("metadata", Level::Read))?;
        hosted.pulls.contains_key(&number)
    };
    let permission = if is_pull && may_pulls {
        "pull_requests"
    } else {
        "issues"
    };
    let hosted = state.open(grant, full_name, (permission, level))?;
    if !is_pull && !hosted.issues.contains_key(&number) {
        return Err(Refusal::not_found());
    }
    Ok(hosted)
}

async fn one(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = open(
        &mut state,
        caller.grant()?,
        &format!("{owner}/{repo}"),
        number,
        Level::Read,
    )?;
    if let Some(issue) = hosted.issues.get(&number) {
        return ok(render::issue(hosted, issue));
    }
    let pull = hosted.pulls.get(&number).ok_or_else(Refusal::not_found)?;
    let mut body = render::pull(hosted, pull);
    body["pull_request"] =
        json!({ "url": body["url"], "html_url": body["html_url"], "merged_at": body["merged_at"] });
    ok(body)
}

#[derive(Deserialize)]
struct Page {
    per_page: Option<usize>,
    page: Option<usize>,
}

async fn comments(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    Query(page): Query<Page>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = open(
        &mut state,
        caller.grant()?,
        &format!("{owner}/{repo}"),
        number,
        Level::Read,
    )?;
    let size = page.per_page.unwrap_or(30).clamp(1, 100);
    let skipped = (page.page.unwrap_or(1).max(1) - 1) * size;
    let of_issue = hosted.comments.iter().filter(|c| c.number == number);
    ok(of_issue
        .skip(skipped)
        .take(size)
        .map(|c| render::comment(hosted, c))
        .collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewComment {
    body: String,
}

async fn comment(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    Body(new): Body<NewComment>,
) -> Answer {
    let mut state = fake.lock();
    let (now, id) = (state.now(), state.fresh_id());
    let grant = caller.grant()?;
    let hosted = open(
        &mut state,
        grant,
        &format!("{owner}/{repo}"),
        number,
        Level::Write,
    )?;
    if new.body.trim().is_empty() {
        return Err(Refusal::validation(json!([
            { "resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body cannot be blank" }
        ])));
    }
    if new.body.chars().count() > MAX_BODY_CHARACTERS {
        let message = "Body is too long (maximum is 65536 characters)";
        return Err(Refusal::custom("IssueComment", message));
    }
    let comment = Comment {
        id,
        number,
        body: new.body,
        author: grant.login.clone(),
        created_at: now,
    };
    let body = render::comment(hosted, &comment);
    hosted.comments.push(comment);
    created(body)
}

/// The labels of an issue or a pull request.
fn labels_of(hosted: &mut Hosted, number: u64) -> Option<&mut Vec<String>> {
    match hosted.issues.get_mut(&number) {
        Some(issue) => Some(&mut issue.labels),
        None => hosted.pulls.get_mut(&number).map(|pull| &mut pull.labels),
    }
}

async fn labels(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = open(
        &mut state,
        caller.grant()?,
        &format!("{owner}/{repo}"),
        number,
        Level::Read,
    )?;
    ok(labels_of(hosted, number).map_or(Value::Null, |labels| render::labels(labels)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLabels {
    labels: Vec<String>,
}

async fn add_labels(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    Body(new): Body<NewLabels>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = open(
        &mut state,
        caller.grant()?,
        &format!("{owner}/{repo}"),
        number,
        Level::Write,
    )?;
    let labels = labels_of(hosted, number).ok_or_else(Refusal::not_found)?;
    for label in new.labels {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    ok(render::labels(labels))
}
