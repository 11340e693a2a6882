//! The demo and the development stack: built here, then run by the `stack` program of the `tests`
//! crate, which holds the fakes.

use anyhow::{Context, Result};

use crate::build;
use crate::project::Project;

/// Builds everything, then runs `stack <what> <args>` and ends as it ends.
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
    let status = cargo.status().context("cannot start cargo")?;
    // Its exit code says whether the story held; it has said the rest itself.
    std::process::exit(status.code().unwrap_or(1));
}
