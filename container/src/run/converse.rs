//! The agent's part of an attempt: it is started within what is left of the limits, followed, and
//! told what people have to say to it, until it ends or is ended.

use shared::executor::{Prompt, RunFailure};

use super::attempt::{Attempt, Halt, internal};
use super::judge::{self, Ended};
use crate::agent::{Agent, AgentEvent, Launch, Report, parse_event};
use crate::confine::Network;
use crate::proxy::ModelProxy;
use crate::session::{SessionId, uuid};
use crate::workspace::Workspace;

/// A conversation to be had.
struct Talk {
    session: SessionId,
    is_resumed: bool,
    /// The id of the first message.
    opening: String,
    max_turns: u32,
    max_budget_usd: f64,
}

/// What became of it.
struct Told {
    ended: Ended,
    /// Whether the agent has read the first message: if not, nothing happened.
    is_opening_read: bool,
}

impl Attempt<'_> {
    /// The agent's last words, if all went well.
    pub(super) async fn let_the_agent_work(
        &mut self,
        workspace: &Workspace,
        earlier: Option<SessionId>,
    ) -> Result<String, Halt> {
        let (max_turns, budget) = self.limits_left()?;
        // Claude Code counts what a conversation has cost from its beginning on.
        let whole_budget = self.request.limits.max_budget_usd;
        let proxy = self.model_proxy(workspace, budget).await?;
        if let Some(session) = earlier {
            let talk = Talk {
                session,
                is_resumed: true,
                opening: uuid().map_err(internal)?,
                max_turns,
                max_budget_usd: whole_budget,
            };
            let steers = self.run.steering.all_in(&talk.opening);
            let prompt = Prompt::render_resumption(&steers);
            let told = self.converse(workspace, &proxy, &talk, &prompt).await?;
            if told.is_opening_read {
                return Ok(judge::verdict(told.ended, proxy.meter())?);
            }
            tracing::warn!(run = %self.run.id(), "an earlier conversation cannot be gone on with");
        }
        let talk = Talk {
            session: SessionId::random().map_err(internal)?,
            is_resumed: false,
            opening: uuid().map_err(internal)?,
            max_turns,
            max_budget_usd: budget,
        };
        let steers = self.run.steering.all_in(&talk.opening);
        let prompt = &self.request.prompt;
        let prompt = prompt.render(self.has_earlier_work(), &steers);
        let told = self.converse(workspace, &proxy, &talk, &prompt).await?;
        Ok(judge::verdict(told.ended, proxy.meter())?)
    }

    /// The same agent goes on in its conversation, with what is left of the limits.
    pub(super) async fn let_the_agent_mend(
        &mut self,
        workspace: &Workspace,
        prompt: &str,
    ) -> Result<String, Halt> {
        let session = self.run.progress.session();
        let session = session.ok_or_else(|| internal("there is no conversation"))?;
        let (max_turns, budget) = self.limits_left()?;
        let proxy = self.model_proxy(workspace, budget).await?;
        let talk = Talk {
            session,
            is_resumed: true,
            opening: uuid().map_err(internal)?,
            max_turns,
            max_budget_usd: self.request.limits.max_budget_usd,
        };
        let told = self.converse(workspace, &proxy, &talk, prompt).await?;
        Ok(judge::verdict(told.ended, proxy.meter())?)
    }

    /// The model as the agent may have it from now on.
    async fn model_proxy(
        &mut self,
        workspace: &Workspace,
        budget_usd: f64,
    ) -> Result<ModelProxy, Halt> {
        let socket = match self.config.agent_network {
            Network::Open => None,
            Network::Closed(_) => Some(workspace.model_socket()),
        };
        let prices = self.config.prices.clone();
        let proxy = ModelProxy::start(&self.request.model, budget_usd, prices, socket)
            .await
            .map_err(internal)?;
        self.redactor.add(proxy.key().clone());
        Ok(proxy)
    }

    /// Turns and money.
    fn limits_left(&self) -> Result<(u32, f64), RunFailure> {
        let limits = &self.request.limits;
        let spent = self.run.progress.spent();
        let max_turns = limits.max_turns.get().saturating_sub(spent.turns);
        let budget = limits.max_budget_usd - spent.cost_usd;
        if max_turns == 0 {
            return Err(RunFailure::TurnsExhausted);
        }
        if budget <= 0.0 {
            return Err(RunFailure::BudgetExhausted);
        }
        Ok((max_turns, budget))
    }

    async fn converse(
        &mut self,
        workspace: &Workspace,
        proxy: &ModelProxy,
        talk: &Talk,
        prompt: &str,
    ) -> Result<Told, Halt> {
        let launch = Launch {
            session: &talk.session,
            is_resumed: talk.is_resumed,
            proxy,
            model: self.request.model.name.as_deref(),
            max_turns: talk.max_turns,
            max_budget_usd: talk.max_budget_usd,
        };
        let agent = Agent::start(self.config, workspace, &launch).map_err(internal)?;
        self.run.progress.begin(&talk.session);
        agent.say(&talk.opening, prompt);
        let told = self.follow(agent, workspace, proxy, talk).await;
        self.run.progress.note_cost(proxy.meter().cost_usd());
        told
    }

    /// A checkpoint without changes only says what earlier runs have used up.
    fn has_earlier_work(&self) -> bool {
        let checkpoint = self.request.checkpoint.as_ref();
        checkpoint.is_some_and(|earlier| !earlier.changes.is_empty())
    }

    /// Reads what the agent does, and tells it what is new, until it ends or is ended.
    async fn follow(
        &mut self,
        mut agent: Agent,
        workspace: &Workspace,
        proxy: &ModelProxy,
        talk: &Talk,
    ) -> Result<Told, Halt> {
        let work = workspace.work().to_string_lossy().into_owned();
        let run = self.run;
        let mut report: Option<Report> = None;
        let mut is_opening_read = false;
        let turns_before = run.progress.turns();
        loop {
            let line = tokio::select! {
                line = self.stopping.race(agent.next_line()) => line,
                () = run.steering.news() => {
                    say_what_is_new(&agent, run)?;
                    continue;
                }
            };
            let line = match line {
                Ok(line) => line,
                Err(stop) => {
                    agent.stop().await;
                    return Err(stop.into());
                }
            };
            let Some(line) = line else { break };
            let Some(event) = parse_event(&line, &work) else {
                continue;
            };
            run.progress.note(&event);
            run.progress.note_cost(proxy.meter().cost_usd());
            match event {
                AgentEvent::Read { message } => {
                    is_opening_read |= message == talk.opening;
                    run.steering.is_read(&message);
                }
                // Claude Code counts the turns of every message anew.
                AgentEvent::Answered { .. }
                    if run.progress.turns() - turns_before > talk.max_turns =>
                {
                    agent.stop().await;
                    return Err(RunFailure::TurnsExhausted.into());
                }
                AgentEvent::Answered { .. } => {}
                AgentEvent::Ended(said) => {
                    if !talk.is_resumed {
                        run.progress.note_cost(said.cost_usd);
                    }
                    // What it has not read yet it reads now, and works on.
                    if said.is_error || run.steering.close_if_all_are_read() {
                        run.steering.close();
                        agent.hang_up();
                    }
                    report = Some(said);
                }
            }
        }
        // No more output does not mean that it has ended: it may have closed its stream.
        agent.hang_up();
        match self.stopping.wait_for(agent).await? {
            Ok((status, stderr)) => Ok(Told {
                ended: Ended {
                    report,
                    status,
                    stderr,
                },
                is_opening_read,
            }),
            Err(error) => Err(internal(error)),
        }
    }
}

fn say_what_is_new(agent: &Agent, run: &super::Run) -> Result<(), Halt> {
    loop {
        let message = uuid().map_err(internal)?;
        let Some(steer) = run.steering.next_in(&message) else {
            return Ok(());
        };
        agent.say(&message, &steer.render());
    }
}
