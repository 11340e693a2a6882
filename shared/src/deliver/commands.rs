//! What each command does, once it is its turn.

mod cancel;
mod status;

use super::order::order;
use super::{Delivery, Done, handover};
use crate::command::{Command, help::render_help};
use crate::consumer::Platform;
use crate::contextualize::{Work, contextualize};
use crate::discord::message::Message;
use crate::fault::Fault;
use crate::fix::{self, Jobs};
use crate::job::Job;
use crate::log::{Event, Said};
use crate::report::{self, LiveMessage};
use crate::service::ServiceError;
use crate::thread::{Known, LinkedIssue, Outcome, TurnHeld};

impl<P: Platform + Jobs> Delivery<'_, P> {
    /// Does what the job asks for.
    pub(super) async fn act(
        &self,
        job: &Job,
        turn: &TurnHeld,
        known: Known,
    ) -> Result<Done, Fault> {
        // Repeatable: reads, and one record.
        self.permit(job, &known).await?;
        match &job.command {
            Command::Contextualize(_) => self.contextualize(job, turn, known).await,
            Command::Fix(_) => self.fix(job, turn, known).await,
            Command::Retry(_) => self.retry(job, turn, known).await,
            Command::Status(options) => self.status(options.job_id()).await,
            Command::Cancel(options) => self.cancel(job, options.job_id()).await,
            Command::Approve(_) | Command::Reject(_) | Command::Steer(_) | Command::Deploy(_) => {
                self.order(job).await
            }
            Command::Continue(_) => self.go_on(job, turn, known).await,
            Command::Claim(_) => self.claim_issue(job, &known).await,
            Command::Release(_) => self.release_issue(job, &known).await,
            Command::Claims(_) => self.show_claims().await,
            Command::Leaderboard(_) => self.show_leaderboard().await,
            Command::Help(_) => Ok(answered(Message::text(render_help()), "showed the help")),
        }
    }

    async fn contextualize(&self, job: &Job, turn: &TurnHeld, known: Known) -> Result<Done, Fault> {
        self.announce(job, known.live.as_ref()).await;
        let done = contextualize(&self.work(turn, known.issue.as_ref()), job).await?;
        let outcome = Outcome::Succeeded(format!("context added to {}", done.issue.key));
        Ok(Done::Ended(
            Box::new(
                report::contextualized(&done).with_buttons(report::buttons::fix(&self.reply.job)),
            ),
            outcome,
        ))
    }

    /// Prepares the order and hands it to the Job object, which goes on with it.
    async fn fix(&self, job: &Job, turn: &TurnHeld, known: Known) -> Result<Done, Fault> {
        // An earlier delivery may have died right after it had started the Job object.
        if self.kept(known.started).await? {
            return Ok(Done::HandedOver);
        }
        self.take_place(job).await?;
        let live = self.announce(job, known.live.as_ref()).await;
        let work = self.work(turn, known.issue.as_ref());
        // Repeatable: reads, and makes at most one issue.
        let order = match order(&work, job, &self.reply, &known, live).await {
            Ok(order) => order,
            Err(fault) => return self.not_begun(fault).await,
        };
        // Repeatable: the issue is this job's already.
        let claimed = self.claim_for_fix(&order.claims, (&order.issue).into());
        if let Err(fault) = claimed.await {
            return self.not_begun(fault).await;
        }
        self.start(order, turn).await
    }

    /// Lets a fix go on that stopped for want of money, as a fix of this job: see
    /// `fix::continuing`.
    async fn go_on(&self, job: &Job, turn: &TurnHeld, known: Known) -> Result<Done, Fault> {
        if self.kept(known.started).await? {
            return Ok(Done::HandedOver);
        }
        let fix = self.meant_by(job).await?;
        self.take_place(job).await?;
        // Repeatable: the issue is this job's already.
        let claims = match self.claim_again(&fix).await {
            Ok(claims) => claims,
            Err(fault) => return self.not_begun(fault).await,
        };
        // Repeatable: the Job object knows the command by its id.
        let request = super::orders::request(job)?;
        let asked = self.platform.ask_job(&fix, &request).await;
        let mut order = match asked.map_err(Fault::Platform)? {
            fix::Response::GoesOn { order } => *order,
            fix::Response::Refused { why } => {
                self.give_issue_back(&claims).await;
                return self.not_begun(Fault::Rejected(why)).await;
            }
            fix::Response::Missing => {
                return self.not_begun(Fault::Rejected(report::no_fix_here())).await;
            }
            other => {
                return Err(Fault::Bug(format!(
                    "the job object answered {other:?} to continue"
                )));
            }
        };
        order.reply = self.reply.clone();
        order.live = self.announce(job, known.live.as_ref()).await;
        order.ordered_at = self.platform.now();
        self.start(order, turn).await
    }

    /// A fix that is rejected before it begins counts for no limit.
    async fn not_begun(&self, fault: Fault) -> Result<Done, Fault> {
        if matches!(fault, Fault::Rejected(_)) {
            self.give_place_back().await;
        }
        Err(fault)
    }

    /// Hands an order to the Job object of this job.
    async fn start(&self, mut order: fix::Order, turn: &TurnHeld) -> Result<Done, Fault> {
        order.quiet_until = self.quiet_until.get();
        // Repeatable: the same words again. What was stopped while it was prepared does not begin.
        let repository = order.repository.to_string();
        if let Some(by) = self.thread.starting(turn, repository).await? {
            self.give_place_back().await;
            self.give_issue_back(&order.claims).await;
            let (message, outcome) = super::stopped(&by);
            return Ok(Done::Ended(Box::new(message), outcome));
        }
        // Repeatable: the Job object knows an order that it has.
        let started = fix::Request::Start {
            order: Box::new(order),
        };
        match self
            .platform
            .ask_job(&self.reply.job, &started)
            .await
            .map_err(Fault::Platform)?
        {
            fix::Response::Started => {}
            other => {
                return Err(Fault::Bug(format!(
                    "the job object answered {other:?} to start"
                )));
            }
        }
        // Repeatable: if this is lost, the next delivery asks the Job object first and says so
        // again.
        let handed_over = self.thread.hand_over(&self.reply.job).await?;
        handover::pass_on(self.platform, &self.reply.job, handed_over.cancelled_by()).await?;
        Ok(Done::HandedOver)
    }

    /// Does what failed before again, under the id of this job.
    async fn retry(&self, job: &Job, turn: &TurnHeld, mut known: Known) -> Result<Done, Fault> {
        let Some(task) = known.again.take() else {
            return Err(Fault::Rejected(if job.command.options().job.is_some() {
                report::not_the_one_to_retry()
            } else {
                report::nothing_to_retry()
            }));
        };
        let job = task.given_to(job.clone());
        match &job.command {
            Command::Fix(_) => self.fix(&job, turn, known).await,
            _ => self.contextualize(&job, turn, known).await,
        }
    }

    /// The live message says that the job has begun. A thread that cannot be told so now is told
    /// at the end.
    async fn announce(&self, job: &Job, live: Option<&LiveMessage>) -> Option<LiveMessage> {
        if live.is_some() {
            return live.cloned();
        }
        let message = report::started(job.command.name());
        let now = self.platform.now();
        match report::show(&self.services.discord, &self.reply, None, &message, now).await {
            Ok(live) => {
                // Lost, it costs a sign of life; the message is found again by its token.
                let _ = self.thread.shown(&self.reply.job, &live).await;
                Some(live)
            }
            Err(error) => {
                if let ServiceError::RateLimited { retry_after } = error {
                    self.quiet_until.set(now.checked_add(retry_after).ok());
                }
                let error = Said(&error);
                self.platform
                    .note(&self.reply.trace(), Event::StartNotShown { error });
                None
            }
        }
    }

    fn work<'a>(&'a self, turn: &'a TurnHeld, known: Option<&'a LinkedIssue>) -> Work<'a, P> {
        Work {
            platform: self.platform,
            services: &self.services,
            settings: self.settings,
            thread: &self.thread,
            turn,
            known,
        }
    }
}

/// It ends with this answer, whose like a retry need not do again.
pub(super) fn answered(message: Message, line: &str) -> Done {
    Done::Ended(Box::new(message), Outcome::Succeeded(line.to_owned()))
}
