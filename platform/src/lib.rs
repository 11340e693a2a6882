//! Implements the ports of the core for Cloudflare Workers, and nothing else.
//!
//! Architecture invariant: this is the only library that names `worker`; no rule of the product
//! is here. A function decides at most how a value crosses between Rust and the runtime.
//!
//! Everything compiles natively too (so that it is type-checked and linted with the rest), but a
//! call panics there: the runtime's objects exist in workerd only.
#![warn(missing_docs)]

pub mod bucket;
pub mod clock;
pub mod container;
pub mod entropy;
pub mod env;
pub mod fetch;
pub mod inbound;
pub mod kv;
pub mod log;
pub mod object;
pub mod queue;
pub mod relay;
pub mod rows;

mod js;
mod sql;

pub use bucket::ReportBucket;
pub use clock::{SystemClock, SystemDice};
pub use entropy::SystemEntropy;
pub use fetch::Fetch;
pub use kv::KvCache;
pub use log::Console;
pub use queue::Producer;
pub use rows::Rows;
pub use worker::Env;
