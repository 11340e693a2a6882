//! `.bugbot.toml`: what a repository says about fixes in it.
//!
//! Invariants: it is read from the repository's default branch, at the commit that the fix starts
//! from, never from a branch or a diff; it can make narrower what the operator allows and never
//! wider ([`RepositoryPolicy::narrow`]); a mistake in it stops the fix and says where it is. A fix
//! cannot change it: the path policy protects every hidden file.
//!
//! Whoever can write to the default branch can write this file. That is why it decides over paths
//! below the operator's, and over nothing that costs money or reaches further.

mod check;
mod read;
#[cfg(test)]
mod tests;

pub use read::{BadPolicy, parse};

use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// Where it is.
pub const PATH: &str = ".bugbot.toml";
/// The longest file that is read.
pub const MAX_BYTES: usize = 16 * 1024;
/// The most entries of a list of paths.
pub const MAX_PATHS: usize = 50;
/// The most commands to verify with.
pub const MAX_COMMANDS: usize = 5;
/// The longest command, in bytes.
pub const MAX_COMMAND_BYTES: usize = 500;
/// The most reviewers; the most labels.
pub const MAX_NAMES: usize = 10;

/// What the file says, checked in itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryPolicy {
    /// `allowed_paths`: folders in which files may change, of those that the operator allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_paths: Option<Vec<String>>,
    /// `denied_paths`: globs of what may not change, besides the operator's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied_paths: Vec<String>,
    /// `verify`: commands to check a change with, where the operator lets them run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verify: Vec<String>,
    /// `base_branch`: where fixes start from and go to, instead of the default branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// `reviewers`: who is asked to review; `org/team` is a team.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviewers: Vec<String>,
    /// `labels` of the pull request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// `approval`: whether somebody has to approve a fix before it begins. `false` does not undo
    /// the operator's `APPROVAL`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
    /// `fix_rounds`: how often failing checks are worked on, of what the operator allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix_rounds: Option<u32>,
}

impl RepositoryPolicy {
    /// The path policy of this repository: what both the operator and the file let through.
    #[must_use]
    pub fn narrow(&self, central: &Policy) -> Policy {
        central.narrowed(self.allowed_paths.as_deref(), &self.denied_paths)
    }

    /// How often failing checks are worked on.
    pub fn rounds_of(&self, central: u32) -> u32 {
        self.fix_rounds
            .map_or(central, |rounds| rounds.min(central))
    }

    /// The commands to verify with: none, unless the operator lets them run.
    pub fn verify_if(&self, allowed: bool) -> &[String] {
        if allowed { &self.verify } else { &[] }
    }

    /// Whether the pull request gets reviewers or labels.
    pub fn asks_for_review(&self) -> bool {
        !self.reviewers.is_empty() || !self.labels.is_empty()
    }
}
