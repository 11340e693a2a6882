//! The simulation as a program, built by the profile that makes it fast.

use anyhow::Result;

use crate::project::Project;
use crate::run;

const PROGRAM: [&str; 7] = [
    "run",
    "--profile",
    "simulation",
    "--package",
    "tests",
    "--bin",
    "simulation",
];

pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<()> {
    let mut command = project.cargo();
    command.args(PROGRAM).arg("--").args(arguments);
    run::shown(&format!("simulation {}", arguments.join(" ")), &mut command)
}
