//! The queue consumer: what becomes of each delivery.
//!
//! Invariants: every delivery gets an explicit verdict, and no fault of one reaches another; a
//! job that was delivered ends in exactly one terminal message, shown *before* its end is
//! recorded, so that a crash between the two shows the same message once more and nothing else.
//!
//! A delivery may be repeated at any point. Each numbered step below says why that is harmless.

mod alerts;
mod commands;
mod dead_letter;
mod errands;
mod handover;
mod held_back;
mod hub;
mod limits;
mod notices;
mod order;
mod orders;
mod permit;
mod sweep;
mod tell;

pub use dead_letter::{DEAD_PREFIX, DeadLetter, DeadRecord, Mark, bury};
pub use sweep::sweep;

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;

use crate::consumer::{Platform, Services, mark};
use crate::discord::message::Message;
use crate::errand::Errand;
use crate::fault::{Fault, Verdict};
use crate::fix::Jobs;
use crate::github::webhook::Notice;
use crate::hooks::edge::Alert;
use crate::id::UserId;
use crate::job::Job;
use crate::log::{Event, Said};
use crate::report::{self, LiveMessage, ReplyTo};
use crate::service::{Service, ServiceError};
use crate::settings::Settings;
use crate::thread::{Arrival, Begun, Inspection, Outcome, ThreadClient, TurnHeld};
use crate::trace::Trace;

/// What the shell tells the queue about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Never deliver it again.
    Ack,
    /// Deliver it again after this long; the queue itself moves it to the dead-letter queue
    /// when it was delivered too often.
    Retry(Duration),
}

/// Acts on one message of the queue. `attempt` is the queue's count: 1 at first.
pub async fn deliver<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    body: &str,
    attempt: u32,
) -> Settled {
    match Errand::decode(body) {
        Some(Ok(errand)) => return errands::deliver(platform, body, &errand, attempt).await,
        Some(Err(fault)) => return park(platform, body, &fault, attempt).await,
        None => {}
    }
    match Alert::decode(body) {
        Some(Ok(alert)) => return alerts::deliver(platform, settings, body, &alert, attempt).await,
        Some(Err(fault)) => return park(platform, body, &fault, attempt).await,
        None => {}
    }
    // The last of these: it takes every other kind for one that it does not know.
    match Notice::decode(body) {
        Some(Ok(notice)) => {
            return notices::deliver(platform, settings, body, &notice, attempt).await;
        }
        Some(Err(fault)) => return park(platform, body, &fault, attempt).await,
        None => {}
    }
    let job = match Job::decode(body) {
        Ok(job) => job,
        Err(fault) => {
            let letter = DeadLetter::new(body, fault.to_string());
            return dead_letter::park(platform, &fault.salvage().trace(), &letter, attempt).await;
        }
    };
    let services = match Services::new(platform, settings) {
        Ok(services) => services,
        Err(bad) => {
            let letter = DeadLetter::new(body, bad.to_string());
            return dead_letter::park(platform, &job.trace(), &letter, attempt).await;
        }
    };
    Delivery {
        thread: ThreadClient::new(platform, job.thread()),
        reply: ReplyTo::of(&job),
        platform,
        services,
        settings,
        body,
        attempt,
        quiet_until: Cell::new(None),
    }
    .run(&job)
    .await
}

/// A copy of a message takes its place on the queue.
async fn requeue<P: Platform>(platform: &P, body: &str, retry_in: Duration) -> Settled {
    use crate::ports::Queue as _;
    match platform.commands().send(body, retry_in).await {
        Ok(()) => Settled::Ack,
        Err(_) => Settled::Retry(retry_in),
    }
}

/// What becomes of a message that is no command: nobody waits for its answer.
async fn settle<P: Platform>(
    platform: &P,
    body: &str,
    trace: &Trace,
    done: Result<(), Fault>,
    attempt: u32,
) -> Settled {
    let Err(fault) = done else {
        return Settled::Ack;
    };
    let error = Said(&fault);
    match fault.verdict(attempt, platform.roll()) {
        Verdict::Ack => {
            platform.note(trace, Event::DeliveryGaveWay { attempt, error });
            Settled::Ack
        }
        // Nothing bounds how long a copy could wait: the queue's own tries do.
        Verdict::RetryAfter(delay) | Verdict::HeldBack(delay) => {
            let event = Event::DeliveryRetries {
                attempt,
                retry_in_s: delay.as_secs(),
                error,
            };
            platform.note(trace, event);
            Settled::Retry(delay)
        }
        Verdict::Park(_) => park(platform, body, &fault, attempt).await,
    }
}

/// Parks a message that is no command.
async fn park<P: Platform>(
    platform: &P,
    body: &str,
    why: &dyn std::fmt::Display,
    attempt: u32,
) -> Settled {
    let letter = DeadLetter::new(body, why.to_string());
    dead_letter::park(platform, &Trace::none(), &letter, attempt).await
}

/// One delivery of one job.
struct Delivery<'a, P> {
    platform: &'a P,
    services: Services<'a, P>,
    settings: &'a Settings,
    thread: ThreadClient<'a, P>,
    reply: ReplyTo,
    body: &'a str,
    attempt: u32,
    /// Until when Discord wants to hear nothing more of this job, if it said so.
    quiet_until: Cell<Option<Timestamp>>,
}

/// How acting on a job came out, when it did not fail.
enum Done {
    /// It ends with this message.
    Ended(Box<Message>, Outcome),
    /// The Job object goes on with it.
    HandedOver,
}

impl<P: Platform + Jobs> Delivery<'_, P> {
    async fn run(&self, job: &Job) -> Settled {
        // 1. Repeatable: the Thread object knows the job by its id.
        let begun = match self.thread.begin(Arrival::of(job)).await {
            Ok(begun) => begun,
            Err(fault) => return self.failed(None, fault).await,
        };
        match begun {
            Begun::Ended => Settled::Ack,
            // Repeatable: the Job object knows who stopped it.
            Begun::HandedOver { cancelled_by } => {
                match handover::pass_on(self.platform, &self.reply.job, cancelled_by).await {
                    Ok(()) => Settled::Ack,
                    Err(fault) => self.failed(None, fault).await,
                }
            }
            Begun::Wait { retry_in } => self.requeue(retry_in).await,
            Begun::FixRunning { .. } => {
                let live = self.live().await;
                let refused = self.refused(job, "already running");
                self.record_if_possible(vec![refused]).await;
                self.reject(None, live.as_ref(), report::fix_already_running())
                    .await
            }
            Begun::Crowded => {
                let refused = self.refused(job, "too many open commands");
                self.record_if_possible(vec![refused]).await;
                self.reject(None, None, report::crowded()).await
            }
            Begun::Cancelled { by, started, live } => {
                match self.kept(started).await {
                    Ok(true) => return Settled::Ack,
                    Ok(false) => {}
                    Err(fault) => return self.failed(None, fault).await,
                }
                if let Err(fault) = self.give_all_issues_back(job).await {
                    return self.failed(None, fault).await;
                }
                let (message, outcome) = stopped(&by);
                self.end(None, live.as_ref(), message, outcome).await
            }
            Begun::YourTurn { turn, known } => {
                let live = known.live.clone();
                // 2. Repeatable: the same key and value.
                mark::mark(self.platform, &self.reply.job, &job.thread()).await;
                // 3. Repeatable: see `commands`.
                match self.act(job, &turn, *known).await {
                    Ok(Done::HandedOver) => Settled::Ack,
                    Ok(Done::Ended(message, outcome)) => {
                        self.end(Some(&turn), live.as_ref(), *message, outcome)
                            .await
                    }
                    Err(Fault::Rejected(why)) => self.reject(Some(&turn), live.as_ref(), why).await,
                    Err(fault) => self.failed(Some(&turn), fault).await,
                }
            }
        }
    }

    /// Discord has refused the first message of this delivery and said for how long: the last one
    /// is not to come sooner. Whatever was done is found done by the next delivery.
    fn asked_for_quiet(&self) -> Option<Fault> {
        let until = self.quiet_until.get()?;
        let retry_after = Duration::try_from(until - self.platform.now()).ok()?;
        let error = ServiceError::RateLimited { retry_after };
        (!retry_after.is_zero()).then(|| Fault::upstream(Service::Discord)(error))
    }

    /// Whether the Job object, which may have been `started`, has the job.
    async fn kept(&self, started: bool) -> Result<bool, Fault> {
        if !started {
            return Ok(false);
        }
        handover::kept_by_its_object(self.platform, &self.thread, &self.reply.job).await
    }

    /// Shows the terminal message, then records the end.
    async fn end(
        &self,
        turn: Option<&TurnHeld>,
        live: Option<&LiveMessage>,
        message: Message,
        outcome: Outcome,
    ) -> Settled {
        if let Some(fault) = self.asked_for_quiet() {
            return self.failed(turn, fault).await;
        }
        // 4. Repeatable: an edit of the one message that the job has.
        let told = tell::tell(
            self.platform,
            &self.services.discord,
            &self.reply,
            live,
            &message,
        );
        if let Err(fault) = told.await {
            return self.failed(turn, fault).await;
        }
        // 5. Repeatable: the first end stands.
        let name = outcome.name();
        if let Err(fault) = self.thread.end(&self.reply.job, outcome).await {
            return self.failed(turn, fault).await;
        }
        let event = Event::JobEnded { outcome: name };
        self.platform.note(&self.reply.trace(), event);
        mark::unmark(self.platform, &self.reply.job).await;
        Settled::Ack
    }

    async fn reject(
        &self,
        turn: Option<&TurnHeld>,
        live: Option<&LiveMessage>,
        why: String,
    ) -> Settled {
        let message = report::rejected(&why);
        self.end(turn, live, message, Outcome::Rejected(why)).await
    }

    /// The message that an earlier delivery made, which may have said that the job has begun.
    /// Not to know it is worth a second message, not a failure.
    async fn live(&self) -> Option<LiveMessage> {
        match self.thread.inspect(&self.reply.job).await {
            Ok(Inspection::Open(open)) => open.live,
            _ => None,
        }
    }

    /// Another job is first. A copy takes this one's place on the queue, because waiting must
    /// not use up the tries that are meant for failures.
    async fn requeue(&self, retry_in: Duration) -> Settled {
        requeue(self.platform, self.body, retry_in).await
    }

    /// The job keeps its place in line. If this fails too, the turn's lease ends by itself.
    async fn keep_place(&self, turn: Option<&TurnHeld>, delay: Duration, because: String) {
        let without = TurnHeld {
            job: self.reply.job.clone(),
            number: 0,
        };
        let turn = turn.unwrap_or(&without);
        let _ = self.thread.pause(turn, delay, because).await;
    }

    async fn failed(&self, turn: Option<&TurnHeld>, fault: Fault) -> Settled {
        let (trace, attempt, error) = (self.reply.trace(), self.attempt, Said(&fault));
        match fault.verdict(self.attempt, self.platform.roll()) {
            Verdict::Ack => {
                self.platform
                    .note(&trace, Event::DeliveryGaveWay { attempt, error });
                Settled::Ack
            }
            Verdict::RetryAfter(delay) => {
                let event = Event::DeliveryRetries {
                    attempt,
                    retry_in_s: delay.as_secs(),
                    error,
                };
                self.platform.note(&trace, event);
                // The failure that made us leave the service alone: from now on the job waits.
                if let Some(rest) = self.rest_after(&fault)
                    && self.may_wait(rest)
                {
                    return self.put_off(turn, &fault, rest).await;
                }
                let because = report::fault_in_words(&fault);
                self.keep_place(turn, delay, because).await;
                Settled::Retry(delay)
            }
            Verdict::HeldBack(delay) if self.may_wait(delay) => {
                self.hold_back(turn, &fault, delay).await
            }
            Verdict::HeldBack(_) | Verdict::Park(_) => {
                // The error goes with the letter, and is logged where it is buried.
                let letter = DeadLetter::new(self.body, report::fault_in_words(&fault))
                    .with_error(fault.to_string());
                dead_letter::park(self.platform, &trace, &letter, attempt).await
            }
        }
    }
}

/// How a job ends that was stopped before it began.
fn stopped(by: &UserId) -> (Message, Outcome) {
    let outcome = Outcome::Cancelled(format!("cancelled by {}", report::mention(by)));
    (report::cancelled_before_it_began(by), outcome)
}
