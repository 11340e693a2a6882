//! Opening and changing pull requests.

use axum::extract::{Extension, Path, State as Shared};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::github::access::Level;
use crate::github::gate::{Body, Caller};
use crate::github::refusal::{Answer, Refusal, created, ok};
use crate::github::state::{Hosted, PullRequest};
use crate::github::{MAX_BODY_CHARACTERS, Service, render};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPull {
    title: Option<String>,
    head: String,
    base: String,
    body: Option<String>,
    #[serde(default)]
    draft: bool,
    #[serde(default, rename = "maintainer_can_modify")]
    _maintainer_can_modify: Option<bool>,
}

pub(super) async fn create(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo)): Path<(String, String)>,
    Body(new): Body<NewPull>,
) -> Answer {
    let mut state = fake.lock();
    let (now, id) = (state.now(), state.fresh_id());
    let grant = caller.grant()?;
    let hosted = state.open(
        grant,
        &format!("{owner}/{repo}"),
        ("pull_requests", Level::Write),
    )?;
    let head = check_new(hosted, &new)?.to_owned();
    let pull = PullRequest {
        id,
        number: hosted.next_number(),
        title: new.title.unwrap_or_default(),
        body: new.body,
        head,
        base: new.base,
        author: grant.login.clone(),
        draft: new.draft,
        closed_at: None,
        merged: None,
        final_head: None,
        labels: Vec::new(),
        reviewers: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    let body = render::whole_pull(hosted, &pull);
    hosted.pulls.insert(pull.number, pull);
    created(body)
}

/// GitHub's checks, in its order. Gives the head branch's plain name.
fn check_new<'a>(hosted: &Hosted, new: &'a NewPull) -> Result<&'a str, Refusal> {
    let (owner, head) = new
        .head
        .split_once(':')
        .unwrap_or((&hosted.owner, &new.head));
    if new
        .title
        .as_deref()
        .is_none_or(|title| title.trim().is_empty())
    {
        return Err(Refusal::validation(json!([
            { "resource": "PullRequest", "code": "missing_field", "field": "title" }
        ])));
    }
    if !owner.eq_ignore_ascii_case(&hosted.owner) || hosted.git.head(head).is_none() {
        return Err(Refusal::invalid_field("PullRequest", "head", "invalid"));
    }
    if hosted.git.head(&new.base).is_none() {
        return Err(Refusal::invalid_field("PullRequest", "base", "invalid"));
    }
    if hosted.open_pull(head, &new.base).is_some() {
        let message = format!("A pull request already exists for {}:{head}.", hosted.owner);
        return Err(Refusal::custom("PullRequest", message));
    }
    let base_ref = format!("refs/heads/{}", new.base);
    if hosted
        .git
        .commits_between(&base_ref, &format!("refs/heads/{head}"))
        .is_empty()
    {
        let message = format!("No commits between {} and {head}", new.base);
        return Err(Refusal::custom("PullRequest", message));
    }
    if new
        .body
        .as_ref()
        .is_some_and(|body| body.len() > MAX_BODY_CHARACTERS)
    {
        return Err(Refusal::custom(
            "PullRequest",
            "body is too long (maximum is 65536 characters)",
        ));
    }
    Ok(head)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PullUpdate {
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    base: Option<String>,
}

pub(super) async fn update(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    Body(update): Body<PullUpdate>,
) -> Answer {
    let mut state = fake.lock();
    let now = state.now();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("pull_requests", Level::Write),
    )?;
    let mut pull = hosted
        .pulls
        .get(&number)
        .cloned()
        .ok_or_else(Refusal::not_found)?;
    match update.state.as_deref() {
        None => {}
        Some("closed") => {
            pull.final_head = Some(hosted.head_of(&pull));
            pull.closed_at = pull.closed_at.or(Some(now));
        }
        Some("open") if pull.is_open() => {}
        Some("open")
            if pull.merged.is_none() && hosted.open_pull(&pull.head, &pull.base).is_none() =>
        {
            pull.final_head = None;
            pull.closed_at = None;
        }
        Some("open") => return Err(Refusal::custom("PullRequest", "state cannot be changed.")),
        Some(_) => return Err(Refusal::invalid_field("PullRequest", "state", "invalid")),
    }
    if let Some(base) = update.base {
        hosted
            .git
            .head(&base)
            .ok_or_else(|| Refusal::invalid_field("PullRequest", "base", "invalid"))?;
        pull.base = base;
    }
    pull.title = update.title.unwrap_or(pull.title);
    pull.body = update.body.or(pull.body);
    pull.updated_at = now;
    let body = render::whole_pull(hosted, &pull);
    hosted.pulls.insert(number, pull);
    ok(body)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reviewers {
    #[serde(default)]
    reviewers: Vec<String>,
    #[serde(default)]
    team_reviewers: Vec<String>,
}

pub(super) async fn request_reviewers(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, number)): Path<(String, String, u64)>,
    Body(asked): Body<Reviewers>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("pull_requests", Level::Write),
    )?;
    let full_name = hosted.full_name();
    let pull = hosted
        .pulls
        .get_mut(&number)
        .ok_or_else(Refusal::not_found)?;
    if asked.reviewers.contains(&pull.author) {
        return Err(Refusal::unprocessable(
            "Review cannot be requested from pull request author.",
        ));
    }
    if !asked.team_reviewers.is_empty()
        || !asked
            .reviewers
            .iter()
            .all(|r| hosted.collaborators.contains(r))
    {
        return Err(Refusal::unprocessable(format!(
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified is \
             not a collaborator of the {full_name} repository."
        )));
    }
    for reviewer in asked.reviewers {
        if !pull.reviewers.contains(&reviewer) {
            pull.reviewers.push(reviewer);
        }
    }
    let pull = pull.clone();
    let body: Value = render::pull(hosted, &pull);
    created(body)
}
