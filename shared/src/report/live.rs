//! Where a job's answer goes, and the message that is there already.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ApplicationId, ChannelId, GuildId, JobId, MessageId, ThreadId, UserId};
use crate::job::Job;
use crate::secret::Secret;
use crate::trace::{Trace, TraceId};

/// How long an interaction's token is good for: Discord says 15 minutes; we stop half a minute
/// earlier than that and go on as the bot.
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages>
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60 - 30);

/// Everything that an answer to a job needs, whoever gives it: a delivery, the Job object, the
/// dead-letter consumer or the sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplyTo {
    /// The job.
    pub job: JobId,
    /// Who asked.
    pub user: UserId,
    /// The server; empty in a direct message.
    pub guild: GuildId,
    /// The channel or thread that the answer appears in.
    pub channel: ChannelId,
    /// The message that the job is about.
    pub about: MessageId,
    /// The application that answers.
    pub application: ApplicationId,
    /// The interaction's token.
    pub token: Secret,
    /// When the interaction was accepted.
    pub accepted_at: Timestamp,
    /// The trace of the job; absent in what an older version stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
}

impl ReplyTo {
    /// The address of a job's answer.
    pub fn of(job: &Job) -> Self {
        let context = &job.discord_context;
        Self {
            job: job.id(),
            user: context.user_id.clone(),
            guild: context.guild_id.clone(),
            channel: context.conversation().clone(),
            about: context.message_id.clone(),
            application: job.interaction.application_id.clone(),
            token: job.interaction.token.clone(),
            accepted_at: job.interaction.id.created_at().unwrap_or(job.timestamp),
            trace: job.trace.clone(),
        }
    }

    /// What log lines about the job are about.
    pub fn trace(&self) -> Trace {
        let thread = ThreadId::new(self.channel.as_str());
        let mut trace = Trace::of_job(&self.job).in_thread(&thread);
        if let Some(given) = &self.trace {
            trace.id = Some(given.clone());
        }
        trace
    }

    /// Whether the interaction's token still works.
    pub fn token_is_fresh(&self, now: Timestamp) -> bool {
        // A job that an operator gives or replays has none.
        !self.token.expose().is_empty() && self.age(now) < TOKEN_LIFETIME
    }

    /// How long ago the interaction was accepted. The time of acceptance comes from outside: it
    /// may lie anywhere, and is not calculated with otherwise.
    pub(super) fn age(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.accepted_at)).unwrap_or_default()
    }

    /// The address of the message that the job is about; of the conversation, where there is no
    /// such message and the interaction stands for it.
    /// <https://docs.discord.com/developers/reference#message-formatting>
    pub fn message_link(&self) -> String {
        let guild = match self.guild.as_str() {
            "" => "@me",
            guild => guild,
        };
        let channel = format!("https://discord.com/channels/{guild}/{}", self.channel);
        if self.about.as_str() == self.job.as_str() {
            return channel;
        }
        format!("{channel}/{}", self.about)
    }
}

/// The message of a job, once it exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveMessage {
    /// Where it is.
    pub channel: ChannelId,
    /// Which it is.
    pub message: MessageId,
}
