//! What GitHub knows: repositories with their pull requests, issues, checks, and who may see them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use shared::ports::Clock as _;

use super::access::{Access, Grant, Level};
use super::hook::AppHook;
use super::limits::Limits;
use super::refusal::Refusal;
use super::repository::Repository;
use crate::clock::TestClock;

/// Everything behind the lock.
#[derive(Debug)]
pub struct State {
    pub(super) root: PathBuf,
    /// Removes a temporary root when the last handle goes.
    pub(super) _temporary: Option<tempfile::TempDir>,
    pub(super) clock: TestClock,
    pub(super) access: Access,
    pub(super) limits: Limits,
    /// By full name in lower case: names are compared without regard to case.
    pub(super) repositories: BTreeMap<String, Hosted>,
    pub(super) next_id: u64,
    /// The App's webhook, and what it delivered.
    pub(super) hook: AppHook,
}

/// One repository as GitHub hosts it.
#[derive(Debug)]
pub(super) struct Hosted {
    pub(super) id: u64,
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) git: Repository,
    pub(super) default_branch: String,
    pub(super) private: bool,
    pub(super) archived: bool,
    /// Who can be asked for a review.
    pub(super) collaborators: BTreeSet<String>,
    pub(super) pulls: BTreeMap<u64, PullRequest>,
    pub(super) issues: BTreeMap<u64, Issue>,
    pub(super) comments: Vec<Comment>,
    pub(super) remarks: Vec<Remark>,
    pub(super) checks: Vec<CheckRun>,
    pub(super) statuses: Vec<CommitStatus>,
}

/// A pull request. Its head's commit is read from the branch while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// GitHub's id, across repositories.
    pub id: u64,
    /// The number within the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its description.
    pub body: Option<String>,
    /// The branch to merge.
    pub head: String,
    /// The branch to merge into.
    pub base: String,
    /// Who opened it.
    pub author: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether it was closed, by a merge or without.
    pub closed_at: Option<Timestamp>,
    /// When it was merged, and by which commit.
    pub merged: Option<(Timestamp, String)>,
    /// The head's commit when it was closed.
    pub(super) final_head: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Who was asked for a review.
    pub reviewers: Vec<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl PullRequest {
    /// Whether it can still be merged.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// An issue; pull requests have their own.
#[derive(Debug, Clone)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) author: String,
    pub(super) labels: Vec<String>,
    pub(super) created_at: Timestamp,
}

/// A comment on an issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// The issue or pull request it is on.
    pub number: u64,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub created_at: Timestamp,
}

/// What a reviewer wrote.
#[derive(Debug, Clone)]
pub(super) struct Remark {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) login: String,
    /// How its author is related to the repository: `MEMBER`.
    pub(super) association: String,
    /// The file and line; none for a review as a whole.
    pub(super) path: Option<(String, u64)>,
    pub(super) body: String,
}

/// A check run on a commit.
#[derive(Debug, Clone)]
pub(super) struct CheckRun {
    pub(super) id: u64,
    pub(super) sha: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) conclusion: Option<String>,
    /// The log of the job behind it.
    pub(super) log: String,
    pub(super) at: Timestamp,
}

/// A commit status of the older kind.
#[derive(Debug, Clone)]
pub(super) struct CommitStatus {
    pub(super) id: u64,
    pub(super) sha: String,
    pub(super) context: String,
    pub(super) state: String,
    pub(super) at: Timestamp,
}

impl State {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// The repository, if the token sees it and may do this in it.
    pub(super) fn open(
        &mut self,
        grant: &Grant,
        full_name: &str,
        (permission, level): (&str, Level),
    ) -> Result<&mut Hosted, Refusal> {
        let hosted = self
            .repositories
            .get_mut(&full_name.to_lowercase())
            .filter(|_| grant.sees(full_name));
        let hosted = hosted.ok_or_else(Refusal::not_found)?;
        grant.require(permission, level)?;
        if hosted.archived && level == Level::Write {
            return Err(Refusal::forbidden(
                "Repository was archived so is read-only.",
            ));
        }
        Ok(hosted)
    }
}

impl Hosted {
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The address of the repository for people.
    pub(super) fn html_url(&self) -> String {
        format!("https://github.com/{}", self.full_name())
    }

    /// The address of the repository for programs.
    pub(super) fn api_url(&self) -> String {
        format!("https://api.github.com/repos/{}", self.full_name())
    }

    /// The next number: issues and pull requests share them.
    pub(super) fn next_number(&self) -> u64 {
        let last = |mut keys: Vec<u64>| keys.pop().unwrap_or(0);
        let pulls = last(self.pulls.keys().copied().collect());
        pulls.max(last(self.issues.keys().copied().collect())) + 1
    }

    /// The commit that a pull request proposes.
    pub(super) fn head_of(&self, pull: &PullRequest) -> String {
        let closed = pull.final_head.clone();
        closed
            .or_else(|| self.git.head(&pull.head))
            .unwrap_or_default()
    }

    /// The open pull request between two branches.
    pub(super) fn open_pull(&self, head: &str, base: &str) -> Option<&PullRequest> {
        self.pulls
            .values()
            .find(|p| p.is_open() && p.head == head && p.base == base)
    }
}
