//! The whole of bugbot, end to end: both workers in real workerd, the real executor, real git,
//! the real Claude Code. Only the outside services are fakes, and the model's words are scripted.
//!
//! What is cheaper to test elsewhere is tested there; here is what only the whole can show.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, the parts outside #[test] too"
)]

mod after;
mod crash;
mod dead_letter;
mod delivery;
mod dev;
mod money;
mod operator;
mod report;
mod secrets;
mod stage;
mod stop;
mod story;
