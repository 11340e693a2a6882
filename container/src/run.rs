//! One run, from the clone to the result.
//!
//! Invariant: a run ends exactly once, in a result or in an interruption, and whatever way it
//! ends, its processes are gone and its directory is removed before anybody is told.

mod attempt;
mod converse;
mod judge;
mod reporting;
mod saving;
mod steering;
mod stopping;
mod verifying;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use ::workspace::Capture;
use shared::change::FileChange;
use shared::executor::{
    Checkpoint, CrashReport, LikelyFile, RunFailure, RunOutcome, RunRequest, RunResult, RunState,
    RunStatus, Steer, Verification,
};
use shared::id::RunId;
use shared::secret::Secret;
use tokio::sync::watch;

use crate::config::Config;
use crate::progress::Progress;
use crate::redact::Redactor;
use crate::reports::Reports;
use crate::session::Sessions;
use attempt::Attempt;
use saving::Live;
pub use steering::SteerRefused;
use steering::Steering;
pub use stopping::Stop;

/// A run as others see it.
#[derive(Debug)]
pub struct Run {
    /// What was asked for, without the credentials.
    pub request: RunRequest,
    /// How it stands.
    pub progress: Progress,
    stop: watch::Sender<Option<Stop>>,
    /// The further instructions for its agent.
    steering: Steering,
    /// Where conversations are kept.
    sessions: Arc<Sessions>,
    /// Where crash reports are kept.
    reports: Arc<Reports>,
    /// The files as the agent finds them, until the run has ended.
    before: Mutex<Option<Capture>>,
    /// The directories and what they started from, while they may be looked at.
    live: Mutex<Option<Live>>,
    result: OnceLock<RunResult>,
    checkpoint: OnceLock<Option<Checkpoint>>,
    fetched: AtomicBool,
    let_go: watch::Sender<bool>,
}

/// How a run left the executor.
#[derive(Debug)]
enum End {
    Result(RunOutcome, Work),
    /// With what there is to go on from.
    Interrupted(Option<Checkpoint>),
}

/// What a run produced.
#[derive(Debug, Default)]
struct Work {
    changes: Vec<FileChange>,
    summary: String,
    found_files: Vec<LikelyFile>,
    /// What it could go on from, if it was stopped for want of money.
    checkpoint: Option<Box<Checkpoint>>,
    verification: Vec<Verification>,
    /// The files that it began with, if it failed.
    crash_report: Option<CrashReport>,
}

impl Run {
    /// A run that has not started yet.
    pub fn new(request: &RunRequest, sessions: Arc<Sessions>, reports: Arc<Reports>) -> Self {
        let earlier = request
            .checkpoint
            .as_ref()
            .map(|c| c.spent)
            .unwrap_or_default();
        let mut request = request.clone();
        request.source.token = None;
        request.model.api_key = Secret::new("");
        request.checkpoint = None;
        Self {
            progress: Progress::new(request.run_id.clone(), earlier),
            steering: Steering::new(&request.steers),
            request,
            sessions,
            reports,
            before: Mutex::default(),
            stop: watch::Sender::new(None),
            live: Mutex::default(),
            result: OnceLock::new(),
            checkpoint: OnceLock::new(),
            fetched: AtomicBool::new(false),
            let_go: watch::Sender::new(false),
        }
    }

    /// The run's id.
    pub fn id(&self) -> &RunId {
        &self.request.run_id
    }

    /// Asks the run to end. The first reason counts.
    pub fn stop(&self, why: Stop) {
        self.stop
            .send_if_modified(|stop| stop.is_none().then(|| *stop = Some(why)).is_some());
    }

    /// Gives the agent a further instruction, or finds it given.
    pub fn steer(&self, steer: Steer) -> Result<(), SteerRefused> {
        self.steering.take(steer)
    }

    /// For `GET /runs/{id}`.
    pub fn status(&self) -> RunStatus {
        RunStatus {
            steers: self.steering.statuses(),
            ..self.progress.status()
        }
    }

    /// Whether it is over, one way or the other.
    pub fn has_settled(&self) -> bool {
        self.result.get().is_some() || self.checkpoint.get().is_some()
    }

    /// The work to go on from, if it was interrupted.
    pub fn interrupted_with(&self) -> Option<&Checkpoint> {
        self.checkpoint.get()?.as_ref()
    }

    /// Whether somebody has the checkpoint of the interruption.
    pub fn was_fetched(&self) -> bool {
        self.fetched.load(Ordering::SeqCst)
    }

    /// Nothing is left to be done for it.
    pub fn let_go(&self) {
        self.let_go.send_replace(true);
    }

    /// Waits until nothing is left to be done for it.
    pub async fn done_with(&self) {
        // The sender is ours: it cannot be gone.
        let _ = self.let_go.subscribe().wait_for(|done| *done).await;
    }

    /// What it came to.
    pub fn result(&self) -> Option<&RunResult> {
        self.result.get()
    }

    /// Does all of it.
    pub async fn execute(&self, request: RunRequest, config: &Config, runs_dir: &Path) {
        let mut attempt = Attempt::new(self, request, config);
        let mut end = attempt.carry_out(runs_dir).await;
        // Before anybody is told that it has ended: they fetch it then.
        self.report_crash(&mut end, attempt.redactor()).await;
        self.settle(end, attempt.redactor());
    }

    /// For a run whose task broke.
    pub async fn fail(&self, reason: &str) {
        self.set_live(None);
        let failure = RunFailure::Internal {
            reason: reason.to_owned(),
        };
        let mut end = End::Result(RunOutcome::Failed { failure }, Work::default());
        let redactor = Redactor::default();
        self.report_crash(&mut end, &redactor).await;
        self.settle(end, &redactor);
    }

    fn settle(&self, end: End, redactor: &Redactor) {
        self.steering.close();
        match end {
            End::Interrupted(checkpoint) => {
                self.progress.enter(RunState::Interrupted);
                let _ = self.checkpoint.set(checkpoint);
            }
            End::Result(outcome, work) => {
                let outcome = judge::redacted(outcome, redactor);
                self.progress.enter(RunState::Ended {
                    outcome: outcome.clone(),
                });
                let result = RunResult {
                    run_id: self.id().clone(),
                    outcome,
                    changes: work.changes,
                    checkpoint: work.checkpoint,
                    summary: redactor.redact(&work.summary),
                    found_files: work.found_files,
                    verification: work.verification,
                    crash_report: work.crash_report,
                    spent: self.progress.spent(),
                };
                let _ = self.result.set(result);
            }
        }
    }
}

/// Work that reads many files, away from the async threads.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RunFailure> + Send + 'static,
) -> Result<T, RunFailure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(RunFailure::Internal {
            reason: error.to_string(),
        })
    })
}
