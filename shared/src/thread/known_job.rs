//! The jobs of a conversation by name: what people can point at in a command, and what a button
//! under an older message is about.

use serde::{Deserialize, Serialize};

use super::{Outcome, Phase, Thread, View};
use crate::command::Verb;
use crate::id::JobId;

/// The most jobs that a conversation tells of: as many as Discord offers while somebody types.
pub const MAX_KNOWN_JOBS: usize = 25;

/// A job of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownJob {
    /// The job.
    pub job: JobId,
    /// Its command.
    pub command: Verb,
    /// Whether a Job object has it, or had it before it ended.
    pub is_fix: bool,
    /// How it stands.
    pub standing: Standing,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// In line.
    Waiting,
    /// Something is being done about it.
    Running,
    /// Its terminal message is out.
    Ended(Outcome),
}

impl Standing {
    /// Whether its terminal message is out.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

impl Thread {
    /// The open jobs first, then those that have ended, the newest of each first. Questions and
    /// orders about work are left out.
    pub(super) fn known_jobs(&self) -> Vec<KnownJob> {
        let open = self.jobs.iter().rev().map(|entry| KnownJob {
            job: entry.arrival.job().clone(),
            command: entry.arrival.task.command.verb(),
            is_fix: matches!(entry.phase, Phase::HandedOver { .. }),
            standing: match entry.phase {
                Phase::Waiting { .. } => Standing::Waiting,
                Phase::Acting { .. } | Phase::HandedOver { .. } => Standing::Running,
            },
        });
        let ended = self.ended.iter().rev().map(|ended| KnownJob {
            job: ended.job.clone(),
            command: ended.command,
            is_fix: ended.is_fix,
            standing: Standing::Ended(ended.outcome.clone()),
        });
        open.chain(ended)
            .filter(|known| super::step::is_work(known.command))
            .take(MAX_KNOWN_JOBS)
            .collect()
    }
}

impl View {
    /// A job of the conversation.
    pub fn job(&self, job: &JobId) -> Option<&KnownJob> {
        self.jobs.iter().find(|known| known.job == *job)
    }

    /// The running fix; if none runs, the one that ended last.
    pub fn newest_fix(&self) -> Option<&KnownJob> {
        let is_running = |known: &&KnownJob| self.running_fix.as_ref() == Some(&known.job);
        let mut fixes = self.jobs.iter().filter(|known| known.is_fix);
        fixes.clone().find(is_running).or_else(|| fixes.next())
    }
}
