//! Model calls: who may make them, what they can cost, and how they pass through us.
//!
//! ```text
//! agent ──random key──▶ executor ──token of the job──▶ gateway ──the real key──▶ the model's service
//!        (loopback)                 /model/{job}/…        │
//!                                                         └─▶ ledger: reserve before, settle after
//! ```
//!
//! Invariants:
//! - The real key is in one place, the gateway, and goes to one address.
//! - No call is sent before the most that it can cost is reserved in the ledger of whoever pays.
//!   A call whose price cannot be bounded (an unknown model, tools that the service itself runs,
//!   files behind addresses) is refused.
//! - What a call has cost is read from the answer on its way through; what was not seen to its
//!   end is booked at the most that it can have cost.
//!
//! Out of scope: the caps themselves ([`crate::ledger`]), and how bytes are carried (`platform`).

mod body;
mod meter;
mod price;
mod proxy;
mod refusal;
mod setup;
mod token;
mod usage;

pub use body::Wish;
pub use meter::Meter;
pub use price::{BadPrices, Prices, Rates};
pub use proxy::{
    Bill, HEADERS, Passage, Ports, admit, is_for_the_model, is_passed_back, is_passed_on, settle,
};
pub use refusal::{REFUSAL_HEADER, Refused};
pub use setup::ModelSetup;
pub use token::{Claim, TokenKey};
pub use usage::{Reader, Usage};

use std::time::Duration;

/// The longest request that is passed on: a conversation of a million tokens is some 4 MB.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;
/// How long the service may take to begin its answer; one that is not streamed begins at its end.
pub const ANSWER_LIMIT: Duration = Duration::from_mins(10);
/// After this a call that was not settled counts in full: longer than any answer takes.
pub const HELD_FOR: Duration = Duration::from_mins(20);
