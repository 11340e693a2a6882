//! After the agent: the repository's own commands on its change, and one more round for it if they
//! fail.
//!
//! Invariant: a change that was made is not lost any more. Whatever goes wrong from here on, and
//! whatever runs out, the change comes back with what is known of it; only somebody's stop ends
//! the run without it.

use std::sync::Arc;

use shared::executor::{Prompt, RunState, Verification};

use super::attempt::{Attempt, Halt, internal};
use super::{Stop, Work};
use crate::checkpoint;
use crate::git::Git;
use crate::tree::{self, Tree};
use crate::verify;
use crate::workspace::{Directories, Workspace};

impl Attempt<'_> {
    /// The work with what the commands say of it; of two rounds the second, if it came to an end.
    pub(super) async fn verified(
        &mut self,
        workspace: &Workspace,
        git: &Git,
        tree: &Arc<Tree>,
        mut work: Work,
    ) -> Result<Work, Halt> {
        if self.request.verify.is_empty() || work.changes.is_empty() {
            return Ok(work);
        }
        match self.verify(workspace, git, tree, &work).await {
            Ok(verification) => work.verification = verification,
            Err(halt) => return without_more(work, halt),
        }
        if work.verification.iter().all(Verification::has_passed) {
            return Ok(work);
        }
        match self.once_more(workspace, git, tree, &work).await {
            Ok(better) => Ok(better),
            Err(halt) => without_more(work, halt),
        }
    }

    /// The agent sees what failed.
    async fn once_more(
        &mut self,
        workspace: &Workspace,
        git: &Git,
        tree: &Arc<Tree>,
        before: &Work,
    ) -> Result<Work, Halt> {
        let failed = before.verification.iter().filter(|one| !one.has_passed());
        let prompt = Prompt::render_verification(&failed.collect::<Vec<_>>());
        self.run.progress.enter(RunState::Running);
        let summary = self.let_the_agent_mend(workspace, &prompt).await?;
        let mut work = Work {
            changes: self.changes(workspace, tree).await?,
            summary,
            found_files: before.found_files.clone(),
            ..Work::default()
        };
        if !work.changes.is_empty() {
            work.verification = self.verify(workspace, git, tree, &work).await?;
        }
        Ok(work)
    }

    /// Runs the commands on a copy. The first that does not pass is the last.
    async fn verify(
        &mut self,
        workspace: &Workspace,
        git: &Git,
        tree: &Tree,
        work: &Work,
    ) -> Result<Vec<Verification>, Halt> {
        let place = workspace.place_to_verify().map_err(internal)?;
        let copying = async {
            tree::write(git, tree, &place.work()).await?;
            checkpoint::apply(&work.changes, &place.work())
        };
        self.stopping.race(copying).await?.map_err(internal)?;
        let user = self.config.agent_user;
        place.hand_over(user).map_err(internal)?;
        workspace.shut(user).map_err(internal)?;
        let verified = self.run_commands(&place).await;
        workspace.open(user).map_err(internal)?;
        verified
    }

    async fn run_commands(&mut self, place: &Directories) -> Result<Vec<Verification>, Halt> {
        let mut all = Vec::new();
        for line in self.request.verify.clone() {
            self.run
                .progress
                .note_step(&format!("Verifying with {line}"));
            let mut stopped = None;
            let until = async { stopped = Some(self.stopping.due().await) };
            let one = verify::run(self.config, place, &line, &self.redactor, until)
                .await
                .map_err(internal)?;
            if let Some(stop @ (Stop::Cancelled | Stop::ShutDown)) = stopped {
                return Err(stop.into());
            }
            let has_passed = one.has_passed();
            all.push(one);
            if !has_passed {
                break;
            }
        }
        Ok(all)
    }
}

/// The work as it is, unless somebody stopped the run: the time, the turns or the money were used
/// up, or the agent failed in its second round.
fn without_more(work: Work, halt: Halt) -> Result<Work, Halt> {
    match halt {
        Halt::Stopped(Stop::Cancelled | Stop::ShutDown) => Err(halt),
        Halt::Stopped(Stop::TimedOut) | Halt::Failed(_) => Ok(work),
    }
}
