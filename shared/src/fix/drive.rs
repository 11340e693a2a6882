//! Drives a fix: load, step, save, perform, and again, until there is something to wait for.
//!
//! Invariant: the state is saved before an effect is performed and its event is applied to the
//! state as it is *then*: a request that came in between (a cancel) is not lost. Only an alarm
//! drives, and a Durable Object has one alarm at a time, so effects of one fix never overlap,
//! save the stop of a run, which a cancel asks for at once.

use std::time::Duration;

use jiff::Timestamp;

use super::after;
use super::perform::perform;
use super::services::{FixServices, Sandbox};
use super::{Effect, Event, Fix, FixView, Next, Request, Response, Stage, steer};
use crate::consumer::Platform;
use crate::executor::Steer;
use crate::log as logged;
use crate::money::Money;
use crate::report;

/// If an effect is still not done after this long, its object has died with it: no effect takes
/// longer than three calls of at most 30 s.
const WATCHDOG: Duration = Duration::from_mins(2);
/// The most effects of one alarm. An object that does more is in a circle.
const MAX_EFFECTS: usize = 100;

/// Where a Job object keeps its fix, and how it is woken.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Store {
    /// The fix as it was saved last.
    fn load(&self) -> Result<Option<Fix>, String>;
    /// Saves the fix, durably and at once.
    fn save(&self, fix: &Fix) -> Result<(), String>;
    /// Wakes the object at that time; a later call takes an earlier one's place.
    async fn wake_at(&self, at: Timestamp) -> Result<(), String>;
}

/// Answers a request to a Job object. Work is left to the alarm, so that the answer is quick.
pub async fn answer<P: Platform, S: Sandbox>(
    store: &impl Store,
    services: &FixServices<'_, P, S>,
    request: Request,
) -> Result<Response, String> {
    let now = services.platform.now();
    let saved = store.load()?;
    match (request, saved) {
        (Request::Start { order }, None) => {
            store.save(&Fix::new(*order))?;
            store.wake_at(now).await?;
            Ok(Response::Started)
        }
        // A repeat. Waking is harmless, and right where the first wake was lost.
        (Request::Start { .. }, Some(fix)) => {
            wake_if_open(store, &fix, now).await?;
            Ok(Response::Started)
        }
        (_, None) => Ok(Response::Missing),
        (Request::Cancel { by }, Some(mut fix)) => {
            if fix.is_cancelled() {
                return Ok(Response::Cancelling);
            }
            if !fix.can_be_cancelled() {
                return Ok(Response::TooLate(fix.view(now)));
            }
            fix.step(Event::CancelRequested { by }, services.policy(), now);
            store.save(&fix)?;
            store.wake_at(now).await?;
            // Not left to the alarm: it may be in the middle of another effect, and the agent is
            // to be gone within five seconds.
            if let Stage::Archived(archived) = &fix.stage
                && let Some(run) = archived.stop.clone()
            {
                apply(store, services, Effect::StopRun { run }, &fix).await?;
            }
            Ok(Response::Cancelling)
        }
        (Request::Approve { by }, Some(fix)) => {
            decide(store, services, fix, Event::Approved { by }).await
        }
        (Request::Reject { by }, Some(fix)) => {
            decide(store, services, fix, Event::Rejected { by }).await
        }
        (Request::Steer { by, id, text }, Some(fix)) => {
            let told = Steer { id, text };
            steer::answer(store, fix, by, told, services.policy(), now).await
        }
        (Request::Continue { id, budget_usd, .. }, Some(mut fix)) => {
            let runs = &services.settings.runs;
            let budget = budget_usd.unwrap_or(runs.limits.max_budget_usd);
            match fix.go_on(&id, Money::from_usd(budget), runs.max_job) {
                Ok(order) => {
                    store.save(&fix)?;
                    Ok(Response::GoesOn { order })
                }
                Err(why) => Ok(Response::Refused { why }),
            }
        }
        (Request::Deploy { by, id }, Some(fix)) => {
            after::deploy(store, services, fix, by, id).await
        }
        (Request::Notice { notice }, Some(mut fix)) => {
            if !fix.notice(&notice, now) {
                return Ok(Response::Missing);
            }
            store.save(&fix)?;
            store.wake_at(now).await?;
            Ok(Response::Noted)
        }
        (Request::OrderOfRound { round }, Some(fix)) => Ok(Response::OrderOfRound {
            thread: fix.order.thread.clone(),
            order: fix.order_of_round(&round).map(Box::new),
        }),
        (Request::RoundEnded { end }, Some(mut fix)) => {
            fix.round_ended(&end, now);
            store.save(&fix)?;
            store.wake_at(now).await?;
            Ok(Response::Noted)
        }
        (Request::Inspect, Some(fix)) => Ok(Response::Inspected(Box::new(fix.details(now)))),
        (Request::Look, Some(fix)) => Ok(Response::Seen(fix.view(now))),
        (Request::Poke, Some(fix)) => {
            wake_if_open(store, &fix, now).await?;
            Ok(Response::Seen(fix.view(now)))
        }
    }
}

/// Somebody lets a fix begin, or not.
async fn decide<P: Platform, S: Sandbox>(
    store: &impl Store,
    services: &FixServices<'_, P, S>,
    mut fix: Fix,
    decision: Event,
) -> Result<Response, String> {
    let now = services.platform.now();
    let said = match fix.take_decision(&decision) {
        Ok(said) => said,
        Err(why) => return Ok(Response::Refused { why }),
    };
    fix.step(decision, services.policy(), now);
    store.save(&fix)?;
    wake_if_open(store, &fix, now).await?;
    Ok(Response::Done { said })
}

async fn wake_if_open(store: &impl Store, fix: &Fix, now: Timestamp) -> Result<(), String> {
    if fix.stage.is_closed() && fix.due_records().is_empty() {
        Ok(())
    } else {
        store.wake_at(now).await
    }
}

/// Does what is to be done now, then sets the alarm for what comes later.
pub async fn drive<P: Platform, S: Sandbox>(
    store: &impl Store,
    services: &FixServices<'_, P, S>,
) -> Result<(), String> {
    for _ in 0..MAX_EFFECTS {
        let now = services.platform.now();
        let Some(mut fix) = store.load()? else {
            return Ok(());
        };
        let before = fix.clone();
        fix.step(Event::Tick, services.policy(), now);
        fix.tick_after(now);
        if fix != before {
            store.save(&fix)?;
        }
        match fix.next(now) {
            Next::Perform(effect) => {
                store.wake_at(now + WATCHDOG).await?;
                apply(store, services, effect, &fix).await?;
            }
            Next::WaitUntil(at) => {
                // The work is over: what is waited for is GitHub's.
                if fix.is_followed() {
                    services.sandbox.release().await;
                }
                return store.wake_at(at).await;
            }
            Next::Rest => {
                services.sandbox.release().await;
                return Ok(());
            }
        }
    }
    store.wake_at(services.platform.now()).await
}

/// Performs an effect and applies what came of it to the state as it is by then.
async fn apply<P: Platform, S: Sandbox>(
    store: &impl Store,
    services: &FixServices<'_, P, S>,
    effect: Effect,
    fix: &Fix,
) -> Result<(), String> {
    let event = perform(services, fix, effect).await;
    let now = services.platform.now();
    let Some(mut fix) = store.load()? else {
        return Ok(());
    };
    let before = fix.pipeline().name();
    match event {
        Event::After(event) => fix.step_after(*event, &services.settings.finish.limits, now),
        Event::Failed {
            effect,
            service,
            error,
            not_before,
        } if matches!(*effect, Effect::After(_)) => {
            if let Effect::After(todo) = *effect {
                fix.fail_after(&todo, service, &error, not_before, now);
            }
        }
        event => fix.step(event, services.policy(), now),
    }
    let stage = fix.pipeline().name();
    if stage != before {
        let event = logged::Event::StageEntered { stage };
        services.platform.note(&fix.order.reply.trace(), event);
    }
    store.save(&fix)
}

impl Fix {
    /// How it stands.
    pub fn view(&self, now: Timestamp) -> FixView {
        FixView {
            job: self.order.job.clone(),
            stage: self.pipeline(),
            execution: self.stage.execution(),
            line: report::fix_line(self, now),
            ended: self.stage.is_closed().then(|| report::fix_outcome(self)),
        }
    }
}
