//! Whether a fix may begin, by the limits of people and servers.

use super::Delivery;
use crate::consumer::Platform;
use crate::fault::Fault;
use crate::fix::Jobs;
use crate::job::Job;
use crate::ledger;
use crate::report;

impl<P: Platform + Jobs> Delivery<'_, P> {
    /// Takes a place for this fix, or says why there is none and when there will be.
    /// Repeatable: the ledgers know a fix that they have let begin.
    pub(super) async fn take_place(&self, job: &Job) -> Result<(), Fault> {
        let expected = self.settings.runs.limits.wall_clock;
        match ledger::admit(self.platform, &self.reply, expected).await? {
            Ok(()) => Ok(()),
            Err(refusal) => {
                let record = self.refused(job, refusal.setting());
                self.record_if_possible(vec![record]).await;
                Err(Fault::Rejected(report::limit_reached(&refusal)))
            }
        }
    }

    /// Gives the place back of a fix that came to nothing before it began.
    pub(super) async fn give_place_back(&self) {
        ledger::withdraw(self.platform, &self.reply).await;
    }
}
