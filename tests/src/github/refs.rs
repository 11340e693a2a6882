//! Repositories, branches and refs.

use axum::Router;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::access::Level;
use super::gate::{Body, Caller};
use super::refusal::{Answer, Refusal, created, ok};
use super::{Service, render};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/repos/{owner}/{repo}", get(repository))
        .route("/repos/{owner}/{repo}/git/ref/{*name}", get(reference))
        .route("/repos/{owner}/{repo}/git/refs", post(create))
        .route(
            "/repos/{owner}/{repo}/git/refs/{*name}",
            axum::routing::delete(delete),
        )
        .route("/repos/{owner}/{repo}/branches/{*branch}", get(branch))
}

async fn repository(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let mut state = fake.lock();
    let grant = caller.grant()?;
    let hosted = state.open(grant, &format!("{owner}/{repo}"), ("metadata", Level::Read))?;
    ok(render::repository(hosted, grant, &git_origin(&headers)))
}

/// Where git reaches the repositories: github.com to who calls this api.github.com, and the same
/// socket to who calls a socket.
pub(super) fn git_origin(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match host {
        None | Some("api.github.com") => "https://github.com".to_owned(),
        Some(socket) => format!("http://{socket}"),
    }
}

async fn reference(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, name)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("contents", Level::Read),
    )?;
    let name = format!("refs/{name}");
    let oid = hosted.git.resolve(&name).ok_or_else(Refusal::not_found)?;
    ok(render::reference(hosted, &name, &oid))
}

async fn branch(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, branch)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("contents", Level::Read),
    )?;
    let head = hosted
        .git
        .head(&branch)
        .and_then(|oid| hosted.git.commit(&oid));
    let head = head.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "Branch not found"))?;
    ok(json!({ "name": branch, "protected": false, "commit": render::commit(hosted, &head) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRef {
    r#ref: String,
    sha: String,
}

async fn create(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo)): Path<(String, String)>,
    Body(new): Body<NewRef>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("contents", Level::Write),
    )?;
    let is_branch_or_tag =
        new.r#ref.starts_with("refs/heads/") || new.r#ref.starts_with("refs/tags/");
    if !is_branch_or_tag || !hosted.git.is_ref_name(&new.r#ref) {
        return Err(Refusal::unprocessable(format!(
            "{} is not a valid ref name.",
            new.r#ref
        )));
    }
    if hosted.git.resolve(&new.r#ref).is_some() {
        return Err(Refusal::unprocessable("Reference already exists"));
    }
    if !hosted.git.has_object(&new.sha) {
        return Err(Refusal::unprocessable("Object does not exist"));
    }
    // What is left is a name that contains an existing one, or is contained in it.
    let moved = hosted.git.move_ref(&new.r#ref, &new.sha, None);
    moved.map_err(|_| Refusal::unprocessable("Reference cannot be created"))?;
    created(render::reference(hosted, &new.r#ref, &new.sha))
}

async fn delete(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, name)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("contents", Level::Write),
    )?;
    let name = format!("refs/{name}");
    let missing = || Refusal::unprocessable("Reference does not exist");
    let oid = hosted.git.resolve(&name).ok_or_else(missing)?;
    hosted.git.delete_ref(&name, &oid).map_err(|_| missing())?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
