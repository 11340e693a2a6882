//! What the sandbox knows: its runs, and where each stands by the clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use shared::executor::{
    Checkpoint, CrashReport, Form, RunOutcome, RunRequest, RunResult, RunState, RunStatus, Spent,
    Steer, SteerState, SteerStatus,
};
use shared::ports::Clock as _;

use super::script::{Script, Trouble};
use crate::clock::TestClock;

/// How long an agent takes to read an instruction.
const READING: Duration = Duration::from_secs(4);
/// How long a clone takes.
const CLONING: Duration = Duration::from_secs(2);

/// Everything behind the lock.
#[derive(Debug)]
pub struct State {
    clock: TestClock,
    pub(super) token: String,
    pub(super) scripts: VecDeque<Script>,
    pub(super) runs: BTreeMap<String, Run>,
    pub(super) started: Vec<RunRequest>,
    silent_until: Option<Timestamp>,
    /// Why no agent can be kept from the network, if so.
    pub(super) network_refused: Option<String>,
}

#[derive(Debug)]
pub(super) struct Run {
    pub(super) request: RunRequest,
    script: Script,
    since: Timestamp,
    /// An end before the script's.
    stopped: Option<Stopped>,
    /// The instructions that it was given, and when.
    steers: Vec<(Steer, Timestamp)>,
    /// Whether somebody knows of its end.
    pub(super) is_end_known: bool,
}

/// Why a run stopped before its script did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Cancelled,
    Interrupted,
}

impl State {
    pub(super) fn new(clock: TestClock, script: Script) -> Self {
        Self {
            clock,
            token: "executor-token-of-the-stories".to_owned(),
            scripts: [script].into(),
            runs: BTreeMap::new(),
            started: Vec::new(),
            silent_until: None,
            network_refused: None,
        }
    }

    /// Lets what should have happened by now happen.
    pub(super) fn pass_time(&mut self) {
        let now = self.clock.now();
        let mut died = false;
        for run in self.runs.values_mut() {
            let Some((after, trouble)) = run.script.trouble else {
                continue;
            };
            if now < run.since + after || run.stopped.is_some() {
                continue;
            }
            run.script.trouble = None;
            match trouble {
                Trouble::Dies => died = true,
                Trouble::FallsSilent(lasts) => {
                    self.silent_until = Some(run.since + after + lasts);
                }
                Trouble::IsInterrupted => run.stopped = Some(Stopped::Interrupted),
            }
        }
        if died {
            self.runs.clear();
        }
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silent_until
            .is_some_and(|until| self.clock.now() < until)
    }

    /// Starts a run with the next script; the last script is never used up.
    pub(super) fn start(&mut self, request: RunRequest) -> RunStatus {
        let script = if self.scripts.len() > 1 {
            self.scripts.pop_front()
        } else {
            self.scripts.front().cloned()
        };
        let run = Run {
            request: request.clone(),
            script: script.expect("a sandbox has a script"),
            since: self.clock.now(),
            stopped: None,
            steers: request
                .steers
                .iter()
                .map(|steer| (steer.clone(), self.clock.now()))
                .collect(),
            is_end_known: false,
        };
        let id = request.run_id.to_string();
        self.started.push(request);
        let status = run.status(self.clock.now());
        self.runs.insert(id, run);
        status
    }

    /// How a run stands, told to whoever asked.
    pub(super) fn tell(&mut self, id: &str) -> Option<RunStatus> {
        let now = self.clock.now();
        let run = self.runs.get_mut(id)?;
        run.is_end_known |= !run.goes_on(now);
        Some(run.status(now))
    }

    pub(super) fn run(&self, id: &str) -> Option<(&Run, Timestamp)> {
        self.runs.get(id).map(|run| (run, self.clock.now()))
    }

    /// Runs that worked to their end, or still do, and that nobody stopped or listened to.
    pub(super) fn unattended(&self) -> Vec<String> {
        let unattended = self.runs.iter();
        let unattended = unattended.filter(|(_, run)| run.stopped.is_none() && !run.is_end_known);
        unattended.map(|(id, _)| id.clone()).collect()
    }

    /// Gives a run an instruction; the error says why it takes none.
    pub(super) fn steer(
        &mut self,
        id: &str,
        steer: Steer,
    ) -> Option<Result<RunStatus, &'static str>> {
        let now = self.clock.now();
        let run = self.runs.get_mut(id)?;
        if !run.steers.iter().any(|(known, _)| known.id == steer.id) {
            if !run.goes_on(now) {
                return Some(Err("the agent has ended its work"));
            }
            if run.steers.len() >= Steer::MAX_COUNT {
                return Some(Err("the agent was given as many instructions as it takes"));
            }
            run.steers.push((steer, now));
        }
        Some(Ok(run.status(now)))
    }

    pub(super) fn cancel(&mut self, id: &str) -> Option<RunStatus> {
        let now = self.clock.now();
        let run = self.runs.get_mut(id)?;
        if run.goes_on(now) {
            run.stopped = Some(Stopped::Cancelled);
        }
        self.tell(id)
    }

    pub(super) fn interrupt(&mut self) {
        let now = self.clock.now();
        for run in self.runs.values_mut().filter(|run| run.goes_on(now)) {
            run.stopped = Some(Stopped::Interrupted);
        }
    }

    pub(super) fn active(&self) -> Vec<String> {
        let now = self.clock.now();
        let active = self.runs.iter().filter(|(_, run)| run.goes_on(now));
        active.map(|(id, _)| id.clone()).collect()
    }
}

impl Run {
    fn elapsed(&self, now: Timestamp) -> Duration {
        Duration::try_from(now - self.since).unwrap_or_default()
    }

    pub(super) fn told(&self) -> Vec<String> {
        let steers = self.steers.iter();
        steers.map(|(steer, _)| steer.text.clone()).collect()
    }

    fn goes_on(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && self.elapsed(now) < self.script.takes
    }

    pub(super) fn status(&self, now: Timestamp) -> RunStatus {
        let elapsed = self.elapsed(now);
        let state = match &self.stopped {
            Some(Stopped::Interrupted) => RunState::Interrupted,
            Some(Stopped::Cancelled) => RunState::Ended {
                outcome: RunOutcome::Cancelled,
            },
            None if elapsed >= self.script.takes => RunState::Ended {
                outcome: self.script.outcome.clone(),
            },
            None if elapsed < CLONING => RunState::Cloning,
            None => RunState::Running,
        };
        let steps = self.steps_by(elapsed);
        RunStatus {
            run_id: self.request.run_id.clone(),
            state,
            last_step: steps.checked_sub(1).map(|n| self.script.steps[n].clone()),
            steps: u32::try_from(steps).expect("a script is short"),
            started_at: self.since,
            spent: self.spent(elapsed),
            steers: self
                .steers
                .iter()
                .map(|steer| steer_status(steer, now))
                .collect(),
        }
    }

    /// The steps are spread evenly over the run.
    fn steps_by(&self, elapsed: Duration) -> usize {
        let all = self.script.steps.len();
        let share = elapsed.as_secs_f64() / self.script.takes.as_secs_f64();
        (0..all)
            .take_while(|n| {
                share
                    >= (f64::from(u32::try_from(*n).expect("short")) + 0.5)
                        / f64::from(u32::try_from(all).expect("short"))
            })
            .count()
    }

    fn spent(&self, elapsed: Duration) -> Spent {
        if elapsed < self.script.takes {
            Spent {
                elapsed,
                turns: 1,
                cost_usd: 0.01,
            }
        } else {
            self.script.spent
        }
    }

    pub(super) fn result(&self, now: Timestamp) -> Option<RunResult> {
        let status = self.status(now);
        let outcome = status.state.outcome()?.clone();
        let completed = outcome == RunOutcome::Completed;
        Some(RunResult {
            run_id: status.run_id,
            outcome,
            changes: if completed {
                self.script.changes.clone()
            } else {
                Vec::new()
            },
            checkpoint: match &status.state {
                RunState::Ended {
                    outcome: RunOutcome::Failed { failure },
                } if failure.can_go_on() => self.checkpoint(now).map(Box::new),
                _ => None,
            },
            summary: self.script.summary.clone(),
            found_files: Vec::new(),
            verification: if completed {
                self.request
                    .verify
                    .iter()
                    .map(|line| self.script.verified(line))
                    .collect()
            } else {
                Vec::new()
            },
            crash_report: self.crash_report(now).map(|tar| CrashReport {
                name: format!("crash-{}.tar", self.request.run_id),
                size_bytes: tar.len() as u64,
                packed_bytes: self.script.packed_report.as_ref().map(|it| it.len() as u64),
                files: 1,
            }),
            spent: status.spent,
        })
    }

    /// What is kept of it when it has failed.
    pub(super) fn crash_report(&self, now: Timestamp) -> Option<&[u8]> {
        let status = self.status(now);
        let has_failed = matches!(status.state.outcome()?, RunOutcome::Failed { .. });
        self.script.crash_report.as_deref().filter(|_| has_failed)
    }

    /// The form in which it is given, which older executors do not look at.
    pub(super) fn given_as(&self, accept: &[u8]) -> Form {
        match &self.script.packed_report {
            Some(_) => Form::accepted(accept),
            None => Form::Tar,
        }
    }

    /// The same in a form.
    pub(super) fn report_as(&self, form: Form, now: Timestamp) -> Option<&[u8]> {
        let tar = self.crash_report(now)?;
        let packed = self.script.packed_report.as_deref();
        Some(packed.filter(|_| form == Form::Gzip).unwrap_or(tar))
    }

    /// The work so far; there is none before the clone is there.
    pub(super) fn checkpoint(&self, now: Timestamp) -> Option<Checkpoint> {
        let elapsed = self.elapsed(now);
        (elapsed >= CLONING).then(|| Checkpoint {
            base_commit: self.request.source.base_commit.clone(),
            changes: self.script.changes.clone(),
            session_id: None,
            spent: self.spent(elapsed),
        })
    }
}

fn steer_status((steer, at): &(Steer, Timestamp), now: Timestamp) -> SteerStatus {
    SteerStatus {
        id: steer.id.clone(),
        state: if now >= *at + READING {
            SteerState::Delivered
        } else {
            SteerState::Queued
        },
    }
}
