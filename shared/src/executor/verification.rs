//! The repository's own commands, run on a change after the agent has ended.
//!
//! What they say is evidence for the reviewer, not a gate: the change was taken before they ran,
//! and nothing that they write gets into it.

use serde::{Deserialize, Serialize};

/// The most commands of one run.
pub const MAX_VERIFY_COMMANDS: usize = 5;
/// The longest command, in bytes.
pub const MAX_VERIFY_BYTES: usize = 500;

/// What one command came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// The command.
    pub command: String,
    /// How it ended.
    pub outcome: VerifyOutcome,
    /// The end of what it wrote, at most 4,000 characters. Untrusted.
    pub output: String,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "ended",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum VerifyOutcome {
    /// With exit code 0.
    Passed,
    /// With another code: 128 and the signal's number for one that was killed.
    Failed {
        /// The code.
        exit_code: i32,
    },
    /// It had no more time.
    TimedOut,
}

impl Verification {
    /// Whether it passed.
    pub fn has_passed(&self) -> bool {
        self.outcome == VerifyOutcome::Passed
    }

    /// Whether a text may be such a command: one line of bounded length.
    pub fn is_command(text: &str) -> bool {
        !text.trim().is_empty()
            && text.len() <= MAX_VERIFY_BYTES
            && !text.chars().any(char::is_control)
    }
}
