//! Saving the work of a run while it goes on.
//!
//! Invariant: a container that is killed loses no more work than that of one
//! [`CHECKPOINT_EVERY`]. Saving never ends a run, and never replaces work that was saved by
//! nothing.

use jiff::Timestamp;

use super::{CHECKPOINT_EVERY, Coding, CodingPhase, Fix, Stage};
use crate::executor::{Checkpoint, RunState, RunStatus};

impl Coding {
    /// Whether the work of a run that stands like this is to be saved now.
    pub(super) fn is_save_due(&self, status: &RunStatus, since: Timestamp, now: Timestamp) -> bool {
        let last = self.saved_at.unwrap_or(since);
        status.state == RunState::Running && now >= last + CHECKPOINT_EVERY
    }
}

impl Fix {
    /// The run goes on; its work so far is safe, if there was any and it can be stored.
    pub(super) fn checkpointed(
        &self,
        coding: &Coding,
        saved: Option<Checkpoint>,
        now: Timestamp,
    ) -> Stage {
        let mut coding = coding.clone();
        self.keep_work(&mut coding, saved);
        coding.saved_at = Some(now);
        if let CodingPhase::Watch {
            is_save_due,
            silent_since,
            ..
        } = &mut coding.phase
        {
            *is_save_due = false;
            *silent_since = None;
        }
        Stage::Coding(coding)
    }

    /// The next run goes on from this, unless there is nothing or too much of it to be stored.
    pub(super) fn keep_work(&self, coding: &mut Coding, saved: Option<Checkpoint>) {
        if let Some(saved) = saved.filter(|saved| self.fits(&saved.changes)) {
            coding.checkpoint = Some(saved);
        }
    }
}

#[cfg(test)]
mod tests;
