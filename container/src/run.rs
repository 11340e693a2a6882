//! One run, from the clone to the result.
//!
//! Invariant: a run ends exactly once, in a result or in an interruption, and whatever way it
//! ends, its processes are gone and its directory is removed before anybody is told.

mod judge;
mod stopping;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use shared::change::FileChange;
use shared::executor::{
    Checkpoint, LikelyFile, MAX_RESULT_BYTES, RunFailure, RunOutcome, RunRequest, RunResult,
    RunState,
};
use shared::id::{CommitId, RunId};
use shared::secret::Secret;
use tokio::sync::watch;

use crate::agent::{Agent, AgentEvent, Launch, Report, parse_event};
use crate::checkpoint;
use crate::config::Config;
use crate::diff::{Bounds, diff};
use crate::git::{self, Git};
use crate::progress::Progress;
use crate::proxy::ModelProxy;
use crate::redact::Redactor;
use crate::tree::{self, Tree};
use crate::workspace::Workspace;
pub use stopping::Stop;
use stopping::Stopping;

/// A run as others see it.
#[derive(Debug)]
pub struct Run {
    /// What was asked for, without the credentials.
    pub request: RunRequest,
    /// How it stands.
    pub progress: Progress,
    stop: watch::Sender<Option<Stop>>,
    /// The working directory and its base, while they may be looked at.
    live: Mutex<Option<(PathBuf, Arc<Tree>)>>,
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
}

/// Why a run did not come to its natural end.
#[derive(Debug)]
enum Halt {
    Failed(RunFailure),
    Stopped(Stop),
}

impl From<RunFailure> for Halt {
    fn from(failure: RunFailure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl Run {
    /// A run that has not started yet.
    pub fn new(request: &RunRequest) -> Self {
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
            request,
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

    /// The work so far: a diff is made if the agent is at work, so this may take a moment.
    pub async fn checkpoint(&self) -> Option<Checkpoint> {
        if let Some(kept) = self.checkpoint.get() {
            self.fetched.store(true, Ordering::SeqCst);
            return kept.clone();
        }
        let (work, tree) = self.live().clone()?;
        let changes = off_thread(move || diff(&work, &tree, WHOLE)).await.ok()?;
        // If the run has ended meanwhile, its directory may have been half removed.
        self.live().is_some().then(|| self.checkpoint_of(changes))
    }

    fn checkpoint_of(&self, changes: Vec<FileChange>) -> Checkpoint {
        Checkpoint {
            base_commit: self.request.source.base_commit.clone(),
            changes: checkpoint::without_drafts(changes),
            session_id: self.progress.session(),
            spent: self.progress.spent(),
        }
    }

    fn live(&self) -> MutexGuard<'_, Option<(PathBuf, Arc<Tree>)>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does all of it.
    pub async fn execute(&self, request: RunRequest, config: &Config, runs_dir: &Path) {
        let token = request.source.token.clone();
        let mut attempt = Attempt {
            run: self,
            config,
            redactor: Redactor::new(token.into_iter().chain([request.model.api_key.clone()])),
            stopping: Stopping::new(&self.stop, request.limits.wall_clock, self.progress.spent()),
            request,
        };
        let end = attempt.carry_out(runs_dir).await;
        let redactor = attempt.redactor;
        self.settle(end, &redactor);
    }

    /// For a run whose task broke.
    pub fn fail(&self, reason: &str) {
        *self.live() = None;
        let failure = RunFailure::Internal {
            reason: reason.to_owned(),
        };
        let end = End::Result(RunOutcome::Failed { failure }, Work::default());
        self.settle(end, &Redactor::default());
    }

    fn settle(&self, end: End, redactor: &Redactor) {
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
                    summary: redactor.redact(&work.summary),
                    found_files: work.found_files,
                    spent: self.progress.spent(),
                };
                let _ = self.result.set(result);
            }
        }
    }
}

/// As much as any result may hold.
const WHOLE: Bounds = Bounds {
    files: 10_000,
    bytes: MAX_RESULT_BYTES,
};

/// A run being executed.
struct Attempt<'a> {
    run: &'a Run,
    request: RunRequest,
    config: &'a Config,
    stopping: Stopping,
    redactor: Redactor,
}

impl Attempt<'_> {
    async fn carry_out(&mut self, runs_dir: &Path) -> End {
        let workspace = match Workspace::create(runs_dir, self.run.id()) {
            Ok(workspace) => workspace,
            Err(error) => {
                let reason = format!("cannot make the run's directory: {error}");
                let failure = RunFailure::Internal { reason };
                return End::Result(RunOutcome::Failed { failure }, Work::default());
            }
        };
        let outcome = self.work(&workspace).await;
        let end = match outcome {
            Ok(work) => End::Result(RunOutcome::Completed, work),
            Err(Halt::Failed(failure)) => failed(failure),
            Err(Halt::Stopped(Stop::Cancelled)) => {
                End::Result(RunOutcome::Cancelled, Work::default())
            }
            Err(Halt::Stopped(Stop::TimedOut)) => failed(RunFailure::TimedOut),
            Err(Halt::Stopped(Stop::ShutDown)) => End::Interrupted(self.last_checkpoint().await),
        };
        *self.run.live() = None;
        // It says so itself if it cannot be removed.
        let _ = off_thread(move || {
            drop(workspace);
            Ok(())
        })
        .await;
        end
    }

    async fn work(&mut self, workspace: &Workspace) -> Result<Work, Halt> {
        let git = Git::new(workspace.git_dir(), &self.config.path);
        let tree = Arc::new(self.clone_into(&git, workspace).await?);
        let found_files = self.search(&git).await?;
        workspace
            .hand_over(self.config.agent_user)
            .map_err(internal)?;
        *self.run.live() = Some((workspace.work(), tree.clone()));

        self.run.progress.enter(RunState::Running);
        let summary = self.let_the_agent_work(workspace).await?;

        self.run.progress.enter(RunState::Collecting);
        let bounds = Bounds {
            files: self.request.limits.max_files.into(),
            bytes: self.request.limits.max_result_bytes,
        };
        let work = workspace.work();
        let changes = self
            .stopping
            .race(off_thread(move || diff(&work, &tree, bounds)))
            .await??;
        Ok(Work {
            changes,
            summary,
            found_files,
        })
    }

    /// The base commit in the working directory, and the earlier work on top of it.
    async fn clone_into(&mut self, git: &Git, workspace: &Workspace) -> Result<Tree, Halt> {
        let source = &self.request.source;
        let cloning = async {
            git.init().await?;
            git::fetch(git, source).await?;
            let tree = tree::list(git, &source.base_commit).await?;
            tree::write(git, &tree, &workspace.work()).await?;
            if let Some(earlier) = &self.request.checkpoint {
                checkpoint::apply(&earlier.changes, &workspace.work())?;
            }
            Ok(tree)
        };
        let tree = self
            .stopping
            .race(cloning)
            .await?
            .map_err(|failed: git::GitFailed| RunFailure::CloneFailed { reason: failed.0 })?;
        // It has done its work: what follows has no use for it.
        self.request.source.token = None;
        Ok(tree)
    }

    /// Looks for the words, and adds what is found to the prompt.
    async fn search(&mut self, git: &Git) -> Result<Vec<LikelyFile>, Halt> {
        let Some(words) = &self.request.code_search else {
            return Ok(Vec::new());
        };
        let base: &CommitId = &self.request.source.base_commit;
        let folders = &self.request.prompt.allowed_folders;
        let found = self
            .stopping
            .race(git::search(git, base, words, folders))
            .await?;
        let known = &mut self.request.prompt.likely_files;
        for file in &found {
            if known.iter().all(|other| other.path != file.path) {
                known.push(file.clone());
            }
        }
        Ok(found)
    }

    /// The agent's last words, if all went well.
    async fn let_the_agent_work(&mut self, workspace: &Workspace) -> Result<String, Halt> {
        let limits = &self.request.limits;
        let earlier = self.run.progress.spent();
        let max_turns = limits.max_turns.get().saturating_sub(earlier.turns);
        let budget = limits.max_budget_usd - earlier.cost_usd;
        if max_turns == 0 {
            return Err(RunFailure::TurnsExhausted.into());
        }
        if budget <= 0.0 {
            return Err(RunFailure::BudgetExhausted.into());
        }
        let proxy = ModelProxy::start(&self.request.model, budget)
            .await
            .map_err(internal)?;
        self.redactor.add(proxy.key().clone());
        let launch = Launch {
            prompt: &self.request.prompt.render(self.has_earlier_work()),
            base_url: proxy.base_url(),
            key: proxy.key(),
            model: self.request.model.name.as_deref(),
            max_turns,
            max_budget_usd: budget,
        };
        let agent = Agent::start(self.config, workspace, &launch).map_err(internal)?;
        let report = self.follow(agent, workspace, &proxy).await;
        self.run.progress.note_cost(proxy.meter().cost_usd());
        let report = report?;
        Ok(judge::verdict(report, proxy.meter())?)
    }

    /// A checkpoint without changes only says what earlier runs have used up.
    fn has_earlier_work(&self) -> bool {
        let checkpoint = self.request.checkpoint.as_ref();
        checkpoint.is_some_and(|earlier| !earlier.changes.is_empty())
    }

    /// Reads what the agent does until it ends or is ended.
    async fn follow(
        &mut self,
        mut agent: Agent,
        workspace: &Workspace,
        proxy: &ModelProxy,
    ) -> Result<judge::Ended, Halt> {
        let work = workspace.work().to_string_lossy().into_owned();
        let mut report: Option<Report> = None;
        loop {
            let line = match self.stopping.race(agent.next_line()).await {
                Ok(line) => line,
                Err(stop) => {
                    agent.stop().await;
                    return Err(stop.into());
                }
            };
            let Some(line) = line else { break };
            if let Some(event) = parse_event(&line, &work) {
                self.run.progress.note(&event);
                self.run.progress.note_cost(proxy.meter().cost_usd());
                if let AgentEvent::Ended(said) = event {
                    report = Some(said);
                }
            }
        }
        // No more output does not mean that it has ended: it may have closed its stream.
        match self.stopping.wait_for(agent).await? {
            Ok((status, stderr)) => Ok(judge::Ended {
                report,
                status,
                stderr,
            }),
            Err(error) => Err(internal(error)),
        }
    }

    /// What the agent had done when it was stopped; of a clone, what it was to go on from.
    async fn last_checkpoint(&mut self) -> Option<Checkpoint> {
        let Some((work, tree)) = self.run.live().clone() else {
            return self.request.checkpoint.take();
        };
        let changes = off_thread(move || diff(&work, &tree, WHOLE)).await;
        changes.ok().map(|changes| self.run.checkpoint_of(changes))
    }
}

fn failed(failure: RunFailure) -> End {
    End::Result(RunOutcome::Failed { failure }, Work::default())
}

fn internal(error: impl std::fmt::Display) -> Halt {
    Halt::Failed(RunFailure::Internal {
        reason: error.to_string(),
    })
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
