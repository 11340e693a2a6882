//! The collector: one daemon that turns files in a drop folder, requests to a loopback webhook and what
//! waits at the edge into lines of inboxes.
//!
//! Architecture invariants:
//! - What an event is, which request becomes one and what a template means is [`shared::hooks`]'; here
//!   are files, sockets, signals and time.
//! - Whoever hands an event over is told that it was taken (a 202, the file gone) only after its line is
//!   in the inbox, and on the disk where `fsync` is on. A kill at any moment loses nothing that was
//!   taken; what was under way is done again with the same id, or found done ([`drop_folder`]).
//! - A line is whole or not there ([`inbox`]).
//! - Wall-clock time goes into events and nowhere else: waits are measured on the monotonic clock
//!   (`clock`).
//! - Nobody but the gateway that is configured is asked for anything ([`pull`]).
//! - Only loopback is listened on ([`config`]).
#![forbid(unsafe_code)]

mod clock;
pub mod command;
pub mod config;
mod counts;
mod daemon;
pub mod drop_folder;
mod emitter;
pub mod inbox;
pub mod install;
mod live;
mod log;
pub mod pull;
mod webhook;

pub use counts::Counts;
