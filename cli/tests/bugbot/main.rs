//! The program as a whole, as a process, against a world of fakes behind the real gateway core.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, the parts outside #[test] too"
)]

mod audit;
mod commands;
mod dlq;
mod doctor;
mod exits;
mod hub;
mod jobs;
mod setup;
mod stage;
mod workspace;
