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
    #[serde(default)]
    r#type: u8,
    #[serde(default)]
    referenced_message: Option<Box<WireMessage>>,
}

/// The first message of a thread that was made from a message: empty itself, it refers to that
/// one. <https://docs.discord.com/developers/resources/message#message-object-message-types>
const THREAD_STARTER: u8 = 21;

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
        let id = message.id.clone();
        let message = match message {
            WireMessage {
                r#type: THREAD_STARTER,
                referenced_message: Some(starter),
                ..
            } => *starter,
            message => message,
        };
        Self {
            id,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> RecentMessage {
        let response = ::http::Response::new(body.as_bytes().to_vec());
        parse_message(&response).unwrap()
    }

    #[test]
    fn the_first_message_of_a_thread_has_the_words_of_the_message_it_was_made_from() {
        let message = parsed(
            r#"{"id":"2","type":21,"author":{"id":"9","username":"bob"},"content":"",
                "timestamp":"2026-03-06T14:31:00Z","referenced_message":
                {"id":"1","type":0,"author":{"id":"8","username":"ann","global_name":"Ann"},
                "content":"Save is dead","timestamp":"2026-03-06T14:30:00Z"}}"#,
        );
        assert_eq!(message.id.as_str(), "2");
        assert_eq!(
            (message.author_name.as_str(), message.content.as_str()),
            ("Ann", "Save is dead")
        );
        assert_eq!(message.timestamp.to_string(), "2026-03-06T14:30:00Z");
    }

    #[test]
    fn an_answer_keeps_its_own_words_and_a_starter_may_be_deleted() {
        let answer = parsed(
            r#"{"id":"2","type":19,"author":{"id":"9","username":"bob"},"content":"me too",
                "timestamp":"2026-03-06T14:31:00Z","referenced_message":
                {"id":"1","author":{"id":"8","username":"ann"},"content":"Save is dead",
                "timestamp":"2026-03-06T14:30:00Z"}}"#,
        );
        assert_eq!(answer.content, "me too");
        let starter = parsed(
            r#"{"id":"2","type":21,"author":{"id":"9","username":"bob"},"content":"",
                "timestamp":"2026-03-06T14:31:00Z","referenced_message":null}"#,
        );
        assert_eq!(starter.content, "");
    }
}
