//! By what a delivery is known again.
//!
//! A delivery has an id where its sender gives one: `X-GitHub-Delivery`, `X-Forgejo-Delivery`,
//! Sentry's `Request-ID`, `Linear-Delivery`, the `uuid` of `PostHog`'s event, anybody's
//! `Idempotency-Key`. No signature covers those headers, so a signed body is known by its own bytes as
//! well: whoever has recorded a delivery cannot make a new one of it by another id.
//!
//! What only bears a secret and has no id is known by its bytes for a short time: a script that says
//! "backup failed" every night says so every night.

use std::time::Duration;

use ::http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Format;
use super::verify::Verified;
use crate::proof::only;

/// GitHub's name of the event; `ping` is its first.
pub const GITHUB_EVENT_HEADER: &str = crate::github::webhook::EVENT_HEADER;
/// GitHub's id of a delivery; one that is sent again keeps it.
pub const GITHUB_DELIVERY_HEADER: &str = crate::github::webhook::DELIVERY_HEADER;
/// Forgejo's.
pub const FORGEJO_DELIVERY_HEADER: &str = "x-forgejo-delivery";
/// Gitea's.
pub const GITEA_DELIVERY_HEADER: &str = "x-gitea-delivery";
/// Sentry's.
pub const SENTRY_DELIVERY_HEADER: &str = "request-id";
/// Linear's.
pub const LINEAR_DELIVERY_HEADER: &str = "linear-delivery";
/// Whatever else's.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// How long a delivery is known by its id, or by the bytes that its sender signed: GitHub sends
/// deliveries again for three days, the others for less.
pub const KNOWN_FOR: Duration = Duration::from_hours(3 * 24);
/// How long one is known by bytes that nobody signed: a sender that tries again does so within
/// minutes.
pub const SAME_BYTES_FOR: Duration = Duration::from_mins(10);

/// The longest id that is one.
const MAX_ID_BYTES: usize = 256;

/// Something that a delivery is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// A hash of the route and the thing.
    pub hash: String,
    /// Until when.
    pub until: Timestamp,
}

/// What a delivery is known by: at least one key.
pub fn keys(
    route: &str,
    format: Format,
    headers: &HeaderMap,
    verified: Verified<'_>,
    now: Timestamp,
) -> Vec<Key> {
    let key = |kind: &str, thing: &[u8], lasts: Duration| Key {
        hash: hash(route, kind, thing),
        until: now.checked_add(lasts).unwrap_or(Timestamp::MAX),
    };
    let body = verified.body();
    let id = id(format, headers, body).map(|id| key("id", &id, KNOWN_FOR));
    let bytes = match (format.is_signed(), &id) {
        (true, _) => Some(key("body", body, KNOWN_FOR)),
        (false, None) => Some(key("body", body, SAME_BYTES_FOR)),
        (false, Some(_)) => None,
    };
    id.into_iter().chain(bytes).collect()
}

fn id(format: Format, headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    let header = |name: &str| only(headers, name).ok().map(<[u8]>::to_vec);
    let id = match format {
        Format::GitHub => header(GITHUB_DELIVERY_HEADER),
        Format::Forgejo => {
            header(FORGEJO_DELIVERY_HEADER).or_else(|| header(GITEA_DELIVERY_HEADER))
        }
        Format::Sentry => header(SENTRY_DELIVERY_HEADER),
        Format::Linear => header(LINEAR_DELIVERY_HEADER),
        Format::PostHog => event_uuid(body).or_else(|| header(IDEMPOTENCY_HEADER)),
        Format::Bearer => header(IDEMPOTENCY_HEADER),
    };
    id.filter(|id| (1..=MAX_ID_BYTES).contains(&id.len()))
}

/// The event that `PostHog` tells of, in the body that it sends unless told otherwise.
fn event_uuid(body: &[u8]) -> Option<Vec<u8>> {
    #[derive(Deserialize)]
    struct Told {
        event: Event,
    }
    #[derive(Deserialize)]
    struct Event {
        uuid: String,
    }
    let told: Told = serde_json::from_slice(body).ok()?;
    Some(told.event.uuid.into_bytes())
}

fn hash(route: &str, kind: &str, thing: &[u8]) -> String {
    let mut hash = Sha256::new();
    // No route has a line break in its name.
    hash.update(format!("{route}\n{kind}\n"));
    hash.update(thing);
    hex::encode(hash.finalize())
}

/// Whether this is GitHub's first delivery, which tells of nothing.
pub(crate) fn is_ping(format: Format, headers: &HeaderMap) -> bool {
    format == Format::GitHub && only(headers, GITHUB_EVENT_HEADER) == Ok(b"ping".as_slice())
}
