//! The client against a strict portal, in one process: every fault, at every call.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, the parts outside #[test] too"
)]

mod disk;
mod keys;
mod queue;
mod reads;
mod simulation;
mod stage;
mod writes;
