//! Reading a conversation.
//!
//! Without the Message Content intent `content` is empty, save in our own messages, in those that
//! mention us, and in the target of a context-menu command.

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::error::checked;
use crate::http::{Request, Response};
use crate::id::{ChannelId, MessageId, UserId};
use crate::job::RecentMessage;
use crate::service::{Api, ServiceError, decode};

/// The most messages that Discord lists at once.
pub const MAX_PAGE: usize = 100;

const NEEDS: &str = "View Channel and Read Message History";

/// Lists the newest messages.
pub fn list_messages_request(
    api: &Api,
    channel: &ChannelId,
    limit: usize,
    before: Option<&MessageId>,
) -> Request {
    let limit = limit.clamp(1, MAX_PAGE).to_string();
    let mut query = vec![("limit", limit.as_str())];
    query.extend(before.map(|id| ("before", id.as_str())));
    api.call(
        Method::GET,
        &["channels", channel.as_str(), "messages"],
        &query,
    )
}

/// Gets one message.
pub fn get_message_request(api: &Api, channel: &ChannelId, message: &MessageId) -> Request {
    let path = ["channels", channel.as_str(), "messages", message.as_str()];
    api.call(Method::GET, &path, &[])
}

/// The messages of a list, oldest first and at most `limit`.
pub fn parse_messages(
    response: &Response,
    limit: usize,
) -> Result<Vec<RecentMessage>, ServiceError> {
    let mut messages: Vec<WireMessage> = decode(checked(response, NEEDS)?)?;
    messages.truncate(limit.clamp(1, MAX_PAGE));
    Ok(messages.into_iter().rev().map(Into::into).collect())
}

/// One message.
pub fn parse_message(response: &Response) -> Result<RecentMessage, ServiceError> {
    decode::<WireMessage>(checked(response, NEEDS)?).map(Into::into)
}

#[derive(Deserialize)]
struct WireMessage {
    id: MessageId,
    author: Author,
    content: String,
    timestamp: Timestamp,
}

#[derive(Deserialize)]
struct Author {
    id: UserId,
    username: String,
    #[serde(default)]
    global_name: Option<String>,
    #[serde(default)]
    bot: bool,
}

impl From<WireMessage> for RecentMessage {
    fn from(message: WireMessage) -> Self {
        Self {
            id: message.id,
            author_id: message.author.id,
            author_name: message
                .author
                .global_name
                .unwrap_or(message.author.username),
            author_is_bot: message.author.bot,
            content: message.content,
            timestamp: message.timestamp,
        }
    }
}
