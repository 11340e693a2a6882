//! A compiler for `wasm32-unknown-unknown`: the toolchain at hand if it can, else what rustup
//! adds, else Debian's.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::project::{Project, prepend_path};
use crate::run;
use crate::setup::{Lock, debian};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// How wasm is compiled on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WasmTarget {
    /// By the toolchain that compiles everything else.
    Native,
    /// By a toolchain of its own, in this folder.
    Separate(PathBuf),
}

impl WasmTarget {
    /// Makes `command` (a cargo, or something that calls one) use this compiler for everything.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Self::Separate(toolchain) = self {
            let bin = toolchain.join("bin");
            command.env("RUSTC", bin.join("rustc"));
            command.env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
                bin.join("wasm-ld"),
            );
            prepend_path(command, &[bin]);
        }
    }
}

pub(crate) fn ensure(project: &Project, lock: &Lock) -> Result<WasmTarget> {
    if native_has_target(project) {
        return Ok(WasmTarget::Native);
    }
    if let Some(toolchain) = debian::installed(project) {
        return Ok(WasmTarget::Separate(toolchain));
    }
    let rustup = add_with_rustup(project, lock);
    match rustup {
        Ok(()) if native_has_target(project) => return Ok(WasmTarget::Native),
        Ok(()) => eprintln!("     rustup added {TARGET}, but not to the active compiler"),
        Err(ref why) => eprintln!("     rustup does not add {TARGET}: {why:#}"),
    }
    debian::install(project, lock)
        .map(WasmTarget::Separate)
        .context(
            "no way to compile wasm: `rustup target add wasm32-unknown-unknown` is the usual one, \
         a Debian or Ubuntu system with rustc-web the other",
        )
}

/// Whether the compiler at hand has the target's standard library.
fn native_has_target(project: &Project) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked =
        run::output(
            project
                .command(rustc)
                .args(["--print", "target-libdir", "--target", TARGET]),
        );
    let Ok(folder) = asked else { return false };
    std::fs::read_dir(folder.trim()).is_ok_and(|files| {
        files
            .flatten()
            .any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

fn add_with_rustup(project: &Project, lock: &Lock) -> Result<()> {
    // The switch by which rustup itself is told not to fetch anything unasked.
    if std::env::var("RUSTUP_AUTO_INSTALL").is_ok_and(|value| value == "0") {
        bail!("RUSTUP_AUTO_INSTALL=0 asks that it fetch nothing");
    }
    run::output(project.command("rustup").arg("--version")).context("there is no rustup")?;
    lock.step(
        &format!("the {TARGET} target (with rustup)"),
        &project.tool("logs/rustup.log"),
        project.command("rustup").args(["target", "add", TARGET]),
    )
}
