//! A bare git repository: what GitHub keeps.
//!
//! On disk, every call runs the real `git`, cut off from the configuration of the machine, so that
//! what a client is shown is what a clone of the same repository holds. In memory ([`memory`]) it
//! has the same objects under the same ids, and no process is started: what a simulation needs
//! that plays a story ten thousand times.

mod change;
mod memory;
mod read;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::MutexGuard;

use jiff::Timestamp;

pub use self::change::{ChangeRefused, Changes};
pub use self::read::{Commit, Entry, Stat};

/// A name and an address, as a commit carries them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

impl Person {
    /// A person.
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            email: email.into(),
        }
    }
}

/// A bare repository. Clones are the same repository.
#[derive(Debug, Clone)]
pub struct Repository(Kept);

/// Where its objects are.
#[derive(Debug, Clone)]
enum Kept {
    /// In a directory that belongs to whoever made it.
    OnDisk(PathBuf),
    InMemory(memory::Shared),
}

/// git said no.
#[derive(Debug, thiserror::Error)]
#[error("git {command}: {stderr}")]
pub struct GitFailed {
    command: String,
    stderr: String,
}

impl Repository {
    /// An empty repository at `git_dir`, set up to serve as github.com does: any commit can be
    /// fetched by its id, and partial clones are allowed.
    pub fn create(git_dir: impl Into<PathBuf>, default_branch: &str) -> Result<Self, GitFailed> {
        let repository = Self(Kept::OnDisk(git_dir.into()));
        let path = repository.path().display().to_string();
        let head = format!("--initial-branch={default_branch}");
        repository.git(["init", "--quiet", "--bare", &head, &path])?;
        for (key, value) in [
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("uploadpack.allowFilter", "true"),
            ("http.receivepack", "true"),
            ("receive.denyDeleteCurrent", "true"),
            ("gc.auto", "0"),
        ] {
            repository.git(["config", key, value])?;
        }
        Ok(repository)
    }

    /// A repository that is already there.
    pub fn open(git_dir: impl Into<PathBuf>) -> Option<Self> {
        let repository = Self(Kept::OnDisk(git_dir.into()));
        repository
            .git(["rev-parse", "--git-dir"])
            .ok()
            .map(|_| repository)
    }

    /// A copy in memory that goes its own way.
    pub fn in_memory(&self) -> Result<Self, GitFailed> {
        let objects = match &self.0 {
            Kept::OnDisk(_) => memory::Objects::of(self)?,
            Kept::InMemory(shared) => shared.lock().clone(),
        };
        Ok(Self(Kept::InMemory(memory::Shared::new(objects))))
    }

    /// Where it lies. Panics for one in memory.
    pub fn path(&self) -> &Path {
        match &self.0 {
            Kept::OnDisk(git_dir) => git_dir,
            Kept::InMemory(_) => panic!("a repository in memory is nowhere on disk"),
        }
    }

    /// Its objects, where they are in memory.
    fn objects(&self) -> Option<MutexGuard<'_, memory::Objects>> {
        match &self.0 {
            Kept::OnDisk(_) => None,
            Kept::InMemory(shared) => Some(shared.lock()),
        }
    }

    /// Commits the files of a directory as the first commit of `branch`. What the directory's
    /// own `.gitignore` excludes stays out.
    pub fn import(&self, branch: &str, directory: &Path) -> Result<String, GitFailed> {
        let index = self.scratch_index();
        let tree = format!("--work-tree={}", directory.display());
        let added = self.git_with(
            &[("GIT_INDEX_FILE", index.as_os_str())],
            [&tree, "add", "--all", "."],
            &[],
        );
        let tree = added.and_then(|_| {
            self.git_with(
                &[("GIT_INDEX_FILE", index.as_os_str())],
                ["write-tree"],
                &[],
            )
        });
        let _ = std::fs::remove_file(&index);
        let tree = text(&tree?);
        let author = Person::new("Ada Example", "ada@example.com");
        let at = "2026-01-05T09:00:00Z".parse().expect("a valid timestamp");
        let commit = self.commit_tree(&tree, &[], "Import the project", &author, &author, at)?;
        self.move_ref(&format!("refs/heads/{branch}"), &commit, None)?;
        Ok(commit)
    }

    /// Points a ref at a commit, if it still points at `old` (`None`: does not exist yet).
    pub fn move_ref(&self, name: &str, new: &str, old: Option<&str>) -> Result<(), GitFailed> {
        if let Some(mut objects) = self.objects() {
            return objects.move_ref(name, new, old);
        }
        let old = old.unwrap_or("0000000000000000000000000000000000000000");
        self.git(["update-ref", name, new, old]).map(drop)
    }

    /// Deletes a ref, if it still points at `old`.
    pub fn delete_ref(&self, name: &str, old: &str) -> Result<(), GitFailed> {
        if let Some(mut objects) = self.objects() {
            return objects.delete_ref(name, old);
        }
        self.git(["update-ref", "-d", name, old]).map(drop)
    }

    /// Writes a commit object; no ref moves.
    pub(super) fn commit_tree(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        author: &Person,
        committer: &Person,
        at: Timestamp,
    ) -> Result<String, GitFailed> {
        if let Some(mut objects) = self.objects() {
            return objects.commit_tree(tree, parents, message, (author, committer), at);
        }
        let at = format!("{} +0000", at.as_second());
        let mut arguments = vec!["commit-tree", tree];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        let environment = [
            ("GIT_AUTHOR_NAME", OsStr::new(&author.name)),
            ("GIT_AUTHOR_EMAIL", OsStr::new(&author.email)),
            ("GIT_AUTHOR_DATE", OsStr::new(&at)),
            ("GIT_COMMITTER_NAME", OsStr::new(&committer.name)),
            ("GIT_COMMITTER_EMAIL", OsStr::new(&committer.email)),
            ("GIT_COMMITTER_DATE", OsStr::new(&at)),
        ];
        Ok(text(&self.git_with(
            &environment,
            arguments,
            message.as_bytes(),
        )?))
    }

    /// Runs git on this repository and returns what it printed.
    pub fn git<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(
        &self,
        arguments: I,
    ) -> Result<Vec<u8>, GitFailed> {
        self.git_with(&[], arguments, &[])
    }

    fn git_with<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(
        &self,
        environment: &[(&str, &OsStr)],
        arguments: I,
        input: &[u8],
    ) -> Result<Vec<u8>, GitFailed> {
        let mut command = isolated_git();
        command.env("GIT_DIR", self.path()).args(arguments);
        command.envs(environment.iter().copied());
        let named = format!("{:?}", command.get_args().collect::<Vec<_>>());
        run(command, input).map_err(|stderr| GitFailed {
            command: named,
            stderr,
        })
    }

    /// A path for an index that is used once.
    fn scratch_index(&self) -> PathBuf {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.path()
            .join(format!("scratch-{}-{number}.index", std::process::id()))
    }
}

/// git without the configuration, the credentials and the prompts of this machine.
pub(super) fn isolated_git() -> Command {
    let mut command = Command::new("git");
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_"))
    {
        command.env_remove(name);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C");
    command
}

/// Runs to the end, feeding `input`; the error is what it printed there.
fn run(mut command: Command, input: &[u8]) -> Result<Vec<u8>, String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|e| format!("cannot be started: {e}"))?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let output = std::thread::scope(|scope| {
        // Written from beside: git may fill its own pipe before it has read all of ours.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output()
    });
    let output = output.map_err(|e| e.to_string())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Output that is one line of text.
fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output)
        .trim_end_matches('\n')
        .to_owned()
}
