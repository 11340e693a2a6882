//! Installation tokens: an App's access to one repository, for an hour, with named permissions.
//!
//! <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>

use ::http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::answer::checked;
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::secret::Secret;
use crate::service::{Api, ServiceError, decode};

/// A token that ends sooner than this is not used any more: a call must not outlive its token.
const SPARE: SignedDuration = SignedDuration::from_mins(5);

/// What a token is to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permissions {
    /// Cloning.
    Read,
    /// Branches, commits and pull requests.
    Write,
    /// Reading what checks say.
    Checks,
    /// Reading the logs of GitHub Actions.
    Actions,
}

/// A token and what it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token; its length is not fixed.
    pub token: Secret,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The one repository that it reaches.
    pub repo: RepoName,
}

impl AccessToken {
    /// Whether a call to `repo` that starts `now` may use it.
    pub fn serves(&self, repo: &RepoName, now: Timestamp) -> bool {
        self.repo == *repo && self.expires_at.duration_since(now) > SPARE
    }
}

/// Asks for a token; `api` carries the App's JWT.
pub fn token_request(
    api: &Api,
    installation_id: &str,
    repo: &RepoName,
    permissions: Permissions,
) -> Request {
    let path = ["app", "installations", installation_id, "access_tokens"];
    let permissions = match permissions {
        Permissions::Read => json!({ "contents": "read", "metadata": "read" }),
        Permissions::Checks => {
            json!({ "checks": "read", "metadata": "read", "statuses": "read" })
        }
        Permissions::Actions => json!({ "actions": "read", "metadata": "read" }),
        Permissions::Write => {
            json!({ "contents": "write", "metadata": "read", "pull_requests": "write" })
        }
    };
    let body = json!({ "repositories": [repo.name()], "permissions": permissions });
    api.call_json(Method::POST, &path, &body)
}

/// The token.
pub fn parse_token(
    response: &Response,
    repo: &RepoName,
    now: Timestamp,
) -> Result<AccessToken, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        token: Secret,
        expires_at: Timestamp,
    }
    let wire: Wire = match checked(response, now) {
        // The repository is not among the installation's, or a permission was not granted.
        Err(ServiceError::Refused(why)) => {
            return Err(ServiceError::Unauthorized(format!(
                "the GitHub App's installation does not reach {repo}, or lacks a permission: {why}"
            )));
        }
        checked => decode(checked?)?,
    };
    Ok(AccessToken {
        token: wire.token,
        expires_at: wire.expires_at,
        repo: repo.clone(),
    })
}
