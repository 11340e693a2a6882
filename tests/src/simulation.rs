//! The simulation: scenarios drawn from a seed, played over [`crate::world::World`], and what must
//! hold when they have ended, whatever happened.
//!
//! A failure is: an accepted job without its one terminal message; a second issue, comment, branch,
//! commit, pull request or message; a turn or a place that is still held; money above a cap; a run
//! that works for nobody; anything left open or queued. No failure is: that a job ends otherwise
//! than well, or ends late.
//!
//! A scenario is a list of operations, so that one that fails can be shrunk to the few that matter
//! and kept as a test: what is printed of it is the code that plays it.

mod check;
mod draw;
mod github;
mod play;
mod print;
mod scenario;
mod shrink;

pub use play::play;
pub use scenario::{Answered, Happening, Hit, Op, Rule, Run, Scenario, Telling, Verb};
pub use shrink::{Found, hunt};
