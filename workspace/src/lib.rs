//! Directories captured into memory, and what is made of them: snapshots, crash reports, restored
//! trees.
//!
//! ```no_run
//! use std::path::Path;
//! use workspace::{Capture, Limits, restore, snapshot};
//!
//! let limits = Limits::default();
//! let capture = Capture::of(Path::new("clone"), &limits)?;
//! let tar = snapshot::to_bytes(&capture);
//! restore::into(&snapshot::read(tar.as_slice(), &limits)?, Path::new("copy"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Architecture invariants:
//! - A [`Capture`] is whole and never changes. Who builds one is alone with it until it is.
//! - Nothing outside of the directory is read, whatever its owner does meanwhile: every name is
//!   opened below a directory that is open, and no link is followed ([`capture`]).
//! - A path is a [`FilePath`]: any bytes that name a file below a root, and nothing that leads out
//!   of it. There is no other way from a name to a file that is written.
//! - Everything is bounded by a limit with a name ([`Limits`]).
//! - The time is given: nothing here but the [`Sweeper`] looks at a clock.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod bundle;
pub mod capture;
pub mod crash;
pub mod diff;
mod limits;
pub mod packed;
mod path;
pub mod restore;
pub mod snapshot;
pub mod stim;
mod store;
mod sweeper;
mod whole;

pub use capture::{Capture, CaptureFailed, Skipped, Why};
pub use limits::{Exceeded, Limits};
pub use path::{BadPath, FilePath};
pub use store::{Counts, Evicted, Store};
pub use sweeper::Sweeper;
