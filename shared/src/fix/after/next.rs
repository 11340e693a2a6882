//! What is done next after the pull request was opened.

use jiff::Timestamp;

use super::{After, ROUND_IS_LOST_AFTER, RoundStanding, Todo};
use crate::fix::{Closing, Effect, Fix, MergeStep, Next, Stage};

impl Fix {
    /// What is next when the job itself has ended.
    pub(in crate::fix) fn next_after(&self, now: Timestamp) -> Next {
        if !self.is_followed() {
            return Next::Rest;
        }
        self.after.next(now)
    }

    /// Whether there is a pull request whose fate is followed, and the job has ended.
    pub(in crate::fix) fn is_followed(&self) -> bool {
        let closed = MergeStep::Close(Closing::Closed);
        !self.is_round() && matches!(&self.stage, Stage::Merge(merge) if merge.step == closed)
    }
}

impl After {
    fn next(&self, now: Timestamp) -> Next {
        if let Some(todo) = self.pending(now) {
            return match self.retry.not_before {
                Some(not_before) if now < not_before => Next::WaitUntil(not_before),
                _ => Next::Perform(Effect::After(Box::new(todo))),
            };
        }
        match self.next_look() {
            Some(at) => Next::WaitUntil(at),
            None => Next::Rest,
        }
    }

    /// The first thing on the list that can be done now. While a round works on the branch, nothing
    /// begins that would make another.
    pub(super) fn pending(&self, now: Timestamp) -> Option<Todo> {
        let is_busy = self.running().is_some();
        let begins_a_round = |todo: &Todo| matches!(todo, Todo::ReadReview { .. });
        let listed = self
            .todo
            .iter()
            .find(|todo| !(is_busy && begins_a_round(todo)));
        if listed.is_some() {
            return listed.cloned();
        }
        let due = self.checks_due.filter(|due| !is_busy && due.at <= now)?;
        let _ = due;
        Some(Todo::ReadChecks {
            answered: self.answered.clone(),
        })
    }

    /// When to look again by ourselves: at checks, after a round that has fallen silent, or because
    /// a notice may have been lost.
    fn next_look(&self) -> Option<Timestamp> {
        let expected = match self.running().map(|record| &record.standing) {
            Some(RoundStanding::Running { ordered_at, .. }) => {
                Some(*ordered_at + ROUND_IS_LOST_AFTER)
            }
            _ => self.checks_due.map(|due| due.at),
        };
        expected.into_iter().chain(self.pulse()).min()
    }
}
