//! Further instructions for the agent of a fix.
//!
//! Invariant: an instruction that was taken is given to every run of the fix until an agent has
//! read it, and counts once however often it was ordered; one that no agent read any more is said
//! to have come too late.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Coding, CodingPhase, Event, Fix, Response, Stage, Store};
use crate::executor::{RunStatus, Steer, SteerState};
use crate::id::{JobId, UserId};
use crate::policy::Policy;
use crate::report;

/// An instruction and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steering {
    /// Who gave it.
    pub by: UserId,
    /// What it says.
    pub steer: Steer,
    /// How it stands.
    pub state: Delivery,
}

/// How an instruction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delivery {
    /// No run has it.
    Waiting,
    /// The run has it, its agent has not read it yet.
    Queued,
    /// The agent has read it.
    Delivered,
    /// The agent ended before it read it.
    TooLate,
}

/// Answers the order to steer. What is taken is stored before anybody is told so.
pub(super) async fn answer(
    store: &impl Store,
    mut fix: Fix,
    by: UserId,
    steer: Steer,
    policy: &Policy,
    now: Timestamp,
) -> Result<Response, String> {
    let said = report::steering_taken();
    if fix.steers.iter().any(|known| known.steer.id == steer.id) {
        return Ok(Response::Done { said });
    }
    if let Some(why) = fix.refuses(&steer) {
        return Ok(Response::Refused { why });
    }
    fix.step(Event::SteerRequested { by, steer }, policy, now);
    store.save(&fix)?;
    store.wake_at(now).await?;
    Ok(Response::Done { said })
}

impl Fix {
    /// The further instructions that it was given, in order.
    pub fn steers(&self) -> &[Steering] {
        &self.steers
    }

    fn refuses(&self, steer: &Steer) -> Option<String> {
        if !self.can_be_steered() {
            return Some(report::cannot_be_steered());
        }
        if self.steers.len() >= Steer::MAX_COUNT {
            return Some(report::too_many_steers());
        }
        steer.problem().map(|_| report::steer_too_long())
    }

    /// Whether an agent is there that could read an instruction, or will be.
    fn can_be_steered(&self) -> bool {
        match &self.stage {
            Stage::Backlog(_) => true,
            Stage::Coding(coding) => !matches!(coding.phase, CodingPhase::Collect { .. }),
            _ => false,
        }
    }

    pub(super) fn steer_requested(&mut self, by: UserId, steer: Steer, now: Timestamp) {
        let is_known = self.steers.iter().any(|known| known.steer.id == steer.id);
        if is_known || self.refuses(&steer).is_some() {
            return;
        }
        self.steers.push(Steering {
            by,
            steer,
            state: Delivery::Waiting,
        });
        if let Stage::Coding(Coding {
            phase: CodingPhase::Watch { look_at, .. },
            ..
        }) = &mut self.stage
        {
            *look_at = now;
        }
    }

    /// The next one that no run has.
    pub(super) fn waiting_steer(&self) -> Option<&Steer> {
        let waiting = |known: &&Steering| known.state == Delivery::Waiting;
        self.steers.iter().find(waiting).map(|known| &known.steer)
    }

    /// What a run that starts is to be told, in order.
    pub(super) fn steers_for_a_run(&self) -> Vec<Steer> {
        let steers = self.steers.iter();
        steers.map(|known| known.steer.clone()).collect()
    }

    /// The run says how its instructions stand.
    pub(super) fn note_steers(&mut self, status: &RunStatus) {
        for known in &mut self.steers {
            let seen = status.steers.iter();
            let mut seen = seen.filter(|seen| seen.id == known.steer.id);
            match seen.next().map(|seen| seen.state) {
                Some(SteerState::Delivered) => known.state = Delivery::Delivered,
                Some(SteerState::Queued) => known.state = Delivery::Queued,
                None => {}
            }
        }
    }

    /// The run takes no more instructions: this one comes too late for it.
    pub(super) fn steer_refused(&mut self, id: &JobId) {
        for known in &mut self.steers {
            if known.steer.id == *id && known.state == Delivery::Waiting {
                known.state = Delivery::TooLate;
            }
        }
    }

    /// The stage has changed: a run that starts anew is told everything again, and where no agent
    /// will read any more, what was not read came too late.
    pub(super) fn settle_steers(&mut self) {
        let starts = matches!(
            &self.stage,
            Stage::Coding(Coding {
                phase: CodingPhase::Start,
                ..
            })
        );
        let is_over = !self.can_be_steered();
        for known in &mut self.steers {
            if starts {
                known.state = Delivery::Waiting;
            } else if is_over && known.state != Delivery::Delivered {
                known.state = Delivery::TooLate;
            }
        }
    }
}

#[cfg(test)]
mod tests;
