//! How things stand, in the words of the objects that know.
//!
//! Invariant: reads only.

use super::answered;
use crate::consumer::Platform;
use crate::deliver::orders::named_job;
use crate::deliver::{Delivery, Done};
use crate::fault::Fault;
use crate::fix::{self, Jobs};
use crate::id::JobId;
use crate::report;
use crate::thread::KnownJob;
use crate::upstream;

impl<P: Platform + Jobs> Delivery<'_, P> {
    /// How the conversation stands, or one job of it.
    pub(super) async fn status(&self, of: Option<JobId>) -> Result<Done, Fault> {
        let view = self.thread.look().await?;
        if let Some(of) = of {
            return self.status_of(named_job(&view, &of)?).await;
        }
        let fix = match &view.running_fix {
            Some(job) => {
                match self
                    .platform
                    .ask_job(job, &fix::Request::Look)
                    .await
                    .map_err(Fault::Platform)?
                {
                    fix::Response::Seen(fix) => Some(fix),
                    _ => None,
                }
            }
            None => None,
        };
        let now = self.platform.now();
        let seen = upstream::look(self.platform).await;
        let waits = seen.into_iter().filter_map(|(service, health)| {
            let (until, why) = health.wait(now)?;
            Some((service, why == upstream::Why::Resting, until))
        });
        let waits: Vec<_> = waits.collect();
        Ok(answered(
            report::status(&view, fix.as_ref(), &waits),
            "showed the status",
        ))
    }

    /// How one job stands.
    async fn status_of(&self, known: &KnownJob) -> Result<Done, Fault> {
        let fix = if known.is_fix {
            let asked = self.platform.ask_job(&known.job, &fix::Request::Look).await;
            match asked.map_err(Fault::Platform)? {
                fix::Response::Seen(fix) => Some(fix),
                _ => None,
            }
        } else {
            None
        };
        Ok(answered(
            report::status_of(known, fix.as_ref()),
            "showed the status",
        ))
    }
}
