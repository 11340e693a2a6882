//! Discord's REST API, as far as we use it: reading a conversation, writing into it, and
//! registering our commands.
//!
//! Two credentials lead to a conversation: the bot's token, always, and an interaction's token,
//! for 15 minutes. A call by the latter that fails with [`ServiceError::Expired`] may be made by
//! the former.
//!
//! <https://docs.discord.com/developers/reference>

mod answer;
mod application;
mod commands;
mod error;
mod rate;
mod read;
#[cfg(test)]
mod tests;
mod thread;
mod webhook;
mod write;

use std::time::Duration;

pub use answer::{find_answer_request, parse_answer};
pub use application::{Application, application_request, parse_application};
pub use commands::{
    list_commands_request, parse_commands, parse_registered, register_commands_request,
};
pub use rate::RateHint;
pub use read::{
    MAX_PAGE, get_message_request, list_messages_request, parse_message, parse_messages,
};
use serde::Serialize;
pub use thread::{parse_started_thread, start_thread_request};
pub use webhook::{edit_original_request, follow_up_request, parse_by_token};
pub use write::{
    SentMessage, create_message_request, delete_message_request, edit_message_request,
    parse_deleted, parse_sent,
};

use super::message::Message;
use crate::http::{Http, Request, Response};
use crate::id::{ApplicationId, ChannelId, GuildId, JobId, MessageId};
use crate::job::RecentMessage;
use crate::secret::Secret;
use crate::service::{Api, BadAccess, Creation, ServiceError};

/// Production's address.
pub const DEFAULT_BASE: &str = "https://discord.com/api/v10";

/// How long a call may take, unless [`DiscordClient::within`] says otherwise.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Discord over an HTTP port.
#[derive(Debug, Clone)]
pub struct DiscordClient<H> {
    http: H,
    api: Api,
    within: Duration,
}

impl<H: Http> DiscordClient<H> {
    /// A client of the Discord at `base` (in production [`DEFAULT_BASE`]).
    pub fn new(http: H, base: &str, bot_token: &Secret) -> Result<Self, BadAccess> {
        let api = Api::new(base)?.authorized("Bot ", bot_token)?;
        Ok(Self {
            http,
            api,
            within: TIME_LIMIT,
        })
    }

    /// The same client with another time limit per call.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// The newest messages of a channel, oldest first; `before` leaves out that message and what
    /// came after it.
    pub async fn messages(
        &self,
        channel: &ChannelId,
        limit: usize,
        before: Option<&MessageId>,
    ) -> Result<Vec<RecentMessage>, ServiceError> {
        let request = list_messages_request(&self.api, channel, limit, before);
        parse_messages(&self.send(request).await?, limit)
    }

    /// One message.
    pub async fn message(
        &self,
        channel: &ChannelId,
        message: &MessageId,
    ) -> Result<RecentMessage, ServiceError> {
        parse_message(
            &self
                .send(get_message_request(&self.api, channel, message))
                .await?,
        )
    }

    /// Sends a message to a channel. With a nonce, sending it again within a few minutes answers
    /// with the first one.
    pub async fn create_message(
        &self,
        channel: &ChannelId,
        message: &Message,
    ) -> Result<SentMessage, ServiceError> {
        parse_sent(
            &self
                .send(create_message_request(&self.api, channel, message))
                .await?,
        )
    }

    /// Replaces one of our messages whole.
    pub async fn edit_message(
        &self,
        channel: &ChannelId,
        id: &MessageId,
        message: &Message,
    ) -> Result<SentMessage, ServiceError> {
        parse_sent(
            &self
                .send(edit_message_request(&self.api, channel, id, message))
                .await?,
        )
    }

    /// Deletes one of our messages. One that is gone already is a success.
    pub async fn delete_message(
        &self,
        channel: &ChannelId,
        id: &MessageId,
    ) -> Result<(), ServiceError> {
        parse_deleted(
            &self
                .send(delete_message_request(&self.api, channel, id))
                .await?,
        )
    }

    /// Replaces the first answer to an interaction, and learns its id for later edits as the bot.
    pub async fn edit_original(
        &self,
        application: &ApplicationId,
        token: &Secret,
        message: &Message,
    ) -> Result<SentMessage, ServiceError> {
        let request = edit_original_request(&self.api, application, token, message);
        parse_by_token(&self.send(request).await?)
    }

    /// The message that answers an interaction, found as the bot.
    pub async fn answer_to(
        &self,
        channel: &ChannelId,
        interaction: &JobId,
    ) -> Result<Option<MessageId>, ServiceError> {
        let request = find_answer_request(&self.api, channel, interaction);
        parse_answer(&self.send(request).await?, interaction)
    }

    /// Answers an interaction once more. Not idempotent: Discord takes no nonce here.
    pub async fn follow_up(
        &self,
        application: &ApplicationId,
        token: &Secret,
        message: &Message,
    ) -> Result<SentMessage, ServiceError> {
        let request = follow_up_request(&self.api, application, token, message);
        parse_by_token(&self.send(request).await?)
    }

    /// Starts a thread at a message, or finds the one that is there.
    pub async fn start_thread(
        &self,
        channel: &ChannelId,
        message: &MessageId,
        name: &str,
    ) -> Result<Creation<ChannelId>, ServiceError> {
        let request = start_thread_request(&self.api, channel, message, name);
        parse_started_thread(&self.send(request).await?, message)
    }

    /// Replaces all our commands, everywhere or in one server; says how many there are now.
    pub async fn register_commands(
        &self,
        application: &ApplicationId,
        guild: Option<&GuildId>,
        commands: &impl Serialize,
    ) -> Result<usize, ServiceError> {
        let request = register_commands_request(&self.api, application, guild, commands);
        parse_registered(&self.send(request).await?)
    }

    /// All our commands as Discord has them, everywhere or in one server.
    pub async fn commands(
        &self,
        application: &ApplicationId,
        guild: Option<&GuildId>,
    ) -> Result<Vec<serde_json::Value>, ServiceError> {
        let request = list_commands_request(&self.api, application, guild);
        parse_commands(&self.send(request).await?)
    }

    /// The application that the token belongs to.
    pub async fn application(&self) -> Result<Application, ServiceError> {
        parse_application(&self.send(application_request(&self.api)).await?)
    }

    async fn send(&self, request: Request) -> Result<Response, ServiceError> {
        Ok(self.http.send(request, self.within).await?)
    }
}
