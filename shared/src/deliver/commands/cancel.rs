//! Stopping what runs and what waits.
//!
//! Repeatable: what has been stopped is stopped; a fix that is just being started is told right after
//! ([`handover`](crate::deliver::handover)).

use super::answered;
use crate::consumer::Platform;
use crate::deliver::orders::named_job;
use crate::deliver::{Delivery, Done};
use crate::fault::Fault;
use crate::fix::{self, Jobs};
use crate::id::JobId;
use crate::job::Job;
use crate::report;
use crate::roles::{Denied, Right};
use crate::thread::Cancelling;

impl<P: Platform + Jobs> Delivery<'_, P> {
    /// Stops what runs and waits, or only the job that is named. Whoever asks may stop their own
    /// always.
    pub(super) async fn cancel(&self, job: &Job, only: Option<JobId>) -> Result<Done, Fault> {
        let by = &job.discord_context.user_id;
        let others = self.may_cancel_others(job);
        if let Some(only) = &only {
            let view = self.thread.look().await?;
            let known = named_job(&view, only)?;
            if known.standing.is_ended() {
                return Err(Fault::Rejected(report::has_ended(known)));
            }
        }
        let cancelling = self
            .thread
            .cancel(by, &self.reply.job, only, others)
            .await?;
        let Cancelling {
            fix,
            waiting,
            of_others,
        } = cancelling;
        if fix.is_none() && waiting == 0 && of_others > 0 {
            let right = Right::CancelOthers;
            let record = self.refused(job, right.variable());
            self.record_if_possible(vec![record]).await;
            let nobody_may = !self.settings.roles.has_anybody(right);
            return Err(Fault::Rejected(report::denied(Denied {
                right,
                nobody_may,
            })));
        }
        let because = if others { "may cancel" } else { "requester" };
        let record = self.allowed(job, because.to_owned());
        self.record_if_possible(vec![record]).await;
        let line = match fix {
            Some(job) => {
                let request = fix::Request::Cancel { by: by.clone() };
                match self
                    .platform
                    .ask_job(&job, &request)
                    .await
                    .map_err(Fault::Platform)?
                {
                    fix::Response::TooLate(view) => Some(report::fix_cancel_line(Some(&view))),
                    // Missing: it is just being started, and is told right after.
                    _ => Some(report::fix_cancel_line(None)),
                }
            }
            None => None,
        };
        let line = match line {
            None if waiting == 0 => self.what_acts().await?,
            line => line,
        };
        Ok(answered(
            report::cancel_answer(line.as_deref(), waiting),
            "cancelled what ran",
        ))
    }

    /// What a delivery does right now, which cannot be stopped.
    async fn what_acts(&self) -> Result<Option<String>, Fault> {
        let view = self.thread.look().await?;
        let acts = view.open.first().map(|(_, name)| name);
        Ok(acts.map(|name| report::acting_cancel_line(name)))
    }
}
