//! Commits: looking one up, and writing one without a clone.
//!
//! `createCommitOnBranch` signs the commit, so that it shows as verified, and checks the branch's
//! head in the same step. It carries no file modes: the path policy has refused what would need
//! one. <https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch>

use ::http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Failure, about, checked, limit};
use super::name::RepoName;
use crate::change::{ChangeKind, Content, FileChange};
use crate::http::{Request, Response};
use crate::id::CommitId;
use crate::policy::ApprovedChanges;
use crate::redact::published;
use crate::service::{Api, ServiceError, decode, snippet};

const MUTATION: &str = include_str!("queries/create_commit.graphql");

/// A commit to write. The policy's megabyte of files is 1.4 MB in base64.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCommit<'a> {
    /// Where to write it; the branch exists.
    pub branch: &'a str,
    /// Where the branch points, as we know it.
    pub parent: &'a CommitId,
    /// The first line of its message.
    pub headline: &'a str,
    /// The rest of its message.
    pub body: &'a str,
    /// What it changes.
    pub changes: &'a ApprovedChanges,
}

/// What came of writing a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is the branch's head.
    Committed {
        /// The commit.
        id: CommitId,
        /// Its address.
        url: String,
    },
    /// The branch points elsewhere: somebody wrote to it, or an earlier attempt of ours did.
    StaleHead,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its whole message.
    pub message: String,
    /// What it follows.
    pub parents: Vec<CommitId>,
}

/// Reads a commit, without most of its diff, which we have no use for.
pub fn commit_request(api: &Api, repo: &RepoName, id: &CommitId) -> Request {
    let rest = ["commits", id.as_str()];
    about(api, Method::GET, repo, &rest, &[("per_page", "1")])
}

/// The commit.
pub fn parse_commit(response: &Response, now: Timestamp) -> Result<Commit, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        sha: CommitId,
        commit: Said,
        parents: Vec<Parent>,
    }
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    #[derive(Deserialize)]
    struct Parent {
        sha: CommitId,
    }
    if response.status() == 422 && Failure::of(response).says("No commit found") {
        return Err(ServiceError::NotFound);
    }
    let wire: Wire = decode(checked(response, now)?)?;
    Ok(Commit {
        id: wire.sha,
        message: wire.commit.message,
        parents: wire.parents.into_iter().map(|parent| parent.sha).collect(),
    })
}

/// Writes a commit.
pub fn create_commit_request(api: &Api, repo: &RepoName, new: &NewCommit<'_>) -> Request {
    let input = json!({
        "branch": { "repositoryNameWithOwner": repo, "branchName": new.branch },
        "message": { "headline": published(new.headline), "body": published(new.body) },
        "expectedHeadOid": new.parent,
        "fileChanges": FileChanges::of(new.changes.changes()),
    });
    let body = json!({ "query": MUTATION, "variables": { "input": input } });
    api.call_json(Method::POST, &["graphql"], &body)
}

#[derive(Serialize)]
struct FileChanges<'a> {
    additions: Vec<Addition<'a>>,
    deletions: Vec<Deletion<'a>>,
}

#[derive(Serialize)]
struct Addition<'a> {
    path: &'a str,
    contents: &'a Content,
}

#[derive(Serialize)]
struct Deletion<'a> {
    path: &'a str,
}

impl<'a> FileChanges<'a> {
    fn of(changes: &'a [FileChange]) -> Self {
        let mut all = Self {
            additions: Vec::new(),
            deletions: Vec::new(),
        };
        for FileChange { path, kind } in changes {
            match kind {
                ChangeKind::Added { content, .. } | ChangeKind::Modified { content, .. } => {
                    all.additions.push(Addition {
                        path,
                        contents: content,
                    });
                }
                ChangeKind::Deleted { .. } => all.deletions.push(Deletion { path }),
                ChangeKind::Renamed { from, content, .. } => {
                    all.deletions.push(Deletion { path: from });
                    all.additions.push(Addition {
                        path,
                        contents: content,
                    });
                }
            }
        }
        all
    }
}

/// The commit that was written. GraphQL reports under 200 what REST reports by status.
pub fn parse_created_commit(
    response: &Response,
    now: Timestamp,
) -> Result<CommitOutcome, ServiceError> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        errors: Vec<GraphQlError>,
        data: Option<Data>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data {
        create_commit_on_branch: Option<Payload>,
    }
    #[derive(Deserialize)]
    struct Payload {
        commit: Option<Written>,
    }
    #[derive(Deserialize)]
    struct Written {
        oid: CommitId,
        url: String,
    }
    let answer: Answer = decode(checked(response, now)?)?;
    if let Some(error) = answer.errors.first() {
        return error.outcome(response, now);
    }
    let payload = answer.data.and_then(|data| data.create_commit_on_branch);
    match payload.and_then(|payload| payload.commit) {
        Some(Written { oid, url }) => Ok(CommitOutcome::Committed { id: oid, url }),
        None => Err(ServiceError::Unexpected {
            status: response.status().as_u16(),
            detail: "a written commit is missing from the answer".to_owned(),
        }),
    }
}

#[derive(Deserialize)]
struct GraphQlError {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    message: String,
}

impl GraphQlError {
    fn outcome(&self, response: &Response, now: Timestamp) -> Result<CommitOutcome, ServiceError> {
        let message = snippet(self.message.as_bytes());
        match self.r#type.as_str() {
            "STALE_DATA" => Ok(CommitOutcome::StaleHead),
            "NOT_FOUND" => Err(ServiceError::NotFound),
            "FORBIDDEN" | "INSUFFICIENT_SCOPES" => Err(ServiceError::Unauthorized(message)),
            "RATE_LIMITED" | "RATE_LIMIT" => {
                let limited = limit(response, &Failure::default(), now);
                Err(limited.unwrap_or(ServiceError::RateLimited {
                    retry_after: crate::service::retry_after(None),
                }))
            }
            // GitHub's own failures and timeouts have no type: tried again, and adopted if the
            // commit was written after all.
            "" => Err(ServiceError::Unexpected {
                status: 502,
                detail: message,
            }),
            _ => Err(ServiceError::Refused(message)),
        }
    }
}
