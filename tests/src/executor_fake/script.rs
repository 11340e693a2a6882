//! What a run will do, written down before it begins.

use std::time::Duration;

use shared::change::{ChangeKind, Content, FileChange};
use shared::executor::{RunFailure, RunOutcome, Spent, Verification, VerifyOutcome};

/// The course of one run.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) takes: Duration,
    pub(super) steps: Vec<String>,
    pub(super) outcome: RunOutcome,
    pub(super) changes: Vec<FileChange>,
    pub(super) summary: String,
    pub(super) spent: Spent,
    pub(super) trouble: Option<(Duration, Trouble)>,
    pub(super) fails_to_verify: bool,
    pub(super) crash_report: Option<Vec<u8>>,
    pub(super) packed_report: Option<Vec<u8>>,
}

/// What befalls a run on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The container dies; its successor knows nothing.
    Dies,
    /// Nothing is answered for so long; the run goes on meanwhile.
    FallsSilent(Duration),
    /// The container is told to shut down: the run stops with a checkpoint.
    IsInterrupted,
}

impl Script {
    /// A run of twenty seconds that modifies these files.
    pub fn modifies(files: &[(&str, &str)]) -> Self {
        let changes = files.iter().map(|(path, text)| modified(path, text));
        Self::changes(changes.collect())
    }

    /// A run of twenty seconds that comes back with these changes.
    pub fn changes(changes: Vec<FileChange>) -> Self {
        Self {
            takes: Duration::from_secs(20),
            steps: ["Reading src/cart.js", "Editing src/cart.js"]
                .map(str::to_owned)
                .into(),
            outcome: RunOutcome::Completed,
            changes,
            summary: "The quantity is a number now.".to_owned(),
            spent: Spent {
                elapsed: Duration::from_secs(20),
                turns: 4,
                cost_usd: 0.12,
            },
            trouble: None,
            fails_to_verify: false,
            crash_report: None,
            packed_report: None,
        }
    }

    /// A run that looks around and changes nothing.
    pub fn changes_nothing(summary: &str) -> Self {
        Self {
            summary: summary.to_owned(),
            ..Self::changes(Vec::new())
        }
    }

    /// A run that comes to nothing.
    pub fn fails(failure: RunFailure) -> Self {
        Self {
            outcome: RunOutcome::Failed { failure },
            summary: String::new(),
            ..Self::changes(Vec::new())
        }
    }

    /// The same, but what it changes does not pass the repository's own commands.
    #[must_use]
    pub fn failing_to_verify(mut self) -> Self {
        self.fails_to_verify = true;
        self
    }

    /// The same, and if it fails, this is its crash report.
    #[must_use]
    pub fn leaving(mut self, crash_report: Vec<u8>) -> Self {
        self.crash_report = Some(crash_report);
        self
    }

    /// The same of an executor that packs: these bytes are the report packed.
    #[must_use]
    pub fn packed_as(mut self, packed: Vec<u8>) -> Self {
        self.packed_report = Some(packed);
        self
    }

    pub(super) fn verified(&self, line: &str) -> Verification {
        let (outcome, output) = if self.fails_to_verify {
            (VerifyOutcome::Failed { exit_code: 1 }, "1 test failed")
        } else {
            (VerifyOutcome::Passed, "all tests passed")
        };
        Verification {
            command: line.to_owned(),
            outcome,
            output: output.to_owned(),
        }
    }

    /// The same, but it comes to nothing for this reason, with its work done.
    #[must_use]
    pub fn stopped_by(mut self, failure: RunFailure) -> Self {
        self.outcome = RunOutcome::Failed { failure };
        self
    }

    /// The changes that it makes.
    pub fn changed(&self) -> Vec<FileChange> {
        self.changes.clone()
    }

    /// The same, but it takes so long.
    #[must_use]
    pub fn taking(mut self, takes: Duration) -> Self {
        self.takes = takes;
        self.spent.elapsed = takes;
        self
    }

    /// The same, but this happens so long after its start.
    #[must_use]
    pub fn until(mut self, after: Duration, trouble: Trouble) -> Self {
        self.trouble = Some((after, trouble));
        self
    }
}

/// A regular file with new text.
pub fn modified(path: &str, text: &str) -> FileChange {
    FileChange {
        path: path.to_owned(),
        kind: ChangeKind::Modified {
            old_mode: "100644".to_owned(),
            mode: "100644".to_owned(),
            content: Content(text.into()),
        },
    }
}
