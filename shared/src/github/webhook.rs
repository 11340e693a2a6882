//! GitHub's webhook: what happened to a pull request of ours, told by GitHub.
//!
//! Invariants:
//! - Nothing of a body is parsed before its signature held ([`signature::Verified`]).
//! - A delivery is a hint, never the truth: it says *where* to look. Deliveries come late, twice
//!   and out of order, so whoever acts on a [`Notice`] reads the state from the API first.
//! - What is not about a branch of ours leaves no trace: it is answered and forgotten here.
//!
//! Out of scope: what becomes of a notice. That is the Job object's (`fix::after`).
//!
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

mod ask;
mod notice;
mod payload;
pub mod signature;
#[cfg(test)]
mod tests;

pub(super) use ask::is_trusted;
pub use ask::{Ask, MAX_ASK_CHARS};
pub use notice::{Happening, Notice, NoticeFault, Place, Preview};
pub(crate) use payload::is_web_address;
pub use payload::{Received, Unreadable, parse};

/// The name of the event; the payload itself does not say it.
pub const EVENT_HEADER: &str = "x-github-event";
/// The delivery's id. A delivery that is sent again keeps it.
pub const DELIVERY_HEADER: &str = "x-github-delivery";

/// The longest body that is accepted: 2 MiB. GitHub sends up to 25 MB, but the events that matter
/// here carry one pull request and one text of at most 65,536 characters, which JSON writes with
/// at most 12 bytes each: 0.8 MB. What is longer is a push or a list, which nobody asked for.
pub const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
