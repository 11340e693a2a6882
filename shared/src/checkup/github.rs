//! GitHub: the credential, and what it may do in each repository that is named.

use super::Check;
use crate::github::{GitHubAuth, GitHubClient, RepoName};
use crate::http::Http;
use crate::ports::Clock;
use crate::service::ServiceError;
use crate::settings::GitHubSettings;

const AREA: &str = "GitHub";

/// The most repositories that are looked at.
const MAX_REPOSITORIES: usize = 10;

pub(super) async fn checks(
    client: &GitHubClient<impl Http, impl Clock>,
    settings: &GitHubSettings,
) -> Vec<Check> {
    let allowed = settings.allowed_repositories.as_deref().unwrap_or_default();
    let mut named: Vec<&RepoName> = settings.default_repository.iter().collect();
    for repository in allowed {
        if !named.iter().any(|it| it.is(repository)) {
            named.push(repository);
        }
    }
    let mut checks = Vec::new();
    if settings.allowed_repositories.is_none() {
        checks.push(Check::warn(
            AREA,
            "allowed repositories",
            "is not set: a fix may go wherever the credential reaches",
            "Set ALLOWED_REPOSITORIES in wrangler.toml.",
        ));
    }
    if named.is_empty() {
        checks.push(Check::warn(
            AREA,
            "access",
            "could not be tried: no repository is named",
            "Set DEFAULT_REPOSITORY in wrangler.toml.",
        ));
    }
    for repository in named.into_iter().take(MAX_REPOSITORIES) {
        checks.push(one(client, settings, repository).await);
    }
    checks
}

async fn one(
    client: &GitHubClient<impl Http, impl Clock>,
    settings: &GitHubSettings,
    name: &RepoName,
) -> Check {
    let is_app = matches!(settings.auth, GitHubAuth::App { .. });
    let shown = name.to_string();
    let fix = if is_app {
        "Give the App Contents and Pull requests: read and write, and Metadata: read; accept them in \
         the installation; add the repository to it."
    } else {
        "Give the token Contents and Pull requests: read and write in this repository."
    };
    match client.repository(name).await {
        Ok(found) if found.archived => Check::fail(
            AREA,
            &shown,
            "is archived: nothing can be written to it",
            "Name another repository, or unarchive it.",
        ),
        // The App's token was minted with the permissions to write.
        Ok(_) if is_app => Check::ok(AREA, &shown, "can be read and written"),
        Ok(found) if found.can_push() => Check::ok(AREA, &shown, "can be read and written"),
        Ok(_) => Check::fail(AREA, &shown, "can be read, but not written", fix),
        Err(ServiceError::NotFound) => Check::fail(
            AREA,
            &shown,
            "is not there, or hidden from the credential",
            fix,
        ),
        Err(error) => Check::failed(AREA, &shown, &error, fix),
    }
}
