//! Every check and every test, in the order in which they fail fastest.

use std::path::PathBuf;

use anyhow::Result;

use crate::project::Project;
use crate::setup::debian;
use crate::{build, check, run, simulation};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Plays so many scenarios of the simulation, instead of the few hundred that the tests play.
    #[arg(long)]
    seeds: Option<u64>,
}

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    check::run_static(project)?;
    build::run(project, None)?;
    check::Check::Size.run(project)?;
    if let Some(seeds) = options.seeds {
        simulation::run(project, &["--seeds", &seeds.to_string()])?;
    }
    // Plain `cargo test`, and last: its closing lines are the result.
    let mut cargo = project.cargo();
    cargo.args(["test", "--workspace"]);
    if let Some(runc) = container_runtime(project) {
        cargo.env("RUNC", runc);
    }
    run::shown("cargo test --workspace", &mut cargo)
}

/// Debian's `runc`, where there is none and it can be had: a test has it run our bundles, and without one
/// does nothing.
fn container_runtime(project: &Project) -> Option<PathBuf> {
    let is_there = std::env::var_os("RUNC").is_some()
        || run::output(project.command("runc").arg("--version")).is_ok();
    if is_there {
        return None;
    }
    match debian::package(project, "runc") {
        Ok(unpacked) => Some(unpacked.join("usr/sbin/runc")),
        Err(why) => {
            eprintln!("     no bundle is run, for want of runc: {why:#}");
            None
        }
    }
}
