//! The path policy: which files of a run's result may become a commit (design, rule 7).
//!
//! Invariant: a change reaches a commit only as [`ApprovedChanges`], and only [`Policy::judge`]
//! makes one. A path passes when it is a plain, portable, unambiguous name *and* lies in an
//! allowed folder *and* is nothing protected; protection wins over permission everywhere.
//!
//! Everything here is the agent's word: paths are hostile text. So a path that two systems could
//! read as two different files (by case, Unicode form, invisible characters, Windows or HFS+
//! rules) is refused rather than normalised. What is judged is then what is committed, byte for
//! byte.
//!
//! Out of scope: what the bytes of an allowed file do. A person reviews the pull request.

mod list;
mod look;
mod protected;
mod reason;
mod settings;
mod shape;
#[cfg(test)]
mod tests;

use crate::change::FileChange;

pub use list::{MAX_FILES, MAX_TOTAL_BYTES};
pub use protected::Protected;
pub use reason::{Reason, Violation};
pub use settings::PolicyError;
pub use shape::{MAX_FOLDERS, MAX_PATH_BYTES, MAX_SEGMENT_BYTES};

/// The folders that are allowed unless the operator names others: where front-end code lives.
pub const DEFAULT_FOLDERS: [&str; 4] = ["src", "app", "components", "pages"];

/// Which paths may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Folders from the root of the repository, without slashes at the ends.
    allowed: Vec<String>,
    /// The operator's own globs, in lower case, on top of the built-in protection.
    denied: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allowed: DEFAULT_FOLDERS.map(str::to_owned).to_vec(),
            denied: Vec::new(),
        }
    }
}

impl Policy {
    /// The folders in which files may change, each with its slash.
    pub fn allowed_folders(&self) -> Vec<String> {
        self.allowed
            .iter()
            .map(|folder| format!("{folder}/"))
            .collect()
    }

    /// What this policy and somebody else's both let through. A folder of theirs that lies in none
    /// of these adds nothing.
    #[must_use]
    pub fn narrowed(&self, allowed: Option<&[String]>, denied: &[String]) -> Self {
        let is_in = |path: &str, folder: &str| path == folder || is_below(path, folder);
        let mut both: Vec<String> = match allowed {
            None => self.allowed.clone(),
            Some(theirs) => self
                .allowed
                .iter()
                .flat_map(|ours| theirs.iter().map(move |theirs| (ours, theirs)))
                .filter_map(|(ours, theirs)| {
                    let inner = if is_in(theirs, ours) {
                        Some(theirs)
                    } else {
                        is_in(ours, theirs).then_some(ours)
                    };
                    inner.cloned()
                })
                .collect(),
        };
        if allowed.is_some() {
            both.sort();
            both.dedup();
        }
        Self {
            allowed: both,
            denied: self.denied.iter().chain(denied).cloned().collect(),
        }
    }

    /// Whether no path at all may change.
    pub fn allows_nothing(&self) -> bool {
        self.allowed.is_empty()
    }

    /// Whether a regular file at `path` may change. Used on its own to drop search results that
    /// could never be committed.
    pub fn would_allow(&self, path: &str) -> Result<(), Reason> {
        shape::check(path)?;
        look::check(path)?;
        protected::check(path, &self.denied)?;
        if self.allowed.iter().any(|folder| is_below(path, folder)) {
            Ok(())
        } else {
            Err(Reason::OutsideAllowedFolders)
        }
    }

    /// Judges a whole result. All or nothing: one violation, and nothing may be committed.
    ///
    /// The order of `changes` does not matter, neither for the verdict nor for its contents.
    pub fn judge(&self, changes: &[FileChange]) -> Verdict {
        if let Err(violation) = list::check_size(changes) {
            return Verdict::Violations(vec![violation]);
        }
        let mut violations = Vec::new();
        for change in changes {
            for path in list::ends(change) {
                if let Err(reason) = self.would_allow(path) {
                    violations.push(Violation::new(path, reason));
                }
            }
            if let Err(reason) = list::check_modes(&change.kind) {
                violations.push(Violation::new(&change.path, reason));
            }
        }
        violations.extend(list::collisions(changes));
        if violations.is_empty() {
            let mut approved = changes.to_vec();
            approved.sort_by(|a, b| a.path.cmp(&b.path));
            return Verdict::Allowed(ApprovedChanges(approved));
        }
        violations.sort();
        violations.dedup();
        Verdict::Violations(violations)
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix('/'))
        .is_some_and(|rest| !rest.is_empty())
}

/// What the policy says about a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every change may be committed.
    Allowed(ApprovedChanges),
    /// Nothing may be committed, for these reasons, sorted by path.
    Violations(Vec<Violation>),
}

/// Changes that passed the policy: the only thing that the commit step takes.
///
/// It cannot be made, extended or deserialised elsewhere: a result that was stored is judged
/// again after it was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedChanges(Vec<FileChange>);

impl ApprovedChanges {
    /// The changes, sorted by path.
    pub fn changes(&self) -> &[FileChange] {
        &self.0
    }

    /// The changes, sorted by path.
    pub fn into_changes(self) -> Vec<FileChange> {
        self.0
    }

    /// Whether there is nothing to commit: a run that changed nothing is allowed, and empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
