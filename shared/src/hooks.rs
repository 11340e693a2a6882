//! What comes from other tools, by webhook or as a file, and becomes an event in somebody's inbox.
//!
//! Invariant: everything that decides is here and pure, so that the native collector and the gateway
//! take the same routes and templates, and give the same answers. Time, ids and files are theirs.
//!
//! Out of scope: where the collector keeps events, and how its configuration is written down. What
//! the gateway does beyond that is in [`edge`].

pub mod drop_file;
pub mod edge;
pub mod event;
mod route;
pub mod template;

pub use event::{Agent, BadName, Draft, Event, EventId, Kind, Priority, Recipient};
pub use route::{BadPath, BadRoutes, HEALTH_PATH, Refusal, Route, RoutePath, Routes, render};
pub use template::{Missing, Template};

/// The longest body of a webhook, and the longest drop file.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The longest payload: a template could otherwise repeat one long field without end.
pub const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;
