//! Links on an issue: to a pull request, to a Discord message.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::answer::{data, succeeded};
use super::query;
use crate::http::{Request, Response};
use crate::id::{ChannelId, IssueUuid, MessageId};
use crate::service::{Api, ServiceError};

/// A Discord message to link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscordLink {
    /// Where the message is.
    pub channel: ChannelId,
    /// The message.
    pub message: MessageId,
    /// Its address.
    pub url: String,
    /// What the link is called.
    pub title: String,
}

/// Links an address.
pub fn link_url_request(api: &Api, issue: &IssueUuid, url: &str, title: &str) -> Request {
    let variables = json!({ "issue": issue, "url": url, "title": title });
    query::request(api, query::LINK_URL, &variables)
}

/// Links a Discord message.
pub fn link_discord_request(api: &Api, issue: &IssueUuid, link: &DiscordLink) -> Request {
    let variables = json!({
        "issue": issue,
        "channel": link.channel,
        "message": link.message,
        "url": link.url,
        "title": link.title,
    });
    query::request(api, query::LINK_DISCORD, &variables)
}

/// Nothing, if the link is there.
pub fn parse_linked(response: &Response, now: Timestamp) -> Result<(), ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(alias = "attachmentLinkURL", alias = "attachmentLinkDiscord")]
        linked: Payload,
    }
    #[derive(Deserialize)]
    struct Payload {
        success: bool,
    }
    succeeded(data::<Wire>(response, now)?.linked.success)
}
