//! `cargo xtask`: everything that a fresh machine needs to build, run, test and deploy bugbot.
//!
//! Architecture invariant: this crate depends on none of ours, so that it builds and can set
//! things up when nothing else compiles. What it installs lies in `target/tools` and
//! `node_modules`; outside the project it changes nothing but cargo's own caches and, on an
//! ordinary machine, the toolchain to which rustup adds the wasm target.

mod bench;
mod build;
mod check;
mod deploy;
mod fuzz;
mod package;
mod project;
mod run;
mod setup;
mod simulation;
mod stack;
mod stamp;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::build::Worker;
use crate::project::Project;

/// Builds, runs, tests and deploys bugbot.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing, inside the project; does nothing when nothing is.
    Setup,
    /// Builds the workers to wasm, after setup.
    Build {
        /// Only this worker.
        worker: Option<Worker>,
    },
    /// Runs every check and every test, after setup and build.
    Test(test::Options),
    /// Runs every check, but no test.
    Lint,
    /// Runs one check.
    Check {
        /// Which.
        check: check::Check,
    },
    /// Plays the whole story, from a chat message to a pull request, on this machine alone.
    Demo {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Starts the same stack and keeps it up; `--json` prints its addresses as one line.
    Dev {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measures the gateway against two JavaScript workers, in raw workerd; a thousand jobs at once;
    /// and the collector against Debian's `webhook`.
    Bench {
        /// Only this.
        only: Option<bench::Subject>,
    },
    /// Builds static programs of the operator and the collector, and a Debian package.
    Package,
    /// Has a fuzzer look for inputs that do not hold, one target after the other.
    Fuzz(fuzz::Options),
    /// Checks everything that can be checked from here, then deploys both workers.
    Deploy(deploy::Options),
}

fn main() -> ExitCode {
    match Cli::parse().task.perform() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without the backtrace that RUST_BACKTRACE adds: it is never xtask's own code that
            // has to be looked into.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Task {
    fn perform(self) -> anyhow::Result<()> {
        let project = Project::here()?;
        match self {
            Self::Setup => setup::run(&project).map(drop),
            Self::Build { worker } => build::run(&project, worker),
            Self::Test(options) => test::run(&project, &options),
            Self::Lint => check::run_all(&project),
            Self::Check { check } => check.run(&project),
            Self::Demo { args } => stack::run(&project, "demo", &args),
            Self::Dev { args } => stack::run(&project, "dev", &args),
            Self::Bench { only } => bench::run(&project, only),
            Self::Package => package::run(&project),
            Self::Fuzz(options) => fuzz::run(&project, &options),
            Self::Deploy(options) => deploy::run(&project, &options),
        }
    }
}
