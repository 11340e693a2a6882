//! The executor: runs a coding agent on a clone of a repository and returns its diff as data.
//!
//! One program with two faces. `bugbot-executor` serves the protocol of [`shared::executor`];
//! `bugbot-executor supervise` is started by it, once a run, and stands above the agent's process
//! tree ([`supervise`]), in a network of its own ([`confine`]).
//!
//! Architecture invariants:
//! - Nothing that the repository holds is executed by us: git never checks out a working tree
//!   here, so that no hook, filter, attribute or submodule has a say ([`git`]).
//! - The agent sees neither the clone token nor the model key: the first lives in the environment
//!   of one git process that ends before the agent starts, the second in the [`proxy`].
//! - Agents and the repository's commands reach no network but the run's proxy ([`confine`]).
//! - Nothing is ever pushed: there is no code here that could.
//! - A run's directory is gone when the run has ended; what remains of it is its result, and of one
//!   that failed the files that its agent began with ([`reports`]).
#![forbid(unsafe_code)]

pub mod agent;
pub mod checkpoint;
pub mod config;
pub mod confine;
pub mod diff;
pub mod git;
pub mod progress;
pub mod proxy;
pub mod redact;
pub mod reports;
pub mod run;
pub mod runs;
pub mod server;
pub mod session;
pub mod supervise;
mod tail;
pub mod tree;
pub mod validate;
pub mod verify;
pub mod workspace;
