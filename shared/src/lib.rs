//! The pure core of bugbot: every rule of the product, and none of its platform.
//!
//! Architecture invariant: nothing here names a platform, reads a clock, draws a random number
//! or does I/O. What the core needs from outside it asks for through the ports in [`ports`] and
//! [`http`]; the shells implement them.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod address;
pub mod audit;
pub mod breaker;
pub mod budget;
pub mod change;
pub mod checkup;
pub mod claiming;
pub mod command;
pub mod consumer;
pub mod contextualize;
pub mod deliver;
pub mod discord;
pub mod errand;
pub mod executor;
pub mod fault;
pub mod fix;
pub mod gateway;
pub mod github;
pub mod history;
pub mod hooks;
pub mod http;
pub mod hub;
pub mod id;
pub mod job;
pub mod ledger;
pub mod linear;
pub mod log;
mod millis;
pub mod model;
pub mod money;
pub mod operator;
pub mod pipeline;
pub mod policy;
pub mod ports;
pub mod posthog;
mod proof;
mod queued;
pub mod redact;
pub mod reference;
pub mod report;
pub mod repository_policy;
pub mod roles;
pub mod secret;
pub mod service;
pub mod settings;
pub mod shorten;
pub mod thread;
pub mod trace;
pub mod upstream;
