//! `bugbot`: what an operator does from a terminal.
//!
//! Architecture invariant: nothing about jobs is decided here. The gateway's operator API decides;
//! this program asks, and shows what it was told: as text for people, or with `--json` as the same
//! JSON that the API answers with.

pub mod args;
mod audit;
mod collect;
mod commands;
mod dlq;
mod doctor;
mod hub;
mod jobs;
mod model;
pub mod net;
mod outcome;
mod progress;
mod setup;
mod table;
mod workspace;

use shared::http::Http;
use shared::ports::Clock;

use crate::args::{Cli, What};
pub use crate::outcome::{Done, Exit, Failure};

/// Does what the command line says.
pub async fn run<P: Http + Clock>(cli: &Cli, ports: &P) -> Result<Done, Failure> {
    let to = &cli.to;
    match &cli.what {
        What::Doctor(args) => doctor::run(to, args, ports).await,
        What::Commands(args) => commands::run(args, ports).await,
        What::Jobs(args) => jobs::run(to, args, ports).await,
        What::Dlq(args) => dlq::run(to, args, ports).await,
        What::Audit(args) => audit::run(to, args, ports).await,
        What::Model(args) => model::run(to, args, ports).await,
        What::Hub(args) => hub::run(to, args, ports).await,
        What::Workspace(args) => workspace::run(args),
        What::Setup(args) => setup::run(to, args, ports).await,
        What::Collect(args) => collect::run(args).await,
        What::Completions { shell } => Ok(args::completions(*shell)),
    }
}
