//! Every check and every test, in the order in which they fail fastest.

use anyhow::Result;

use crate::project::Project;
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
    run::shown(
        "cargo test --workspace",
        project.cargo().args(["test", "--workspace"]),
    )
}
