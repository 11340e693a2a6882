//! Doing again what did not work.

use super::answer::Problem;
use super::jobs::unknown;
use super::{Acted, Desk, JobState, Query};
use crate::command::{Command, Options};
use crate::fix::FixDetails;
use crate::gateway::Ports;
use crate::id::{InteractionId, JobId};
use crate::job::{DiscordContext, Interaction, Job, VERSION};
use crate::ports::Clock as _;
use crate::reference::References;
use crate::secret::Secret;
use crate::thread::{Inspection, ThreadClient};
use crate::trace::TraceId;

impl<P: Ports> Desk<'_, P> {
    /// A dead job is replayed. A fix that ended is done as `/bugbot retry` in its thread would do
    /// it, under an id that derives from its own: each job is retried once, however often that is
    /// asked for.
    pub(super) async fn retry(&self, job: &JobId, query: &Query) -> Result<Acted, Problem> {
        let thread = self.thread_of(job, query).await?;
        let view = self.view(job, thread).await?;
        if view.state == JobState::Dead {
            return self.replay(job.as_str()).await;
        }
        match (view.state, view.fix) {
            (JobState::Ended, Some(fix)) => {
                self.record("retry", job.as_str()).await?;
                self.again(job, &fix).await
            }
            (JobState::Ended, None) => Err(Problem::Conflict(
                "It is no fix, and no dead letter: `/bugbot retry` in its thread does it again."
                    .to_owned(),
            )),
            (JobState::Unknown, _) => Err(unknown(job)),
            _ => Err(Problem::Conflict("It has not ended.".to_owned())),
        }
    }

    async fn again(&self, job: &JobId, fix: &FixDetails) -> Result<Acted, Problem> {
        let next = following(job);
        let thread = ThreadClient::new(self.back(), fix.thread.clone());
        let known = thread.inspect(&next).await?;
        if known != Inspection::Unknown {
            return Ok(Acted {
                changed: false,
                message: format!("It was retried already, as {next}."),
                id: next.to_string(),
            });
        }
        let ended_well = fix
            .view
            .ended
            .as_ref()
            .is_some_and(|it| !it.can_be_retried());
        if ended_well || thread.look().await?.again.is_none() {
            return Err(Problem::Conflict(
                "There is nothing to do again in its thread: its last work ended well.".to_owned(),
            ));
        }
        let job = self.order(&next, fix);
        let body = job
            .encode()
            .map_err(|fault| Problem::Conflict(fault.to_string()))?;
        self.put_on_queue(&body).await?;
        Ok(Acted {
            changed: true,
            message: format!("It is retried as {next}."),
            id: next.to_string(),
        })
    }

    /// What `/bugbot retry` in that thread would have put on the queue, had the operator given it.
    fn order(&self, id: &JobId, fix: &FixDetails) -> Job {
        let interaction = InteractionId::new(id.as_str());
        Job {
            trace: Some(TraceId::of(&interaction)),
            version: VERSION,
            command: Command::Retry(Options::default()),
            discord_context: DiscordContext {
                channel_id: fix.channel.clone(),
                thread_id: None,
                message_id: fix.about.clone(),
                user_id: self.operator.id().clone(),
                user_roles: Vec::new(),
                guild_id: fix.guild.clone(),
                message_content: String::new(),
                message_author: None,
                message_timestamp: None,
                recent_messages: Vec::new(),
                history_trimmed: false,
                history_read: false,
            },
            extracted_refs: References::default(),
            timestamp: self.ports.clock().now(),
            interaction: Interaction {
                id: interaction,
                application_id: fix.application.clone(),
                token: Secret::new(""),
            },
        }
    }
}

/// `77` is retried as `77-1`, that as `77-2`.
fn following(job: &JobId) -> JobId {
    let (root, times) = match job.as_str().rsplit_once('-') {
        Some((root, times)) => (root, times.parse().unwrap_or(0_u32)),
        None => (job.as_str(), 0),
    };
    JobId::new(format!("{root}-{}", times.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_retry_has_its_own_name() {
        let first = following(&JobId::new("77"));
        assert_eq!(first.as_str(), "77-1");
        assert_eq!(following(&first).as_str(), "77-2");
    }
}
