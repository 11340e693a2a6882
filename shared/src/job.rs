//! The job: what the gateway puts on the queue and the consumer acts on (design, section 5).
//!
//! An unknown field is tolerated, so that a newer gateway can run beside an older consumer; an
//! unknown version is not, and is parked.

mod codec;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::id::{
    ApplicationId, ChannelId, GuildId, InteractionId, JobId, MessageId, RoleId, ThreadId, UserId,
};
use crate::reference::References;
use crate::secret::Secret;
use crate::trace::{Trace, TraceId};

pub use codec::{DecodeFault, EncodeFault, Salvage};

/// The version that this code writes, and the only one that it reads.
pub const VERSION: u32 = 1;

/// The most bytes a job has on the queue. Cloudflare's limit is 128 KB a message (128,000 bytes).
/// <https://developers.cloudflare.com/queues/platform/limits/>
pub const MAX_BYTES: usize = 128_000;

/// One accepted command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// [`VERSION`].
    pub version: u32,
    /// What is asked: `"command": "fix", "options": {..}`.
    #[serde(flatten)]
    pub command: Command,
    /// Where it was asked, by whom, and what was said there.
    pub discord_context: DiscordContext,
    /// What the gateway found in the thread so far.
    pub extracted_refs: References,
    /// When the gateway accepted it.
    pub timestamp: Timestamp,
    /// What a reply needs.
    pub interaction: Interaction,
    /// The trace that it belongs to; absent in jobs of an older gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
}

impl Job {
    /// What log lines about it are about.
    pub fn trace(&self) -> Trace {
        let mut trace = Trace::of_job(&self.id()).in_thread(&self.thread());
        if let Some(given) = &self.trace {
            trace.id = Some(given.clone());
        }
        trace
    }

    /// The id under which the job is known everywhere.
    pub fn id(&self) -> JobId {
        JobId::of(&self.interaction.id)
    }

    /// The conversation it belongs to.
    pub fn thread(&self) -> ThreadId {
        self.discord_context.thread()
    }
}

/// Where a command was given, and the conversation around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscordContext {
    /// The channel; for a command inside a thread, the thread's parent.
    pub channel_id: ChannelId,
    /// The thread, when the command was given inside one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ChannelId>,
    /// The message that the command is about: the target of a context-menu command, else the
    /// newest message that is not ours, else the interaction's id.
    pub message_id: MessageId,
    /// Who gave the command.
    pub user_id: UserId,
    /// The roles of who gave it, in the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_roles: Vec<RoleId>,
    /// The server; empty in a direct message.
    pub guild_id: GuildId,
    /// The text of the message that the command is about.
    pub message_content: String,
    /// Who wrote it, as shown; absent where the gateway has not seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_author: Option<String>,
    /// When it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_timestamp: Option<Timestamp>,
    /// The conversation before it, oldest first.
    #[serde(default)]
    pub recent_messages: Vec<RecentMessage>,
    /// Whether older messages were left out to keep within [`MAX_BYTES`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history_trimmed: bool,
    /// Whether the gateway already read the history; if not, the consumer does.
    #[serde(default)]
    pub history_read: bool,
}

impl DiscordContext {
    /// The conversation: the thread if there is one, else the channel.
    pub fn thread(&self) -> ThreadId {
        ThreadId::new(self.thread_id.as_ref().unwrap_or(&self.channel_id).as_str())
    }

    /// The channel that messages of this conversation are in and go to.
    pub fn conversation(&self) -> &ChannelId {
        self.thread_id.as_ref().unwrap_or(&self.channel_id)
    }
}

/// One message of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentMessage {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub author_id: UserId,
    /// The author's name as shown.
    pub author_name: String,
    /// Whether the author is a bot (we among them).
    #[serde(default)]
    pub author_is_bot: bool,
    /// Its text; empty when Discord withholds it (no Message Content intent).
    pub content: String,
    /// When it was written.
    pub timestamp: Timestamp,
}

impl RecentMessage {
    /// Whether its words can be a report: a link alone, a greeting or a "me too" cannot.
    pub fn reads_as_report(&self) -> bool {
        const FEWEST_WORDS: usize = 3;
        let words = self.content.split_whitespace();
        words.filter(|word| !word.contains("://")).count() >= FEWEST_WORDS
    }
}

/// What a reply to the interaction needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interaction {
    /// The interaction.
    pub id: InteractionId,
    /// The application that received it.
    pub application_id: ApplicationId,
    /// Its token: valid for 15 minutes, good for follow-ups and edits of the first answer only.
    pub token: Secret,
}
