//! Pull requests.
//!
//! <https://docs.github.com/en/rest/pulls/pulls>

use ::http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Failure, about, about_json, checked};
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::id::CommitId;
use crate::redact::published;
use crate::service::{Api, Creation, ServiceError, decode};
use crate::shorten::shorten;

const MAX_TITLE_CHARS: usize = 256;
/// GitHub takes 65,536.
const MAX_BODY_CHARS: usize = 65_000;

/// A pull request to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPullRequest {
    /// What it is called.
    pub title: String,
    /// What it says, in Markdown.
    pub body: String,
    /// The branch with the commits, in the same repository.
    pub head: String,
    /// The branch that they are for.
    pub base: String,
    /// Whether it is not for review yet. Private repositories of free accounts have no drafts.
    pub draft: bool,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRequest {
    /// Its number in the repository.
    pub number: u64,
    /// Its address.
    pub url: String,
    /// Where it stands.
    pub state: PullRequestState,
    /// Whether it is not for review yet.
    pub draft: bool,
    /// The newest commit of its branch.
    pub head: CommitId,
}

/// Where a pull request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum PullRequestState {
    /// It can be merged.
    Open,
    /// Somebody closed it unmerged.
    Closed,
    /// It is merged.
    Merged {
        /// When.
        at: Timestamp,
        /// The commit that holds it.
        commit: CommitId,
    },
}

/// Opens a pull request.
pub fn create_pull_request_request(api: &Api, repo: &RepoName, new: &NewPullRequest) -> Request {
    let body = json!({
        "title": shorten(&published(&new.title), MAX_TITLE_CHARS),
        "body": shorten(&published(&new.body), MAX_BODY_CHARS),
        "head": new.head,
        "base": new.base,
        "draft": new.draft,
        "maintainer_can_modify": true,
    });
    about_json(api, Method::POST, repo, &["pulls"], &body)
}

/// Reads a pull request.
pub fn pull_request_request(api: &Api, repo: &RepoName, number: u64) -> Request {
    about(api, Method::GET, repo, &["pulls", &number.to_string()], &[])
}

/// Finds the open pull request of a branch.
pub fn find_pull_request_request(api: &Api, repo: &RepoName, branch: &str) -> Request {
    let head = format!("{}:{branch}", repo.owner());
    let query = [("state", "open"), ("head", &head), ("per_page", "1")];
    about(api, Method::GET, repo, &["pulls"], &query)
}

/// Replaces what a pull request says.
pub fn edit_pull_request_request(api: &Api, repo: &RepoName, number: u64, body: &str) -> Request {
    let body = json!({ "body": shorten(&published(body), MAX_BODY_CHARS) });
    about_json(
        api,
        Method::PATCH,
        repo,
        &["pulls", &number.to_string()],
        &body,
    )
}

/// The pull request that was opened, or that there is one for that branch.
pub fn parse_created_pull_request(
    response: &Response,
    now: Timestamp,
) -> Result<Creation<PullRequest, ()>, ServiceError> {
    let exists = "A pull request already exists";
    if response.status() == 422 && Failure::of(response).says(exists) {
        return Ok(Creation::AlreadyExisted(()));
    }
    parse_pull_request(response, now).map(Creation::Created)
}

/// The pull request.
pub fn parse_pull_request(
    response: &Response,
    now: Timestamp,
) -> Result<PullRequest, ServiceError> {
    decode::<Wire>(checked(response, now)?).map(Into::into)
}

/// The first pull request of a list.
pub fn parse_found_pull_request(
    response: &Response,
    now: Timestamp,
) -> Result<Option<PullRequest>, ServiceError> {
    let found: Vec<Wire> = decode(checked(response, now)?)?;
    Ok(found.into_iter().next().map(Into::into))
}

#[derive(Deserialize)]
struct Wire {
    number: u64,
    html_url: String,
    state: String,
    #[serde(default)]
    draft: bool,
    merged_at: Option<Timestamp>,
    merge_commit_sha: Option<CommitId>,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: CommitId,
}

impl From<Wire> for PullRequest {
    fn from(wire: Wire) -> Self {
        // While it is open, `merge_commit_sha` is that of a trial merge.
        let state = match (wire.merged_at, wire.merge_commit_sha) {
            (Some(at), Some(commit)) => PullRequestState::Merged { at, commit },
            _ if wire.state == "open" => PullRequestState::Open,
            _ => PullRequestState::Closed,
        };
        Self {
            number: wire.number,
            url: wire.html_url,
            state,
            draft: wire.draft,
            head: wire.head.sha,
        }
    }
}
