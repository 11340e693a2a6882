//! What comes from npm: wrangler, Miniflare and workerd, esbuild, wasm-opt, the agent, and Node
//! itself in the version that they need.

use std::fs;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::run;
use crate::setup::Lock;
use crate::stamp::Stamp;

/// What the rest of the project starts.
const PROGRAMS: [&str; 6] = [
    "node", "workerd", "wrangler", "esbuild", "wasm-opt", "claude",
];

pub(crate) fn ensure(project: &Project, lock: &Lock) -> Result<()> {
    let lock_file = project.path("package-lock.json");
    let locked = fs::read_to_string(&lock_file).context("package-lock.json cannot be read")?;
    let programs = PROGRAMS.map(|name| project.node_bin(name));
    Stamp::new(project.tool("stamps/npm"), locked).ensure(&programs, || {
        let npm = run::output(project.command("npm").arg("--version")).context(
            "npm is needed: install Node (any version with npm; the right one is then fetched)",
        )?;
        lock.step(
            &format!("packages from npm (with npm {})", npm.trim()),
            &project.tool("logs/npm.log"),
            // `ci` never writes the lock file, so no registry address can get into it.
            project
                .command("npm")
                .args(["ci", "--no-audit", "--no-fund"]),
        )
    })
}
