//! A client of the hub where volunteers claim issues, so that no two work on the same one.
//!
//! It works offline first. A write that cannot be sent waits on the disk and is sent by the next call
//! that gets through, in order; a read that is not answered is answered from before, and says how old
//! that is. [`Hub`] is the client; its files are described in `docs/hub.md`.
//!
//! ```no_run
//! # async fn example() -> Result<(), hub::HubError> {
//! use hub::{Answer, Claimed, Home, Hub, NewClaim};
//!
//! let home = Home::of_user().expect("there is a home folder");
//! let hub = Hub::native(home)?;
//! let issue = "acme/shop#12".parse().expect("it is an id");
//! let claim = NewClaim::of(&issue).expect("it says which issue that is");
//! match hub.claim(&claim).await?.answer {
//!     Answer::Done(Claimed::Ours(_)) => println!("to work!"),
//!     Answer::Done(Claimed::Taken(_)) => println!("somebody else is at it"),
//!     Answer::Queued(why) => println!("not yet: {why}"),
//!     Answer::Refused { message, .. } => println!("no: {message}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Architecture invariants: what an answer means is decided by a pure function of it (`judge`); every
//! change to a file is made under one lock, by a rename; a write is on the disk before it is sent, and
//! leaves it after the hub's own answer to it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod board;
mod cache;
mod claim;
mod client;
mod config;
mod disk;
mod error;
mod fields;
mod home;
mod issue;
mod judge;
mod net;
mod state;
mod work;
mod write;

pub use board::{Global, Leaderboard, Standing};
pub use claim::Claim;
pub use client::{
    Answer, Backlog, Cached, Claimed, Drained, Hub, LoggedIn, Login, Outcome, Seen, Sent, Settled,
    TIMEOUT,
};
pub use config::Config;
pub use disk::DiskError;
pub use error::{HubError, Trouble};
pub use home::Home;
pub use issue::{BadIssue, IssueId};
pub use net::Net;
pub use shared::secret::Secret;
pub use state::Refused;
pub use work::{PullRequest, Totals};
pub use write::{Kind, MAX_PENDING, NewClaim, Pending, Status, StatusChange};
