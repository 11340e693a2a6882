//! The bot among those who claim: a fix claims its issue before it begins and gives it back with
//! its outcome, and people on Discord claim what they work on by hand.
//!
//! Under which id? An issue of ours is one of Linear (`ENG-7`), a volunteer's mostly one of GitHub
//! (`acme/web#12`). A fix claims the first always, and the second where what was said of the bug
//! links to exactly one issue of the repository that it is fixed in: either id that a volunteer
//! knows the issue by is taken then.
//!
//! Every call here may be repeated: a claim that one has is renewed, one that was given back stays
//! so.

use std::time::Duration;

use futures_util::future::try_join_all;

use crate::github::RepoName;
use crate::hub::claim::{Owner, PullRequestRef, Status, Wanted};
use crate::hub::claims::{self, Request, Response};
use crate::hub::{Claim, ClientId, Hubs, IssueRef, Shard};
use crate::id::{JobId, UserId};
use crate::reference::{Reference, Scope, find};
use crate::thread::LinkedIssue;

/// How long a claim lasts while a fix is being prepared: longer than a delivery is tried.
pub const DELIVERY_LEASE: Duration = Duration::from_hours(2);
/// How long it lasts from when the fix's object has it: longer than a plan waits for approval (24
/// hours) and a fix for rate limits (3). It ends with the fix; this is for one that is lost.
pub const FIX_LEASE: Duration = Duration::from_hours(28);
/// How long a person on Discord keeps an issue: a working day, because no program of theirs gives
/// signs of life.
pub const PERSON_LEASE: Duration = Duration::from_hours(8);

/// What everybody on Discord is called in the hub: its lists are read by others.
const ON_DISCORD: &str = "somebody on Discord";

/// The ids under which a fix claims its issue.
pub fn claims_of_fix(issue: &LinkedIssue, repository: &RepoName, said: &[&str]) -> Vec<IssueRef> {
    let linear = IssueRef::parse(issue.key.as_str()).ok();
    let mut linked: Vec<IssueRef> = said
        .iter()
        .flat_map(|text| find(text, &Scope::default()))
        .filter_map(|found| match found.reference {
            Reference::GitHubIssue(link) if !link.is_pull_request => Some(link),
            _ => None,
        })
        .filter(|link| link.repository == *repository)
        .filter_map(|link| IssueRef::parse(&format!("{}#{}", link.repository, link.number)).ok())
        .collect();
    linked.sort();
    linked.dedup();
    // Two issues: which one is fixed nobody can say.
    let linked = (linked.len() == 1).then(|| linked.remove(0));
    linear.into_iter().chain(linked).collect()
}

/// What people are shown of an issue.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Its title.
    pub title: &'a str,
    /// Where they read it.
    pub url: &'a str,
}

impl<'a> From<&'a LinkedIssue> for About<'a> {
    fn from(issue: &'a LinkedIssue) -> Self {
        Self {
            title: &issue.title,
            url: &issue.url,
        }
    }
}

/// Who claims for a fix.
fn owner_of_fix(job: &JobId) -> Owner {
    Owner {
        client: ClientId::bot(),
        job: Some(job.to_string()),
    }
}

/// Who claims for a person on Discord. Only we see who it is.
fn owner_on_discord(user: &UserId) -> Owner {
    Owner {
        client: ClientId::of_discord(user),
        job: Some(user.to_string()),
    }
}

/// Claims all of a fix's ids, or none: else the claim that is in the way.
pub async fn claim_for_fix(
    hubs: &impl Hubs,
    job: &JobId,
    ids: &[IssueRef],
    about: About<'_>,
    lease: Duration,
) -> Result<Result<(), Box<Claim>>, String> {
    for id in ids {
        let wanted = Wanted {
            issue: id.clone(),
            repo: id.repo().unwrap_or_default().to_owned(),
            number: id.number(),
            title: about.title.to_owned(),
            url: about.url.to_owned(),
            owner: owner_of_fix(job),
            client_name: ClientId::bot().default_name(),
            ttl: lease,
        };
        if let Err(others) = claim(hubs, wanted).await? {
            release_for_fix(hubs, job, ids).await?;
            return Ok(Err(others));
        }
    }
    Ok(Ok(()))
}

/// The fix came to nothing: others may.
pub async fn release_for_fix(
    hubs: &impl Hubs,
    job: &JobId,
    ids: &[IssueRef],
) -> Result<(), String> {
    for issue in ids {
        let owner = owner_of_fix(job);
        let issue = issue.clone();
        claims::ask(
            hubs,
            Shard::of_issue(&issue),
            Request::Release { issue, owner },
        )
        .await?;
    }
    Ok(())
}

/// Nobody knows any more what the fix had claimed: every object is asked.
pub async fn release_all_of_fix(hubs: &impl Hubs, job: &JobId) -> Result<(), String> {
    let asked = Shard::all_of_claims().map(|shard| {
        let owner = owner_of_fix(job);
        claims::ask(hubs, shard, Request::ReleaseAll { owner })
    });
    try_join_all(asked).await.map(drop)
}

/// The fix has a pull request: nobody else has to do it.
pub async fn complete_for_fix(
    hubs: &impl Hubs,
    job: &JobId,
    ids: &[IssueRef],
    pull_request: &PullRequestRef,
) -> Result<(), String> {
    for issue in ids {
        let change = Request::Change {
            issue: issue.clone(),
            owner: owner_of_fix(job),
            status: Status::Completed,
            pull_request: pull_request.clone(),
            ttl: FIX_LEASE,
        };
        // What is another's by now was lost to time: the pull request is there all the same.
        claims::ask(hubs, Shard::of_issue(issue), change).await?;
    }
    Ok(())
}

/// A person on Discord claims an issue.
pub async fn claim_for_person(
    hubs: &impl Hubs,
    user: &UserId,
    issue: &IssueRef,
    about: About<'_>,
) -> Result<Result<Claim, Box<Claim>>, String> {
    let wanted = Wanted {
        repo: issue.repo().unwrap_or_default().to_owned(),
        number: issue.number(),
        issue: issue.clone(),
        title: about.title.to_owned(),
        url: about.url.to_owned(),
        owner: owner_on_discord(user),
        client_name: ON_DISCORD.to_owned(),
        ttl: PERSON_LEASE,
    };
    claim(hubs, wanted).await
}

/// A person on Discord gives an issue back. `Err` is the claim of somebody else.
pub async fn release_for_person(
    hubs: &impl Hubs,
    user: &UserId,
    issue: &IssueRef,
) -> Result<Result<(), Box<Claim>>, String> {
    let (shard, issue) = (Shard::of_issue(issue), issue.clone());
    let owner = owner_on_discord(user);
    let release = Request::Release {
        issue: issue.clone(),
        owner,
    };
    if let Response::Released = claims::ask(hubs, shard, release).await? {
        return Ok(Ok(()));
    }
    match claims::ask(hubs, shard, Request::Find { issue }).await? {
        Response::Found(Some(others)) => Ok(Err(Box::new(others))),
        _ => Ok(Ok(())),
    }
}

async fn claim(hubs: &impl Hubs, wanted: Wanted) -> Result<Result<Claim, Box<Claim>>, String> {
    let shard = Shard::of_issue(&wanted.issue);
    match claims::ask(hubs, shard, Request::Claim(wanted)).await? {
        Response::Yours(claim) => Ok(Ok(claim)),
        Response::Others(claim) => Ok(Err(Box::new(claim))),
        other => Err(format!("the object of claims answered {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue() -> LinkedIssue {
        LinkedIssue {
            key: "ENG-7".into(),
            uuid: "uuid".into(),
            url: "https://linear.app/acme/issue/ENG-7".to_owned(),
            title: "Save is dead".to_owned(),
        }
    }

    fn ids(said: &[&str]) -> Vec<String> {
        let repository = RepoName::new("acme", "web").unwrap();
        let ids = claims_of_fix(&issue(), &repository, said);
        ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_fix_claims_its_issue_and_the_one_of_github_that_was_meant() {
        assert_eq!(ids(&[]), ["ENG-7"]);
        let link = "see https://github.com/acme/web/issues/12 please";
        assert_eq!(
            ids(&[link, "again: https://github.com/acme/web/issues/12#x"]),
            ["ENG-7", "acme/web#12"]
        );
    }

    #[test]
    fn what_is_not_surely_meant_is_not_claimed() {
        let (one, two) = (
            "https://github.com/acme/web/issues/12",
            "https://github.com/acme/web/issues/13",
        );
        assert_eq!(ids(&[one, two]), ["ENG-7"], "two issues");
        assert_eq!(
            ids(&["https://github.com/acme/api/issues/12"]),
            ["ENG-7"],
            "another repository"
        );
        assert_eq!(
            ids(&["https://github.com/acme/web/pull/12"]),
            ["ENG-7"],
            "a pull request"
        );
    }
}
