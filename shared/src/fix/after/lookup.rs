//! Which fix a branch or pull request belongs to.
//!
//! The commit itself says so: its last line names the job. The key-value store only remembers the
//! answer, and where it has not heard yet (it may take a minute), the commit is read again. Either
//! is a hint: the Job object knows its branch and its number, and takes no notice of others.

use std::time::Duration;

use crate::consumer::{Platform, Services};
use crate::fix::round::fix_of;
use crate::github::RepoName;
use crate::github::webhook::Place;
use crate::id::{CommitId, JobId};
use crate::report::TRAILER;
use crate::service::ServiceError;

/// How long a pull request is remembered without asking GitHub: most are merged within days.
const REMEMBERED_FOR: Duration = Duration::from_hours(30 * 24);
/// How many commits are read of a branch before it counts as nobody's: people add some of theirs.
const MAX_COMMITS: usize = 10;
/// Job ids are snowflakes.
const MAX_ID_CHARS: usize = 64;

/// Remembers whose pull request this is. Lost, it costs some requests later.
pub(in crate::fix) async fn remember<P: Platform>(
    platform: &P,
    repository: &RepoName,
    place: &Place,
    job: &JobId,
) {
    for key in keys(repository, place) {
        let _ = platform.put(&key, job.as_str(), Some(REMEMBERED_FOR)).await;
    }
}

/// The fix that a place belongs to; `None` if it is nobody's.
pub async fn find_job<P: Platform>(
    platform: &P,
    services: &Services<'_, P>,
    repository: &RepoName,
    place: &Place,
) -> Result<Option<JobId>, ServiceError> {
    for key in keys(repository, place) {
        // A store that does not answer is asked for nothing more than speed.
        if let Ok(Some(job)) = platform.get(&key).await {
            return Ok(Some(JobId::new(job)));
        }
    }
    let found = match read_commits(services, repository, place).await {
        Err(ServiceError::NotFound) => None,
        found => found?,
    };
    if let Some(job) = &found {
        remember(platform, repository, place, job).await;
    }
    Ok(found)
}

/// GitHub compares names without regard to case.
fn keys(repository: &RepoName, place: &Place) -> Vec<String> {
    let repository = repository.to_string().to_ascii_lowercase();
    let branch = place
        .branch
        .as_ref()
        .map(|branch| format!("branch:{repository}:{branch}"));
    let number = place
        .number
        .map(|number| format!("pull:{repository}:{number}"));
    [branch, number].into_iter().flatten().collect()
}

async fn read_commits<P: Platform>(
    services: &Services<'_, P>,
    repository: &RepoName,
    place: &Place,
) -> Result<Option<JobId>, ServiceError> {
    let github = &services.github;
    let mut next: Option<CommitId> = match (&place.branch, &place.commit, place.number) {
        (_, Some(commit), _) => Some(commit.clone()),
        (Some(branch), None, _) => Some(github.branch_head(repository, branch).await?),
        (None, None, Some(number)) => Some(github.pull_request(repository, number).await?.head),
        (None, None, None) => None,
    };
    for _ in 0..MAX_COMMITS {
        let Some(id) = next else { break };
        let commit = github.commit(repository, &id).await?;
        if let Some(job) = named_in(&commit.message) {
            return Ok(Some(job));
        }
        next = commit.parents.first().cloned();
    }
    Ok(None)
}

/// The fix that a commit's message names. Anybody can write one: only what has the form of an id.
fn named_in(message: &str) -> Option<JobId> {
    let named = message
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix(TRAILER))?;
    let named = named.trim();
    let is_id = (1..=MAX_ID_CHARS).contains(&named.len())
        && named
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_id.then(|| fix_of(&JobId::new(named)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_names_its_fix_also_where_it_is_of_a_round() {
        let named = |message: &str| named_in(message).map(|job| job.to_string());
        assert_eq!(named("Fix it\n\nBugbot-Job: 1001"), Some("1001".to_owned()));
        assert_eq!(
            named("Fix it\n\nBugbot-Job: 1001-round-2"),
            Some("1001".to_owned())
        );
        assert_eq!(named("Fix it"), None);
        assert_eq!(named("Bugbot-Job: ../../x"), None);
        assert_eq!(named("Bugbot-Job: "), None);
    }
}
