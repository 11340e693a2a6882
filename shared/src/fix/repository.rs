//! Effects about what the repository says of fixes: its `.bugbot.toml`, and who is asked to review.

use super::services::{Failed, FixServices, Sandbox, of};
use super::{Base, Event, Fix};
use crate::consumer::Platform;
use crate::github::PullRequest;
use crate::policy::Policy;
use crate::repository_policy::{self, PATH, RepositoryPolicy};
use crate::roles::Right;
use crate::service::{Service, ServiceError};

impl Fix {
    /// The path policy of this fix: what the operator and the repository both let through.
    pub(super) fn policy(&self, central: &Policy) -> Policy {
        self.rules.narrow(central)
    }

    /// What the repository says about fixes.
    pub fn rules(&self) -> &RepositoryPolicy {
        &self.rules
    }
}

/// Reads the file at the head of the default branch, where only those can have changed it who may
/// push there, and then the head of the branch that it names. Reads only.
pub(super) async fn read_policy<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    base: Base,
) -> Result<Event, Failed> {
    let (github, name) = (&on.services.github, &fix.order.repository);
    let file = github.file(name, PATH, &base.commit).await;
    let rules = match file.map_err(of(Service::GitHub))? {
        None => RepositoryPolicy::default(),
        Some(bytes) => match repository_policy::parse(&bytes, &on.settings.policy) {
            Ok(rules) => rules,
            Err(bad) => return Ok(unusable(bad.to_string())),
        },
    };
    let needs_approval = on.settings.approval || rules.approval;
    if needs_approval && !on.settings.roles.has_anybody(Right::Approve) {
        let variable = Right::Approve.variable();
        return Ok(unusable(format!(
            "it asks for an approval, and the operator has named nobody in {variable}"
        )));
    }
    let base = match &rules.base_branch {
        Some(branch) if *branch != base.branch => match github.branch_head(name, branch).await {
            Ok(commit) => Base {
                branch: branch.clone(),
                commit,
            },
            Err(ServiceError::NotFound) => {
                return Ok(unusable(format!("there is no branch {branch}")));
            }
            Err(error) => return Err(Failed(Service::GitHub, error)),
        },
        _ => base,
    };
    Ok(Event::PolicyRead {
        rules: Box::new(rules),
        base,
        needs_approval,
    })
}

fn unusable(why: String) -> Event {
    Event::PolicyUnusable { why }
}

/// Asks for reviews and sets labels. GitHub keeps each once.
pub(super) async fn ask_review<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    pull_request: &PullRequest,
) -> Result<Event, Failed> {
    let (github, name) = (&on.services.github, &fix.order.repository);
    let number = pull_request.number;
    let RepositoryPolicy {
        reviewers, labels, ..
    } = &fix.rules;
    // The labels first: to name somebody who cannot review is the likelier mistake.
    if !labels.is_empty() {
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        let added = github.add_labels(name, number, &labels).await;
        added.map_err(of(Service::GitHub))?;
    }
    if !reviewers.is_empty() {
        let asked = github.request_reviewers(name, number, reviewers).await;
        asked.map_err(of(Service::GitHub))?;
    }
    Ok(Event::ReviewAsked)
}
