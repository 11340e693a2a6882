//! Commits, comparisons, and the contents of files.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Level;
use super::gate::Caller;
use super::refusal::{Answer, Refusal, ok};
use super::repository::Entry;
use super::state::Hosted;
use super::{Service, render};

/// The address under which GitHub commits what its API and its web editor make.
pub(super) const WEB_FLOW_EMAIL: &str = "noreply@github.com";

/// Above this size a file comes without its content.
/// <https://docs.github.com/en/rest/repos/contents#get-repository-content>
const LARGEST_INLINE_BYTES: u64 = 1024 * 1024;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/repos/{owner}/{repo}/commits/{revision}", get(commit))
        .route("/repos/{owner}/{repo}/git/commits/{sha}", get(git_commit))
        .route("/repos/{owner}/{repo}/compare/{*range}", get(compare))
        .route("/repos/{owner}/{repo}/contents", get(root))
        .route("/repos/{owner}/{repo}/contents/{*path}", get(contents))
}

async fn commit(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, revision)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("contents", Level::Read),
    )?;
    let found = hosted
        .git
        .find(&revision)
        .and_then(|oid| hosted.git.commit(&oid));
    let found = found
        .ok_or_else(|| Refusal::unprocessable(format!("No commit found for SHA: {revision}")))?;
    let mut body = render::commit(hosted, &found);
    if let Some(parent) = found.parents.first() {
        let changed = hosted.git.stats(parent, &found.oid);
        body["files"] = changed
            .iter()
            .map(|s| render::file(hosted, parent, &found.oid, s))
            .collect();
    }
    ok(body)
}

/// The commit as git keeps it: without files, and by its whole id only.
async fn git_commit(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, sha)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let name = format!("{owner}/{repo}");
    let hosted = state.open(caller.grant()?, &name, ("contents", Level::Read))?;
    let known = Some(&sha).filter(|sha| hosted.git.has_object(sha));
    let found = known
        .and_then(|sha| hosted.git.commit(sha))
        .ok_or_else(Refusal::not_found)?;
    let mut body = render::commit(hosted, &found);
    let mut inner = body["commit"].take();
    for field in ["sha", "node_id", "html_url", "parents"] {
        inner[field] = body[field].take();
    }
    inner["url"] = json!(format!("{}/git/commits/{sha}", hosted.api_url()));
    ok(inner)
}

async fn compare(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, range)): Path<(String, String, String)>,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("contents", Level::Read),
    )?;
    let (base, head) = range.split_once("...").ok_or_else(Refusal::not_found)?;
    // `owner:branch` names the same repository here: there are no forks.
    let own = |side: &str| {
        side.rsplit(':')
            .next()
            .and_then(|name| hosted.git.find(name))
    };
    let (base, head) = own(base).zip(own(head)).ok_or_else(Refusal::not_found)?;
    ok(comparison(hosted, &base, &head))
}

fn comparison(hosted: &Hosted, base: &str, head: &str) -> Value {
    let ahead = hosted.git.commits_between(base, head);
    let behind = hosted.git.commits_between(head, base).len();
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let commits = ahead.iter().filter_map(|oid| hosted.git.commit(oid));
    let merge_base = hosted
        .git
        .merge_base(base, head)
        .and_then(|oid| hosted.git.commit(&oid));
    let changed = hosted.git.stats(base, head);
    json!({
        "status": status,
        "ahead_by": ahead.len(),
        "behind_by": behind,
        "total_commits": ahead.len(),
        "html_url": format!("{}/compare/{base}...{head}", hosted.html_url()),
        "merge_base_commit": merge_base.map(|c| render::commit(hosted, &c)),
        "commits": commits.map(|c| render::commit(hosted, &c)).collect::<Vec<_>>(),
        "files": changed.iter().map(|s| render::file(hosted, base, head, s)).collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
struct At {
    r#ref: Option<String>,
}

async fn root(
    shared: Shared<Service>,
    caller: Extension<Caller>,
    Path((owner, repo)): Path<(String, String)>,
    at: Query<At>,
    headers: HeaderMap,
) -> Answer {
    contents(
        shared,
        caller,
        Path((owner, repo, String::new())),
        at,
        headers,
    )
    .await
}

async fn contents(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Path((owner, repo, path)): Path<(String, String, String)>,
    Query(at): Query<At>,
    headers: HeaderMap,
) -> Answer {
    let mut state = fake.lock();
    let hosted = state.open(
        caller.grant()?,
        &format!("{owner}/{repo}"),
        ("contents", Level::Read),
    )?;
    let revision = at.r#ref.unwrap_or_else(|| hosted.default_branch.clone());
    let no_commit = || {
        let message = format!("No commit found for the ref {revision}");
        Refusal::new(StatusCode::NOT_FOUND, message)
    };
    let oid = hosted.git.find(&revision).ok_or_else(no_commit)?;
    let path = path.trim_end_matches('/');
    let entry = hosted.git.entry(&oid, path).filter(|_| !path.is_empty());
    match entry {
        Some(entry) if entry.mode != "040000" => one_file(hosted, &revision, &entry, &headers),
        None if !path.is_empty() => Err(Refusal::not_found()),
        _ => {
            let children = hosted.git.tree(&oid, path, false);
            ok(children
                .iter()
                .map(|child| described(hosted, &revision, child))
                .collect())
        }
    }
}

fn one_file(hosted: &Hosted, revision: &str, entry: &Entry, headers: &HeaderMap) -> Answer {
    let mut body = described(hosted, revision, entry);
    if entry.mode == "160000" {
        return ok(body);
    }
    let bytes = hosted
        .git
        .blob(&entry.oid)
        .map_err(|_| Refusal::not_found())?;
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    if accept.contains("raw") {
        return Ok((
            [(header::CONTENT_TYPE, accept.to_owned())],
            Bytes::from(bytes),
        )
            .into_response());
    }
    if entry.mode == "120000" {
        body["target"] = json!(String::from_utf8_lossy(&bytes));
        return ok(body);
    }
    let is_inline = entry.size.is_some_and(|size| size <= LARGEST_INLINE_BYTES);
    body["encoding"] = json!(if is_inline { "base64" } else { "none" });
    body["content"] = json!(if is_inline {
        wrapped_base64(&bytes)
    } else {
        String::new()
    });
    ok(body)
}

fn described(hosted: &Hosted, revision: &str, entry: &Entry) -> Value {
    let kind = match entry.mode.as_str() {
        "040000" => "dir",
        "120000" => "symlink",
        "160000" => "submodule",
        _ => "file",
    };
    json!({
        "type": kind,
        "name": entry.path.rsplit('/').next(),
        "path": entry.path,
        "sha": entry.oid,
        "size": entry.size.unwrap_or(0),
        "url": format!("{}/contents/{}?ref={revision}", hosted.api_url(), entry.path),
        "html_url": format!("{}/blob/{revision}/{}", hosted.html_url(), entry.path),
    })
}

/// Base64 in lines of 60, as the API sends it: a client that decodes strictly trips over them.
fn wrapped_base64(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let lines = encoded
        .as_bytes()
        .chunks(60)
        .map(|line| String::from_utf8_lossy(line) + "\n");
    lines.collect()
}
