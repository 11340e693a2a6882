//! Starting a thread at a message.

use ::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::error::{DiscordError, checked, code};
use crate::discord::message::shorten;
use crate::http::{Request, Response};
use crate::id::{ChannelId, MessageId};
use crate::service::{Api, Creation, ServiceError, decode};

const MAX_NAME_CHARS: usize = 100;
/// Three days: bugs are seldom talked about longer.
const ARCHIVE_AFTER_MINUTES: u32 = 4_320;
const NEEDS: &str = "View Channel and Create Public Threads";

/// Starts a thread.
pub fn start_thread_request(
    api: &Api,
    channel: &ChannelId,
    message: &MessageId,
    name: &str,
) -> Request {
    let name = if name.trim().is_empty() {
        "bugbot"
    } else {
        name
    };
    let path = [
        "channels",
        channel.as_str(),
        "messages",
        message.as_str(),
        "threads",
    ];
    let body = json!({
        "name": shorten(name, MAX_NAME_CHARS),
        "auto_archive_duration": ARCHIVE_AFTER_MINUTES,
    });
    api.call_json(Method::POST, &path, &body)
}

/// The thread at `message`.
pub fn parse_started_thread(
    response: &Response,
    message: &MessageId,
) -> Result<Creation<ChannelId>, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        id: ChannelId,
    }
    // A thread has the id of the message that it started from, so it needs no looking up.
    if DiscordError::of(response).code == code::THREAD_EXISTS {
        return Ok(Creation::AlreadyExisted(ChannelId::new(message.as_str())));
    }
    decode::<Wire>(checked(response, NEEDS)?).map(|wire| Creation::Created(wire.id))
}
