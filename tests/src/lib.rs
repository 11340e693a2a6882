//! Fakes of every outside service, and the stories that run against them.
//!
//! A fake is a stateful stand-in at the level of HTTP: an [`axum::Router`] over a state behind a
//! lock. The same router serves a native test in-process ([`fake::Wired`], no sockets) and real
//! workerd over a loopback socket ([`fake::Served`]).
//!
//! Invariant: a fake is strict. What the real service would refuse, it refuses with the real
//! status and body, and notes as a violation; `finish()` fails the test on any violation, on any
//! planned fault that never struck, and on anything left unsettled.

pub mod anthropic;
pub mod bugseti;
pub mod clock;
pub mod deploy_hook;
pub mod discord;
pub mod edge;
pub mod executor_fake;
pub mod fake;
pub mod fault;
pub mod github;
mod graphql;
pub mod hub;
pub mod linear;
pub mod load;
pub mod local;
pub mod posthog;
pub mod sample;
pub mod simulation;
pub mod stack;
pub mod world;
