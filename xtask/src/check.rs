//! The checks beside the tests.

mod architecture;
mod licences;
mod size;
mod threats;

use anyhow::Result;
use clap::ValueEnum;

use crate::project::Project;
use crate::setup::cargo_tools::program;
use crate::{build, run, setup};

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Check {
    /// rustfmt would change nothing.
    Format,
    /// Crates depend on, and name, only what they may.
    Architecture,
    /// Every test that the threat model names exists.
    Threats,
    /// Every dependency has a licence that we accept.
    Licences,
    /// No crate names a dependency that it does not use.
    Unused,
    /// clippy has nothing to say.
    Clippy,
    /// rustdoc has nothing to say.
    Docs,
    /// The workers keep within their size budgets.
    Size,
}

/// All that need no built worker.
const STATIC: [Check; 7] = [
    Check::Format,
    Check::Architecture,
    Check::Threats,
    Check::Licences,
    Check::Unused,
    Check::Clippy,
    Check::Docs,
];

/// All checks.
pub(crate) fn run_all(project: &Project) -> Result<()> {
    run_static(project)?;
    build::run(project, None)?;
    Check::Size.run(project)
}

/// The checks that need no built worker.
pub(crate) fn run_static(project: &Project) -> Result<()> {
    setup::run(project)?;
    STATIC.into_iter().try_for_each(|check| check.run(project))
}

impl Check {
    pub(crate) fn run(self, project: &Project) -> Result<()> {
        let log = |name: &str| project.tool(&format!("logs/check-{name}.log"));
        match self {
            Self::Format => {
                let mut cargo = project.cargo();
                run::step(
                    "format",
                    &log("format"),
                    cargo.args(["fmt", "--all", "--check"]),
                )
            }
            Self::Architecture => run::timed("architecture", || architecture::check(project)),
            Self::Threats => run::timed("threat model", || threats::check(project)),
            Self::Licences => run::timed("licences", || licences::check(project)),
            Self::Unused => {
                let mut machete = project.command(program(project, "cargo-machete"));
                run::step(
                    "unused dependencies",
                    &log("unused"),
                    machete.arg("--skip-target-dir"),
                )
            }
            Self::Clippy => {
                let mut cargo = project.cargo();
                cargo.args(["clippy", "--quiet", "--workspace", "--all-targets"]);
                run::step(
                    "clippy",
                    &log("clippy"),
                    cargo.args(["--", "-D", "warnings"]),
                )
            }
            Self::Docs => {
                let mut cargo = project.cargo();
                cargo.args(["doc", "--quiet", "--workspace", "--no-deps"]);
                cargo
                    .args(["--document-private-items"])
                    .env("RUSTDOCFLAGS", "-D warnings");
                run::step("docs", &log("docs"), &mut cargo)
            }
            Self::Size => run::timed("size of the workers", || size::check(project)),
        }
    }
}
