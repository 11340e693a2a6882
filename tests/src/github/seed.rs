//! How stories set GitHub up, past the API.

use std::collections::BTreeMap;
use std::path::Path;

use super::access::{Access, Level, Permissions, permissions};
use super::hook::AppHook;
use super::limits::{Limits, Resource};
use super::repository::Repository;
use super::state::{Hosted, State};
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
            ("actions", Level::Read),
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
            repositories: BTreeMap::new(),
            next_id: 1_000,
            hook: AppHook::default(),
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
            state.host(owner, name, git);
        }
        self
    }

    /// Hosts a repository that there is.
    #[must_use]
    pub fn hosting(self, full_name: &str, git: Repository) -> Self {
        let (owner, name) = full_name.split_once('/').expect("owner/name");
        self.fake.lock().host(owner, name, git);
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
}

impl State {
    fn host(&mut self, owner: &str, name: &str, git: Repository) {
        let hosted = Hosted {
            id: self.fresh_id(),
            owner: owner.to_owned(),
            name: name.to_owned(),
            git,
            default_branch: "main".to_owned(),
            private: true,
            archived: false,
            collaborators: [owner.to_owned()].into(),
            pulls: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: Vec::new(),
            remarks: Vec::new(),
            checks: Vec::new(),
            statuses: Vec::new(),
        };
        let full_name = format!("{owner}/{name}").to_lowercase();
        self.repositories.insert(full_name, hosted);
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
