//! Branches.
//!
//! <https://docs.github.com/en/rest/git/refs>

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Failure, about, about_json, checked};
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::id::CommitId;
use crate::service::{Api, Creation, ServiceError, decode};

/// Reads where a branch points.
pub fn branch_head_request(api: &Api, repo: &RepoName, branch: &str) -> Request {
    let mut rest = vec!["git", "ref", "heads"];
    // A branch's slashes stand in the path as they are.
    rest.extend(branch.split('/'));
    about(api, Method::GET, repo, &rest, &[])
}

/// Creates a branch at a commit.
pub fn create_branch_request(api: &Api, repo: &RepoName, branch: &str, at: &CommitId) -> Request {
    let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": at });
    about_json(api, Method::POST, repo, &["git", "refs"], &body)
}

/// Deletes a branch.
pub fn delete_branch_request(api: &Api, repo: &RepoName, branch: &str) -> Request {
    let mut rest = vec!["git", "refs", "heads"];
    rest.extend(branch.split('/'));
    about(api, Method::DELETE, repo, &rest, &[])
}

/// Nothing, if the branch is gone, whoever deleted it.
pub fn parse_deleted_branch(response: &Response, now: Timestamp) -> Result<(), ServiceError> {
    if response.status() == 422 && Failure::of(response).says("Reference does not exist") {
        return Ok(());
    }
    match checked(response, now) {
        Ok(_) | Err(ServiceError::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The commit that the branch points to.
pub fn parse_branch_head(response: &Response, now: Timestamp) -> Result<CommitId, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        sha: CommitId,
    }
    decode::<Wire>(checked(response, now)?).map(|wire| wire.object.sha)
}

/// Whether the branch is new or was there.
pub fn parse_created_branch(
    response: &Response,
    now: Timestamp,
) -> Result<Creation<()>, ServiceError> {
    if response.status() == 422 && Failure::of(response).says("Reference already exists") {
        return Ok(Creation::AlreadyExisted(()));
    }
    checked(response, now).map(|_| Creation::Created(()))
}
