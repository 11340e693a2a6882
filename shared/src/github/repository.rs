//! A repository.

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::answer::{about, checked};
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::service::{Api, ServiceError, decode};

/// What we need to know of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// Its name, as its owner spells it.
    pub full_name: RepoName,
    /// The branch that fixes start from and go to.
    pub default_branch: String,
    /// Whether a clone needs a token.
    pub private: bool,
    /// Whether nothing can be written to it any more.
    #[serde(default)]
    pub archived: bool,
    /// Where to clone it from.
    pub clone_url: String,
    /// What the token may do there. For an App's token GitHub leaves it out.
    #[serde(default)]
    permissions: Granted,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Granted {
    #[serde(default)]
    push: bool,
}

impl Repository {
    /// Whether a personal token may write there.
    pub fn can_push(&self) -> bool {
        self.permissions.push
    }
}

/// Reads a repository.
pub fn repository_request(api: &Api, repo: &RepoName) -> Request {
    about(api, Method::GET, repo, &[], &[])
}

/// The repository.
pub fn parse_repository(response: &Response, now: Timestamp) -> Result<Repository, ServiceError> {
    decode(checked(response, now)?)
}
