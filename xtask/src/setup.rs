//! Installs what is missing, inside the project.
//!
//! Every part is idempotent and can be killed at any point: a stamp says what is complete, and a
//! part without its stamp is made anew. Two set-ups at once wait for each other.

pub(crate) mod cargo_tools;
pub(crate) mod debian;
mod npm;
pub(crate) mod wasm;

use std::fs::{self, File};

use anyhow::{Context, Result};

use crate::project::Project;
use wasm::WasmTarget;

/// Makes sure of everything, and returns how wasm is compiled here.
pub(crate) fn run(project: &Project) -> Result<WasmTarget> {
    let lock = lock(project)?;
    npm::ensure(project)?;
    cargo_tools::ensure(project)?;
    let target = wasm::ensure(project)?;
    drop(lock);
    Ok(target)
}

/// Held while tools are installed; the operating system releases it when its holder dies.
fn lock(project: &Project) -> Result<File> {
    let file = project.tool("lock");
    fs::create_dir_all(project.tool("")).with_context(|| project.tool("").display().to_string())?;
    let lock = File::create(&file).with_context(|| file.display().to_string())?;
    if lock.try_lock().is_err() {
        eprintln!("    waiting for another set-up of this project ...");
        lock.lock().with_context(|| file.display().to_string())?;
    }
    Ok(lock)
}
