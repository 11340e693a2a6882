//! Effects in the repository: from the base commit to the pull request.

use super::services::{Failed, FixServices, Sandbox, of};
use super::{Base, Event, Fix, after};
use crate::change::FileChange;
use crate::consumer::Platform;
use crate::github::webhook::Place;
use crate::github::{CommitOutcome, NewCommit, NewPullRequest};
use crate::id::CommitId;
use crate::policy::Verdict;
use crate::report;
use crate::service::{Service, ServiceError};

/// The words of a commit.
pub(super) struct CommitMessage {
    pub(super) headline: String,
    /// Its last line names the job.
    pub(super) body: String,
}

/// The head of the default branch. Reads only.
pub(super) async fn resolve_base<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
) -> Result<Event, Failed> {
    let (github, name) = (&on.services.github, &fix.order.repository);
    if let Some(round) = &fix.order.round {
        return resolve_head(on, fix, &round.branch).await;
    }
    let repository = match github.repository(name).await {
        Ok(repository) => repository,
        Err(ServiceError::NotFound) => {
            let why = format!("there is no repository {name}, or bugbot has no access to it");
            return Err(Failed(Service::GitHub, ServiceError::Refused(why)));
        }
        Err(error) => return Err(Failed(Service::GitHub, error)),
    };
    let branch = repository.default_branch;
    let commit = github
        .branch_head(name, &branch)
        .await
        .map_err(of(Service::GitHub))?;
    Ok(Event::BaseResolved(Base { branch, commit }))
}

/// The head of the branch that a round goes on with. Reads only.
async fn resolve_head<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    branch: &str,
) -> Result<Event, Failed> {
    let head = on
        .services
        .github
        .branch_head(&fix.order.repository, branch);
    match head.await {
        Ok(commit) => {
            let branch = branch.to_owned();
            Ok(Event::BaseResolved(Base { branch, commit }))
        }
        Err(ServiceError::NotFound) => {
            let why = format!("the branch {branch} is gone");
            Err(Failed(Service::GitHub, ServiceError::Refused(why)))
        }
        Err(error) => Err(Failed(Service::GitHub, error)),
    }
}

/// Makes the branch. One of this name is left as it is: the commit finds out whose it is.
pub(super) async fn create_branch<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    branch: &str,
    base: &CommitId,
) -> Result<Event, Failed> {
    let made = on
        .services
        .github
        .create_branch(&fix.order.repository, branch, base)
        .await;
    made.map(|_| Event::BranchReady)
        .map_err(of(Service::GitHub))
}

/// Commits what the policy lets through. GitHub itself compares the head, and a head that names
/// this job is the commit of an earlier attempt.
pub(super) async fn commit<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    branch: &str,
    expected: &CommitId,
    changes: &[FileChange],
    message: &CommitMessage,
) -> Result<Event, Failed> {
    let approved = match fix.policy(on.policy()).judge(changes) {
        Verdict::Allowed(approved) => approved,
        Verdict::Violations(violations) => return Ok(Event::PolicyBroken(violations)),
    };
    let new = NewCommit {
        branch,
        parent: expected,
        headline: &message.headline,
        body: &message.body,
        changes: &approved,
    };
    let github = &on.services.github;
    match github.create_commit(&fix.order.repository, &new).await {
        Ok(CommitOutcome::Committed { id, .. }) => Ok(Event::Committed(id)),
        Ok(CommitOutcome::StaleHead) => adopt_commit(on, fix, branch, expected).await,
        Err(error) => Err(Failed(Service::GitHub, error)),
    }
}

/// Opens the pull request. One that is open for the branch is this one.
pub(super) async fn open_pull_request<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    new: &NewPullRequest,
) -> Result<Event, Failed> {
    let github = &on.services.github;
    let repository = &fix.order.repository;
    let creation = github.create_pull_request(repository, new).await;
    let pull_request = creation.map_err(of(Service::GitHub))?.into_inner();
    let place = Place {
        branch: Some(new.head.clone()),
        number: Some(pull_request.number),
        commit: None,
    };
    after::remember(on.platform, repository, &place, &fix.order.job).await;
    Ok(Event::PullRequestOpen(pull_request))
}

/// The branch has moved: by our own earlier attempt, whose answer was lost, or by somebody else.
async fn adopt_commit<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    branch: &str,
    expected: &CommitId,
) -> Result<Event, Failed> {
    let repository = &fix.order.repository;
    let github = &on.services.github;
    let head = github
        .branch_head(repository, branch)
        .await
        .map_err(of(Service::GitHub))?;
    let commit = github
        .commit(repository, &head)
        .await
        .map_err(of(Service::GitHub))?;
    let trailer = report::job_trailer(fix);
    let ours =
        commit.parents == [expected.clone()] && commit.message.lines().any(|line| line == trailer);
    Ok(if ours {
        Event::Committed(head)
    } else {
        Event::BranchConflict
    })
}
