//! One attempt at a run: the clone, the agent, the diff, and the cleaning up after them.

use std::path::Path;
use std::sync::Arc;

use shared::change::FileChange;
use shared::executor::{Checkpoint, LikelyFile, RunFailure, RunOutcome, RunRequest, RunState};
use shared::id::CommitId;

use super::saving::Live;
use super::stopping::Stopping;
use super::{End, Run, Stop, Work, off_thread};
use crate::checkpoint;
use crate::config::Config;
use crate::diff::{Bounds, diff};
use crate::git::{self, Git};
use crate::redact::Redactor;
use crate::session::SessionId;
use crate::tree::{self, Tree};
use crate::workspace::Workspace;

/// Why a run did not come to its natural end.
#[derive(Debug)]
pub(super) enum Halt {
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

/// A run being executed.
pub(super) struct Attempt<'a> {
    pub(super) run: &'a Run,
    pub(super) request: RunRequest,
    pub(super) config: &'a Config,
    pub(super) stopping: Stopping,
    pub(super) redactor: Redactor,
}

impl<'a> Attempt<'a> {
    /// An attempt at the run that has not begun.
    pub(super) fn new(run: &'a Run, request: RunRequest, config: &'a Config) -> Self {
        let token = request.source.token.clone();
        Self {
            run,
            config,
            redactor: Redactor::new(token.into_iter().chain([request.model.api_key.clone()])),
            stopping: Stopping::new(&run.stop, request.limits.wall_clock, run.progress.spent()),
            request,
        }
    }

    /// Knows every secret that was in play.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// From the empty directory to the end; the directory is gone when this returns.
    pub(super) async fn carry_out(&mut self, runs_dir: &Path) -> End {
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
            Err(Halt::Failed(failure)) if failure.can_go_on() => {
                let checkpoint = self.last_checkpoint().await.map(Box::new);
                let work = Work {
                    checkpoint,
                    ..Work::default()
                };
                End::Result(RunOutcome::Failed { failure }, work)
            }
            Err(Halt::Failed(failure)) => failed(failure),
            Err(Halt::Stopped(Stop::Cancelled)) => {
                End::Result(RunOutcome::Cancelled, Work::default())
            }
            Err(Halt::Stopped(Stop::TimedOut)) => failed(RunFailure::TimedOut),
            Err(Halt::Stopped(Stop::ShutDown)) => End::Interrupted(self.last_checkpoint().await),
        };
        self.run.set_live(None);
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
        self.capture(workspace).await?;
        let conversation = self.earlier_conversation(workspace);
        workspace
            .hand_over(self.config.agent_user)
            .map_err(internal)?;
        self.run.set_live(Some(Live {
            directories: (**workspace).clone(),
            tree: tree.clone(),
        }));

        self.run.progress.enter(RunState::Running);
        let summary = self.let_the_agent_work(workspace, conversation).await?;
        let work = Work {
            changes: self.changes(workspace, &tree).await?,
            summary,
            found_files,
            ..Work::default()
        };
        self.verified(workspace, &git, &tree, work).await
    }

    /// What the agent changed, within the limits.
    pub(super) async fn changes(
        &mut self,
        workspace: &Workspace,
        tree: &Arc<Tree>,
    ) -> Result<Vec<FileChange>, Halt> {
        self.run.progress.enter(RunState::Collecting);
        let bounds = Bounds {
            files: self.request.limits.max_files.into(),
            bytes: self.request.limits.max_result_bytes,
        };
        let (work, tree) = (workspace.work(), tree.clone());
        let reading = off_thread(move || diff(&work, &tree, bounds));
        Ok(self.stopping.race(reading).await??)
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

    /// What the agent had done when it was stopped; of a clone, what it was to go on from.
    async fn last_checkpoint(&mut self) -> Option<Checkpoint> {
        let live = self.run.live().clone();
        match live {
            Some(live) => self.run.saved(live).await,
            None => self.request.checkpoint.take(),
        }
    }

    /// The conversation of an earlier attempt, put where the agent finds it, if it was kept here.
    fn earlier_conversation(&self, workspace: &Workspace) -> Option<SessionId> {
        let session = self.request.checkpoint.as_ref()?.session_id.as_deref()?;
        let session = SessionId::parse(session)?;
        match self.run.sessions.restore(&session, workspace) {
            Ok(is_there) => is_there.then_some(session),
            Err(error) => {
                tracing::warn!(%error, "an earlier conversation cannot be gone on with");
                None
            }
        }
    }
}

fn failed(failure: RunFailure) -> End {
    End::Result(RunOutcome::Failed { failure }, Work::default())
}

pub(super) fn internal(error: impl std::fmt::Display) -> Halt {
    Halt::Failed(RunFailure::Internal {
        reason: error.to_string(),
    })
}
