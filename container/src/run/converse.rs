//! The agent's part of an attempt: it is started within what is left of the limits, and followed
//! until it ends or is ended.

use shared::executor::RunFailure;

use super::attempt::{Attempt, Halt, internal};
use super::judge;
use crate::agent::{Agent, AgentEvent, Launch, Report, parse_event};
use crate::proxy::ModelProxy;
use crate::workspace::Workspace;

impl Attempt<'_> {
    /// The agent's last words, if all went well.
    pub(super) async fn let_the_agent_work(
        &mut self,
        workspace: &Workspace,
    ) -> Result<String, Halt> {
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
}
