//! How a run stands, as it is seen from outside.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use shared::executor::{RunState, RunStatus, Spent};
use shared::id::RunId;

use crate::agent::{AgentEvent, MAX_STEP_CHARS};
use crate::redact::one_line;
use crate::session::SessionId;

/// The progress of one run: written by its task, read by whoever asks.
#[derive(Debug)]
pub struct Progress {
    run_id: RunId,
    started_at: Timestamp,
    started: Instant,
    /// What earlier attempts used up.
    earlier: Spent,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    state: RunState,
    last_step: Option<String>,
    steps: u32,
    turns: u32,
    last_message: Option<String>,
    session: Option<SessionId>,
    cost_usd: f64,
    /// Set when the run is over: its time no longer runs.
    ended: Option<Spent>,
}

impl Progress {
    /// A run that starts now.
    pub fn new(run_id: RunId, earlier: Spent) -> Self {
        let now = Now {
            state: RunState::Cloning,
            last_step: None,
            steps: 0,
            turns: 0,
            last_message: None,
            session: None,
            cost_usd: 0.0,
            ended: None,
        };
        Self {
            run_id,
            started_at: Timestamp::now(),
            started: Instant::now(),
            earlier,
            now: Mutex::new(now),
        }
    }

    /// The run has come to another state.
    pub fn enter(&self, state: RunState) {
        let spent = self.spent();
        let mut now = self.now();
        if matches!(state, RunState::Ended { .. } | RunState::Interrupted) {
            now.ended = Some(spent);
        }
        now.state = state;
    }

    /// The agent did something.
    pub fn note(&self, event: &AgentEvent) {
        let mut now = self.now();
        match event {
            AgentEvent::Answered { message, steps } => {
                // A message comes in one event a block.
                if now.last_message.as_ref() != Some(message) {
                    now.last_message = Some(message.clone());
                    now.turns = now.turns.saturating_add(1);
                }
                now.steps = now
                    .steps
                    .saturating_add(u32::try_from(steps.len()).unwrap_or(1));
                if let Some(step) = steps.last() {
                    now.last_step = Some(step.clone());
                }
            }
            AgentEvent::Read { .. } | AgentEvent::Ended(_) => {}
        }
    }

    /// We do something.
    pub fn note_step(&self, step: &str) {
        self.now().last_step = Some(one_line(step, MAX_STEP_CHARS));
    }

    /// What this attempt has cost as far as is known.
    pub fn note_cost(&self, cost_usd: f64) {
        let mut now = self.now();
        now.cost_usd = now.cost_usd.max(cost_usd);
    }

    /// The agent's conversation has this name from now on.
    pub fn begin(&self, session: &SessionId) {
        self.now().session = Some(session.clone());
    }

    /// The agent's conversation.
    pub fn session(&self) -> Option<SessionId> {
        self.now().session.clone()
    }

    /// The turns of this attempt.
    pub fn turns(&self) -> u32 {
        self.now().turns
    }

    /// What the run used up, earlier attempts included.
    pub fn spent(&self) -> Spent {
        let now = self.now();
        now.ended.unwrap_or_else(|| Spent {
            elapsed: self.earlier.elapsed + self.started.elapsed(),
            turns: self.earlier.turns.saturating_add(now.turns),
            cost_usd: self.earlier.cost_usd + now.cost_usd,
        })
    }

    /// How long ago the run ended; `None` if it has not.
    pub fn ended_since(&self) -> Option<std::time::Duration> {
        let ended = self.now().ended?;
        Some((self.started.elapsed() + self.earlier.elapsed).saturating_sub(ended.elapsed))
    }

    /// How it stands, but for its instructions.
    pub fn status(&self) -> RunStatus {
        let spent = self.spent();
        let now = self.now();
        RunStatus {
            run_id: self.run_id.clone(),
            state: now.state.clone(),
            last_step: now.last_step.clone(),
            steps: now.steps,
            started_at: self.started_at,
            spent,
            steers: Vec::new(),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use shared::executor::RunOutcome;

    use super::*;

    fn answered(message: &str, steps: &[&str]) -> AgentEvent {
        AgentEvent::Answered {
            message: message.into(),
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
        }
    }

    #[test]
    fn a_message_in_several_events_is_one_turn() {
        let earlier = Spent {
            turns: 3,
            cost_usd: 1.0,
            ..Spent::default()
        };
        let progress = Progress::new(RunId::new("r"), earlier);
        progress.note(&answered("m1", &[]));
        progress.note(&answered("m1", &["Reading a", "Reading b"]));
        progress.note(&answered("m2", &[]));
        let status = progress.status();
        assert_eq!((status.spent.turns, status.steps), (5, 2));
        assert_eq!(status.last_step.as_deref(), Some("Reading b"));
    }

    #[test]
    fn time_stands_still_after_the_end() {
        let progress = Progress::new(RunId::new("r"), Spent::default());
        assert_eq!(progress.ended_since(), None);
        progress.enter(RunState::Ended {
            outcome: RunOutcome::Cancelled,
        });
        let spent = progress.spent();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert_eq!(progress.spent(), spent);
        assert!(progress.ended_since().unwrap() >= std::time::Duration::from_millis(5));
    }
}
