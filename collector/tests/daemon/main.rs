//! The collector as a program: real files, real HTTP, real signals.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, the parts outside #[test] too"
)]

mod crashes;
mod drop_folder;
mod edge;
mod limits;
mod pull;
mod signals;
mod stage;
mod systemd;
mod webhook;
mod writers;
