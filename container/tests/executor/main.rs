//! The executor as a whole: the real program, real git over smart HTTP, the real Claude Code
//! CLI against a scripted model.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, the parts outside #[test] too"
)]

mod agents;
mod bench;
mod crash;
mod fix;
mod hostile;
mod image;
mod logs;
mod network;
mod protocol;
mod resume;
mod secrets;
mod steer;
mod stop;
mod user;
mod verify;
