//! Writing into a channel as the bot.

use ::http::Method;
use serde::{Deserialize, Serialize};

use super::error::{DiscordError, checked, code};
use super::rate::RateHint;
use crate::discord::message::{Attachment, Message, multipart};
use crate::http::{Request, Response};
use crate::id::{ChannelId, MessageId};
use crate::service::{Api, ServiceError, decode};

const NEEDS: &str = "View Channel, Send Messages (in a thread: Send Messages in Threads), \
                     Embed Links and Attach Files";

/// A message of ours as Discord has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// Its id.
    pub id: MessageId,
    /// Where it is.
    pub channel_id: ChannelId,
    /// How soon the next one may follow.
    pub rate: Option<RateHint>,
}

/// Creates a message.
pub fn create_message_request(api: &Api, channel: &ChannelId, message: &Message) -> Request {
    let path = ["channels", channel.as_str(), "messages"];
    with_files(
        api,
        Method::POST,
        &path,
        &message.for_create(),
        message.files(),
    )
}

/// Replaces a message.
pub fn edit_message_request(
    api: &Api,
    channel: &ChannelId,
    id: &MessageId,
    message: &Message,
) -> Request {
    let path = ["channels", channel.as_str(), "messages", id.as_str()];
    with_files(
        api,
        Method::PATCH,
        &path,
        &message.for_edit(),
        message.files(),
    )
}

/// Deletes a message.
pub fn delete_message_request(api: &Api, channel: &ChannelId, id: &MessageId) -> Request {
    let path = ["channels", channel.as_str(), "messages", id.as_str()];
    api.call(Method::DELETE, &path, &[])
}

/// The message that was created or replaced.
pub fn parse_sent(response: &Response) -> Result<SentMessage, ServiceError> {
    sent(checked(response, NEEDS)?)
}

/// Nothing, if the message is gone.
pub fn parse_deleted(response: &Response) -> Result<(), ServiceError> {
    // Gone already: an earlier attempt of ours took effect.
    if DiscordError::of(response).code == code::UNKNOWN_MESSAGE {
        return Ok(());
    }
    checked(response, NEEDS).map(drop)
}

pub(super) fn sent(response: &Response) -> Result<SentMessage, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        id: MessageId,
        channel_id: ChannelId,
    }
    let Wire { id, channel_id } = decode(response)?;
    Ok(SentMessage {
        id,
        channel_id,
        rate: RateHint::of(response),
    })
}

/// JSON alone, or as a part beside the files.
pub(super) fn with_files(
    api: &Api,
    method: Method,
    path: &[&str],
    body: &impl Serialize,
    files: &[Attachment],
) -> Request {
    if files.is_empty() {
        return api.call_json(method, path, body);
    }
    let json = serde_json::to_vec(body).expect("a message has text keys and no failing part");
    let (content_type, body) = multipart(&json, files);
    api.call_with(method, path, &content_type, body)
}
