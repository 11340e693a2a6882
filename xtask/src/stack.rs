//! The demo and the development stack: built here, then run by the `stack` program of the `tests`
//! crate, which holds the fakes.

use anyhow::{Context, Result};

use crate::build;
use crate::project::Project;

/// Builds everything, then becomes `stack <what> <args>`.
pub(crate) fn run(project: &Project, what: &str, args: &[String]) -> Result<()> {
    build::run(project, None)?;
    let mut cargo = project.cargo();
    cargo
        .args([
            "run",
            "--quiet",
            "--package",
            "tests",
            "--bin",
            "stack",
            "--",
            what,
        ])
        .args(args);
    // In place of this process, as cargo itself does with the program: whoever ends
    // `cargo xtask dev` by its process id ends the stack, and its exit code is the stack's.
    let failed = std::os::unix::process::CommandExt::exec(&mut cargo);
    Err(failed).context("cannot start cargo")
}
