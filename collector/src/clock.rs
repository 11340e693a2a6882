//! The time of day, which goes into events and nowhere else.
//!
//! Invariant: it is read here only (`clippy.toml` has everybody else use an `Instant`). It may be wrong
//! and jump either way, so no wait, no order and no id depends on it.

use jiff::Timestamp;

/// What tells the time.
pub(crate) type Clock = fn() -> Timestamp;

/// The system's time.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that may look at it"
)]
pub(crate) fn system() -> Timestamp {
    Timestamp::now()
}
