//! Of which type a delivery is, as its sender says.
//!
//! | format | where |
//! |---|---|
//! | GitHub | `X-GitHub-Event`: `issues`, <https://docs.github.com/en/webhooks/webhook-events-and-payloads> |
//! | Forgejo | `X-Forgejo-Event`, else `X-Gitea-Event`, <https://forgejo.org/docs/latest/user/webhooks> |
//! | Sentry | `Sentry-Hook-Resource`: `event_alert`, <https://docs.sentry.io/integrations/integration-platform/webhooks/> |
//! | Linear | `type` in the body: `Issue`, <https://linear.app/developers/webhooks> |
//! | `PostHog`, bearer | nowhere |
//!
//! No signature covers the headers: a type sorts deliveries, and proves nothing.

use ::http::HeaderMap;
use serde::Deserialize;

use super::Format;
use super::delivery::GITHUB_EVENT_HEADER;
use super::verify::Verified;
use crate::proof::only;

/// Forgejo's name of the event.
pub const FORGEJO_EVENT_HEADER: &str = "x-forgejo-event";
/// The same under its older name, which Gitea sends alone.
pub const GITEA_EVENT_HEADER: &str = "x-gitea-event";
/// Sentry's name of what the delivery is about.
pub const SENTRY_RESOURCE_HEADER: &str = "sentry-hook-resource";

impl Format {
    /// Whether its deliveries say of which type they are.
    pub fn has_event_types(self) -> bool {
        !matches!(self, Self::PostHog | Self::Bearer)
    }
}

/// The type of a delivery, where it says so.
pub fn event_type(format: Format, headers: &HeaderMap, verified: Verified<'_>) -> Option<String> {
    let header = |name: &str| {
        let value = only(headers, name).ok()?;
        String::from_utf8(value.to_vec()).ok()
    };
    match format {
        Format::GitHub => header(GITHUB_EVENT_HEADER),
        Format::Forgejo => header(FORGEJO_EVENT_HEADER).or_else(|| header(GITEA_EVENT_HEADER)),
        Format::Sentry => header(SENTRY_RESOURCE_HEADER),
        Format::Linear => type_in(verified.body()),
        Format::PostHog | Format::Bearer => None,
    }
}

fn type_in(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Sent {
        #[serde(rename = "type")]
        kind: String,
    }
    let sent: Sent = serde_json::from_slice(body).ok()?;
    Some(sent.kind)
}
