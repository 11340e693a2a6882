//! Hooks at the edge: `POST /hooks/{route}` on the gateway, for tools that reach no machine of ours.
//!
//! ```text
//! Sentry, GitHub … ──POST /hooks/sentry──▶ gateway ──▶ inbox object  to:alice   ◀──pull── collector
//!                                             └──────▶ inbox object  route:sentry
//!                                             └─queue─▶ an alert: a thread that is contextualized
//! ```
//!
//! Invariants, with `gateway::hooks`, which answers:
//! - Nothing of a body is parsed before its route's secret or signature held ([`verify::Verified`]).
//! - A delivery is known again by what [`delivery`] says, and one object decides: of two at once one
//!   is new, and both are answered with the same id.
//! - "Taken" is said after the event is stored, or the job is on the queue. What there is no room for
//!   is refused with a 507: nothing is dropped silently.
//! - An event stays until whoever pulls it says that it is in their inbox.
//!
//! Routes and templates are those of the collector ([`super::Route`], [`super::Template`]).

pub mod alert;
pub mod client;
pub mod delivery;
pub mod event_type;
pub mod format;
pub mod inbox;
#[cfg(test)]
mod tests;
pub mod verify;
pub mod wire;

pub use alert::Alert;
pub use client::{EdgeClient, EdgeError};
pub use format::Format;
pub use inbox::{Answer, InboxName, Inboxes, Question};
pub use wire::{EdgeEvent, Page};

/// Everything here is below this path.
pub const ROOT: &str = "/hooks/";
/// Where events are pulled from: no route has this name.
pub const EVENTS_PATH: &str = "/hooks/events";
/// Where it is said that they arrived.
pub const ACK_PATH: &str = "/hooks/events/ack";

/// The longest payload of an event at the edge. An object keeps an event as JSON in one row, which
/// has at most 2 MB: a byte becomes at most six there (`\u0000`), which makes 1.5 MB.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// The only headers that are looked at here.
pub const HEADERS: [&str; 16] = [
    verify::AUTHORIZATION_HEADER,
    verify::GITHUB_SIGNATURE_HEADER,
    verify::FORGEJO_SIGNATURE_HEADER,
    verify::GITEA_SIGNATURE_HEADER,
    verify::SENTRY_SIGNATURE_HEADER,
    verify::LINEAR_SIGNATURE_HEADER,
    delivery::GITHUB_EVENT_HEADER,
    delivery::GITHUB_DELIVERY_HEADER,
    event_type::FORGEJO_EVENT_HEADER,
    event_type::GITEA_EVENT_HEADER,
    event_type::SENTRY_RESOURCE_HEADER,
    delivery::FORGEJO_DELIVERY_HEADER,
    delivery::GITEA_DELIVERY_HEADER,
    delivery::SENTRY_DELIVERY_HEADER,
    delivery::LINEAR_DELIVERY_HEADER,
    delivery::IDEMPOTENCY_HEADER,
];
