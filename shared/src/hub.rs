//! The hub: where volunteers and the bot say which issue they work on, so that no two work on one.
//!
//! ```text
//! request ──▶ portal ──▶ clients-0 … clients-f   keys, limits, names, numbers
//!                └─────▶ claims-0  … claims-f    who has which issue
//!                             └──credit──▶ clients-*   by the object's alarm, until it has arrived
//! ```
//!
//! Invariants:
//! - An issue belongs to one object, which answers one call at a time: of any number of clients that
//!   claim it at once, one gets it.
//! - What a call changes is in one object, and in one transaction. What another object has to know
//!   of it is written beside it ([`claims`]) and carried over until it has arrived, where the same
//!   news twice changes nothing ([`clients`]).
//! - A client acts for itself only: its key names it, and a claim is changed by its owner alone.
//! - Keys are stored as hashes; a key is said once, in the answer to whoever logged in.
//!
//! Everything here is pure or over the [`Sql`] port: the same statements run in a Durable Object's
//! database and in a native one.

pub mod claim;
pub mod claims;
pub mod client;
pub mod clients;
pub mod credit;
pub mod days;
pub mod forge;
pub mod issue;
pub mod key;
pub mod numbers;
pub mod object;
pub mod portal;
pub mod rate;
pub mod score;
pub mod setup;
pub mod shard;
pub mod sql;
pub mod stats;

pub use claim::{Claim, Status};
pub use client::ClientId;
pub use issue::IssueRef;
pub use object::{Answer, Hubs, Question};
pub use portal::{ROOT, handle};
pub use setup::HubSetup;
pub use shard::Shard;
pub use sql::Sql;
