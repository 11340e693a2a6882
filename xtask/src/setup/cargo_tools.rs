//! Tools that are built from crates.io, in the versions that fit our `worker` and `wasm-bindgen`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::setup::Lock;
use crate::stamp::Stamp;

/// Package, version, program.
pub(crate) type Tool = (&'static str, &'static str, &'static str);

/// `wasm-bindgen` has to equal the library's version in `Cargo.toml`: the two share an unstable format.
const TOOLS: [Tool; 3] = [
    ("worker-build", "0.8.7", "worker-build"),
    ("wasm-bindgen-cli", "0.2.130", "wasm-bindgen"),
    ("cargo-machete", "0.9.2", "cargo-machete"),
];

/// Only for `cargo xtask fuzz`.
pub(crate) const FUZZ: Tool = ("cargo-fuzz", "0.13.2", "cargo-fuzz");
/// Only for `cargo xtask package`.
pub(crate) const DEB: Tool = ("cargo-deb", "3.8.0", "cargo-deb");

/// An installed program.
pub(crate) fn program(project: &Project, name: &str) -> PathBuf {
    project.tool("cargo/bin").join(name)
}

pub(crate) fn ensure(project: &Project, lock: &Lock) -> Result<()> {
    ensure_all(project, lock, &TOOLS)
}

pub(crate) fn ensure_all(project: &Project, lock: &Lock, tools: &[Tool]) -> Result<()> {
    for &(package, version, name) in tools {
        Stamp::new(project.tool(&format!("stamps/{package}")), version)
            .ensure(&[program(project, name)], || {
                install(project, lock, package, version)
            })?;
    }
    let build = project.tool("build/cargo");
    if build.exists() {
        fs::remove_dir_all(&build).with_context(|| build.display().to_string())?;
    }
    Ok(())
}

fn install(project: &Project, lock: &Lock, package: &str, version: &str) -> Result<()> {
    let install = |what: &str, locked: bool| {
        let mut cargo = project.cargo();
        cargo.args([
            "install",
            "--force",
            package,
            "--version",
            version,
            "--root",
        ]);
        cargo.arg(project.tool("cargo"));
        cargo.args(locked.then_some("--locked"));
        // One target folder for all: they share most of their dependencies.
        cargo.env("CARGO_TARGET_DIR", project.tool("build/cargo"));
        // They run for seconds, so compiling them well takes longer than it saves.
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        cargo.env("CARGO_PROFILE_RELEASE_LTO", "off");
        cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        cargo.env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        lock.step(
            what,
            &project.tool(&format!("logs/{package}.log")),
            &mut cargo,
        )
    };
    let what = format!("{package} {version}");
    // A registry mirror may lack a version that the tool's lock file names.
    install(&what, true)
        .or_else(|_| install(&format!("{what}, with other versions than it locks"), false))
        .with_context(|| {
            format!(
                "{package} could not be built; it needs a C compiler, and worker-build \
                     OpenSSL's headers (on Debian: build-essential pkg-config libssl-dev)"
            )
        })
}
