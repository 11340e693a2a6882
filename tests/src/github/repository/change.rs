//! Writing a commit the way `createCommitOnBranch` does: whole files in, whole files out, on top
//! of an expected head, and nothing at all when any part of it cannot be done.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::memory::Edit;
use super::{GitFailed, Person, Repository, text};

/// The files of a commit to be made.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Paths with their new bytes.
    pub additions: Vec<(String, Vec<u8>)>,
    /// Paths that go.
    pub deletions: Vec<String>,
}

/// Why a commit was not made. Nothing was written that anybody can see.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefused {
    /// There is no such branch.
    #[error("no such branch")]
    NoBranch,
    /// The branch has moved.
    #[error("the branch points to {actual}")]
    Stale {
        /// Where it points.
        actual: String,
    },
    /// A path to delete is not there.
    #[error("{0} does not exist")]
    NothingToDelete(String),
    /// A path that no tree can hold, or that two changes contend for.
    #[error("bad path {0}")]
    BadPath(String),
    /// The tree would stay as it is.
    #[error("nothing changes")]
    Empty,
    /// git itself failed.
    #[error(transparent)]
    Git(#[from] GitFailed),
}

impl Repository {
    /// Appends one commit to a branch that must point at `expected_head`.
    pub fn commit_on_branch(
        &self,
        branch: &str,
        expected_head: &str,
        changes: &Changes,
        message: &str,
        (author, committer): (&Person, &Person),
        at: Timestamp,
    ) -> Result<String, ChangeRefused> {
        let head = self.head(branch).ok_or(ChangeRefused::NoBranch)?;
        if head != expected_head {
            return Err(ChangeRefused::Stale { actual: head });
        }
        let tree = self.changed_tree(&head, changes)?;
        if self.commit(&head).is_some_and(|commit| commit.tree == tree) {
            return Err(ChangeRefused::Empty);
        }
        let commit = self.commit_tree(&tree, &[&head], message, author, committer, at)?;
        self.move_ref(&format!("refs/heads/{branch}"), &commit, Some(&head))?;
        Ok(commit)
    }

    /// A merge commit that no ref points to; nothing when the two conflict.
    pub fn trial_merge(&self, base: &str, head: &str, at: Timestamp) -> Option<String> {
        let tree = self.merged_tree(base, head)?;
        let author = Person::new("GitHub", "noreply@github.com");
        let message = format!("Merge {head} into {base}");
        self.commit_tree(&tree, &[base, head], &message, &author, &author, at)
            .ok()
    }

    /// The tree of `head` with the changes.
    fn changed_tree(&self, head: &str, changes: &Changes) -> Result<String, ChangeRefused> {
        let entries = self.tree(head, "", true);
        let modes: BTreeMap<_, _> = entries
            .iter()
            .map(|e| (e.path.as_str(), e.mode.as_str()))
            .collect();
        let mut edits: Vec<Edit<'_>> = Vec::new();
        for path in &changes.deletions {
            if !modes.contains_key(path.as_str()) {
                return Err(ChangeRefused::NothingToDelete(path.clone()));
            }
            edits.push((path, None));
        }
        let mut seen: BTreeSet<_> = modes
            .keys()
            .copied()
            .filter(|path| !changes.deletions.iter().any(|gone| gone == path))
            .collect();
        let mut added = BTreeSet::new();
        for (path, bytes) in &changes.additions {
            seen.insert(path);
            if !added.insert(path) || is_file_and_directory(path, &seen) || !is_plain_path(path) {
                return Err(ChangeRefused::BadPath(path.clone()));
            }
            // The mutation carries no mode: a file keeps its own, a new one is not executable.
            let mode = modes
                .get(path.as_str())
                .filter(|mode| **mode == "100755")
                .unwrap_or(&"100644");
            edits.push((path, Some((mode, bytes))));
        }
        Ok(self.edited_tree(head, &edits)?)
    }

    /// The same, written through an index of its own.
    fn edited_tree(&self, head: &str, edits: &[Edit<'_>]) -> Result<String, GitFailed> {
        if let Some(mut objects) = self.objects() {
            return objects.edited_tree(head, edits);
        }
        let mut instructions = String::new();
        for (path, edit) in edits {
            let _ = match edit {
                None => write!(instructions, "0 {}\t{path}\0", "0".repeat(40)),
                Some((mode, bytes)) => {
                    let blob =
                        text(&self.git_with(&[], ["hash-object", "-w", "--stdin"], bytes)?);
                    write!(instructions, "{mode} {blob}\t{path}\0")
                }
            };
        }
        let index = self.scratch_index();
        let environment = [("GIT_INDEX_FILE", OsStr::new(&index))];
        let written = self
            .git_with(&environment, ["read-tree", head], &[])
            .and_then(|_| {
                self.git_with(
                    &environment,
                    ["update-index", "-z", "--index-info"],
                    instructions.as_bytes(),
                )
            })
            .and_then(|_| self.git_with(&environment, ["write-tree"], &[]));
        let _ = std::fs::remove_file(&index);
        Ok(text(&written?))
    }
}

/// Whether a path can be a file of a tree: relative, normal, and not git's own.
fn is_plain_path(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\0', '\\'])
        && path
            .split('/')
            .all(|s| !matches!(s, "" | "." | "..") && !s.eq_ignore_ascii_case(".git"))
}

/// Whether one of a path's folders is a file, or the path itself a folder.
fn is_file_and_directory(path: &str, files: &BTreeSet<&str>) -> bool {
    let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    let below = format!("{path}/");
    folders.into_iter().any(|folder| files.contains(folder))
        || files.iter().any(|file| file.starts_with(&below))
}
