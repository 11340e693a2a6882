//! Every check and every test, in the order in which they fail fastest.

use anyhow::Result;

use crate::project::Project;
use crate::{build, check, run};

pub(crate) fn run(project: &Project) -> Result<()> {
    check::run_static(project)?;
    build::run(project, None)?;
    check::Check::Size.run(project)?;
    // Plain `cargo test`, and last: its closing lines are the result.
    run::shown(
        "cargo test --workspace",
        project.cargo().args(["test", "--workspace"]),
    )
}
