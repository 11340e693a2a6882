//! What operators may do to a job of a conversation that has ended.

use super::{Outcome, Reopened, Thread};
use crate::id::JobId;

impl Thread {
    /// Forgets that a job ended on the dead-letter queue, so that a redelivery of it acts. Any
    /// other end stands: that is what makes a replay happen once.
    pub(super) fn reopen(&mut self, job: &JobId) -> Reopened {
        if self.entry(job).is_some() {
            return Reopened::InProgress;
        }
        let Some(at) = self.ended.iter().position(|ended| ended.job == *job) else {
            // It never got as far as this object, or was forgotten.
            return Reopened::Open;
        };
        match &self.ended[at].outcome {
            Outcome::Parked(_) => {
                self.ended.remove(at);
                Reopened::Open
            }
            outcome => Reopened::Over {
                outcome: outcome.clone(),
            },
        }
    }
}
