//! How stories set GitHub up and look at it, past the API.

use std::path::Path;

use super::access::{Access, Level, Permissions, permissions};
use super::limits::{Limits, Resource};
use super::repository::{Changes, Commit, Person, Repository};
use super::state::{CheckRun, Comment, CommitStatus, Hosted, Issue, PullRequest, State};
use super::{DIALECT, GitHub};
use crate::clock::TestClock;
use crate::fake::Fake;

/// The files of a new repository.
#[derive(Debug, Clone, Copy)]
pub enum Files<'a> {
    /// Those of a directory.
    Directory(&'a Path),
    /// These paths with these texts.
    These(&'a [(&'a str, &'a str)]),
}

impl<'a> From<&'a Path> for Files<'a> {
    fn from(directory: &'a Path) -> Self {
        Self::Directory(directory)
    }
}

impl<'a, const N: usize> From<&'a [(&'a str, &'a str); N]> for Files<'a> {
    fn from(files: &'a [(&'a str, &'a str); N]) -> Self {
        Self::These(files)
    }
}

impl GitHub {
    /// A GitHub without repositories, whose disk goes when its last clone goes.
    pub fn new(clock: TestClock) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let root = temporary.path().to_owned();
        Self::with_root(clock, root, Some(temporary))
    }

    /// A GitHub that keeps its repositories under `root` and leaves them there: the demo's, so
    /// that its user can look at them afterwards.
    pub fn at(root: impl Into<std::path::PathBuf>, clock: TestClock) -> Self {
        Self::with_root(clock, root.into(), None)
    }

    fn with_root(
        clock: TestClock,
        root: std::path::PathBuf,
        temporary: Option<tempfile::TempDir>,
    ) -> Self {
        // What README asks an operator to grant, and no more.
        let app_permissions = permissions([
            ("checks", Level::Read),
            ("contents", Level::Write),
            ("issues", Level::Write),
            ("metadata", Level::Read),
            ("pull_requests", Level::Write),
            ("statuses", Level::Read),
        ]);
        let state = State {
            root,
            _temporary: temporary,
            clock,
            access: Access::new(app_permissions),
            limits: Limits::default(),
            repositories: std::collections::BTreeMap::new(),
            next_id: 1_000,
        };
        Self {
            fake: Fake::new(DIALECT, state),
        }
    }

    /// Hosts one more private repository, `owner/name`, whose first commit on `main` holds the
    /// files. One that already lies under the root is taken as it is.
    #[must_use]
    pub fn with_repository<'a>(self, full_name: &str, files: impl Into<Files<'a>>) -> Self {
        let (owner, name) = full_name.split_once('/').expect("owner/name");
        {
            let mut state = self.fake.lock();
            let git_dir = state.root.join(owner).join(format!("{name}.git"));
            let git = Repository::open(&git_dir)
                .unwrap_or_else(|| new_repository(&git_dir, files.into()));
            let hosted = Hosted {
                id: state.fresh_id(),
                owner: owner.to_owned(),
                name: name.to_owned(),
                git,
                default_branch: "main".to_owned(),
                private: true,
                archived: false,
                collaborators: [owner.to_owned()].into(),
                pulls: std::collections::BTreeMap::new(),
                issues: std::collections::BTreeMap::new(),
                comments: Vec::new(),
                checks: Vec::new(),
                statuses: Vec::new(),
            };
            state.repositories.insert(full_name.to_lowercase(), hosted);
        }
        self
    }

    /// A person's token that may do what bugbot's App may.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        let permissions = self.fake.lock().access.app_permissions.clone();
        self.with_narrow_token(token, permissions)
    }

    /// A person's token that may do only this.
    #[must_use]
    pub fn with_narrow_token(self, token: &str, permissions: Permissions) -> Self {
        self.fake
            .lock()
            .access
            .add_personal(token, "bugbot-operator", permissions);
        self
    }

    /// Makes a token bad from now on.
    pub fn revoke(&self, token: &str) {
        self.fake.lock().access.revoke(token);
    }

    /// Takes permissions from the App, as an owner can at any time. Tokens that it has already
    /// minted keep what they had.
    pub fn set_app_permissions(&self, permissions: Permissions) {
        self.fake.lock().access.app_permissions = permissions;
    }

    /// Every token that is or was good: what must not turn up in logs and sandboxes.
    pub fn tokens(&self) -> Vec<String> {
        self.fake.lock().access.all()
    }

    /// Allows so many requests a window.
    pub fn set_limit(&self, resource: Resource, limit: u32) {
        self.fake.lock().limits.set(resource, limit);
    }

    /// The repository on disk.
    pub fn repository(&self, full_name: &str) -> Repository {
        self.with(full_name, |hosted| hosted.git.clone())
    }

    /// Closes a repository to writing.
    pub fn archive(&self, full_name: &str) {
        self.with(full_name, |hosted| hosted.archived = true);
    }

    /// All pull requests, oldest first.
    pub fn pull_requests(&self, full_name: &str) -> Vec<PullRequest> {
        self.with(full_name, |hosted| hosted.pulls.values().cloned().collect())
    }

    /// The comments on an issue or pull request, oldest first.
    pub fn comments(&self, full_name: &str, number: u64) -> Vec<Comment> {
        self.with(full_name, |hosted| {
            hosted
                .comments
                .iter()
                .filter(|c| c.number == number)
                .cloned()
                .collect()
        })
    }

    /// The names of all branches.
    pub fn branches(&self, full_name: &str) -> Vec<String> {
        self.repository(full_name)
            .branches()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// The commits of `head` that `base` has not, oldest first.
    pub fn commits(&self, full_name: &str, base: &str, head: &str) -> Vec<Commit> {
        let git = self.repository(full_name);
        git.commits_between(base, head)
            .iter()
            .filter_map(|oid| git.commit(oid))
            .collect()
    }

    /// What a person would see of a pull request: `git diff base...head`.
    pub fn diff(&self, full_name: &str, base: &str, head: &str) -> String {
        self.repository(full_name)
            .diff(base, head)
            .expect("both branches exist")
    }

    /// Somebody else's commit, straight on a branch.
    pub fn push(&self, full_name: &str, branch: &str, path: &str, text: &str) -> String {
        let now = self.fake.lock().now();
        let git = self.repository(full_name);
        let head = git.head(branch).expect("the branch exists");
        let changes = Changes {
            additions: vec![(path.to_owned(), text.into())],
            deletions: Vec::new(),
        };
        let author = Person::new("Grace Example", "grace@example.com");
        git.commit_on_branch(
            branch,
            &head,
            &changes,
            &format!("Change {path}"),
            (&author, &author),
            now,
        )
        .expect("a commit that changes something")
    }

    /// Merges a pull request with a merge commit, as its green button does.
    pub fn merge(&self, full_name: &str, number: u64) -> String {
        let now = self.fake.lock().now();
        self.with(full_name, |hosted| {
            let pull = hosted
                .pulls
                .get(&number)
                .cloned()
                .expect("there is such a pull request");
            let (base, head) = (
                hosted.git.head(&pull.base).expect("the base exists"),
                hosted.head_of(&pull),
            );
            let tree = hosted
                .git
                .merged_tree(&base, &head)
                .expect("the branches do not conflict");
            let author = Person::new("Ada Example", "ada@example.com");
            let message = format!(
                "Merge pull request #{number} from {}/{}",
                hosted.owner, pull.head
            );
            let commit =
                hosted
                    .git
                    .commit_tree(&tree, &[&base, &head], &message, &author, &author, now);
            let commit = commit.expect("git writes the commit");
            let base_ref = format!("refs/heads/{}", pull.base);
            hosted
                .git
                .move_ref(&base_ref, &commit, Some(&base))
                .expect("nobody else moves the base");
            let merged = PullRequest {
                merged: Some((now, commit.clone())),
                closed_at: Some(now),
                final_head: Some(head),
                updated_at: now,
                ..pull
            };
            hosted.pulls.insert(number, merged);
            commit
        })
    }

    /// Opens an issue; its number.
    pub fn open_issue(&self, full_name: &str, title: &str, body: &str) -> u64 {
        let (now, id) = {
            let mut state = self.fake.lock();
            (state.now(), state.fresh_id())
        };
        self.with(full_name, |hosted| {
            let number = hosted.next_number();
            let issue = Issue {
                id,
                number,
                title: title.to_owned(),
                body: Some(body.to_owned()),
                author: hosted.owner.clone(),
                labels: Vec::new(),
                created_at: now,
            };
            hosted.issues.insert(number, issue);
            number
        })
    }

    /// What a check run on a commit says: `("completed", Some("success"))`.
    pub fn set_check(
        &self,
        full_name: &str,
        sha: &str,
        name: &str,
        (status, conclusion): (&str, Option<&str>),
    ) {
        let (at, id) = {
            let mut state = self.fake.lock();
            (state.now(), state.fresh_id())
        };
        self.with(full_name, |hosted| {
            hosted.checks.retain(|c| c.sha != sha || c.name != name);
            hosted.checks.push(CheckRun {
                id,
                sha: sha.to_owned(),
                name: name.to_owned(),
                status: status.to_owned(),
                conclusion: conclusion.map(str::to_owned),
                at,
            });
        });
    }

    /// What a status on a commit says: `success`, `failure`, `error` or `pending`.
    pub fn set_status(&self, full_name: &str, sha: &str, context: &str, state: &str) {
        let (at, id) = {
            let mut all = self.fake.lock();
            (all.now(), all.fresh_id())
        };
        self.with(full_name, |hosted| {
            hosted
                .statuses
                .retain(|s| s.sha != sha || s.context != context);
            let (sha, context, state) = (sha.to_owned(), context.to_owned(), state.to_owned());
            hosted.statuses.push(CommitStatus {
                id,
                sha,
                context,
                state,
                at,
            });
        });
    }

    fn with<T>(&self, full_name: &str, act: impl FnOnce(&mut Hosted) -> T) -> T {
        let mut state = self.fake.lock();
        let hosted = state.repositories.get_mut(&full_name.to_lowercase());
        act(hosted.unwrap_or_else(|| panic!("no repository {full_name}")))
    }
}

fn new_repository(git_dir: &Path, files: Files<'_>) -> Repository {
    let git = Repository::create(git_dir, "main").expect("git can make a repository");
    match files {
        Files::Directory(directory) => git.import("main", directory),
        Files::These(files) => {
            let scratch = tempfile::tempdir().expect("a temporary directory");
            for (path, text) in files {
                let path = scratch.path().join(path);
                std::fs::create_dir_all(path.parent().expect("inside the directory"))
                    .expect("a new directory");
                std::fs::write(path, text).expect("a new file");
            }
            git.import("main", scratch.path())
        }
    }
    .expect("git can import the files");
    git
}
