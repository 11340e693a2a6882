//! Installs what is missing, inside the project.
//!
//! Every part is idempotent and can be killed at any point: a stamp says what is complete, and a
//! part without its stamp is made anew. Two set-ups at once wait for each other.

pub(crate) mod cargo_tools;
pub(crate) mod debian;
mod npm;
pub(crate) mod wasm;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::run;
use wasm::WasmTarget;

/// Makes sure of everything, and returns how wasm is compiled here.
pub(crate) fn run(project: &Project) -> Result<WasmTarget> {
    let lock = Lock::take(project)?;
    npm::ensure(project, &lock)?;
    cargo_tools::ensure(project, &lock)?;
    wasm::ensure(project, &lock)
}

/// Makes sure of a tool that only one task needs.
pub(crate) fn tool(project: &Project, tool: cargo_tools::Tool) -> Result<()> {
    let lock = Lock::take(project)?;
    cargo_tools::ensure_all(project, &lock, &[tool])
}

/// Held while tools are installed; the operating system releases it when its holders are gone.
pub(crate) struct Lock(File);

impl Lock {
    fn take(project: &Project) -> Result<Self> {
        let file = project.tool("lock");
        let folder = project.tool("");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        // Never truncated or written: it is the (empty) input of what runs under it.
        let mut open = File::options();
        let lock = open
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file);
        let lock = lock.with_context(|| file.display().to_string())?;
        if lock.try_lock().is_err() {
            eprintln!("    waiting for another set-up of this project ...");
            lock.lock().with_context(|| file.display().to_string())?;
        }
        Ok(Self(lock))
    }

    /// Runs a step that holds the lock as well, as its standard input: should this process be
    /// killed, the next set-up waits for what it left running.
    fn step(&self, what: &str, log: &Path, command: &mut Command) -> Result<()> {
        run::step_with_input(what, log, self.0.try_clone()?.into(), command)
    }
}
