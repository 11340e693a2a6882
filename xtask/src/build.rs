//! Builds the workers: cargo to wasm, then worker-build's glue, `wasm-opt` and bundling.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::project::Project;
use crate::setup::cargo_tools::program;
use crate::setup::wasm::{TARGET, WasmTarget};
use crate::stamp::Stamp;
use crate::{run, setup};

/// A worker, by the name of its crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Worker {
    GatewayWorker,
    ConsumerWorker,
}

impl Worker {
    pub(crate) const ALL: [Self; 2] = [Self::GatewayWorker, Self::ConsumerWorker];

    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::GatewayWorker => "gateway-worker",
            Self::ConsumerWorker => "consumer-worker",
        }
    }

    /// Its environment in `wrangler.toml`.
    pub(crate) fn environment(self) -> &'static str {
        match self {
            Self::GatewayWorker => "gateway",
            Self::ConsumerWorker => "consumer",
        }
    }

    /// The built wasm.
    pub(crate) fn wasm(self, project: &Project) -> PathBuf {
        project.path(self.package()).join("build/index_bg.wasm")
    }
}

/// The bytes of a wasm file as it is, and as Cloudflare counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) raw: u64,
    pub(crate) gzip: u64,
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} KB, {} KB gzip",
            self.raw.div_ceil(1000),
            self.gzip.div_ceil(1000)
        )
    }
}

/// Sets up, and builds one worker or all.
pub(crate) fn run(project: &Project, only: Option<Worker>) -> Result<()> {
    let target = setup::run(project)?;
    for worker in Worker::ALL {
        if only.is_none_or(|only| only == worker) {
            build(project, &target, worker)?;
        }
    }
    Ok(())
}

fn build(project: &Project, target: &WasmTarget, worker: Worker) -> Result<()> {
    let package = worker.package();
    let log = |part: &str| project.tool(&format!("logs/{package}-{part}.log"));
    // First exactly the cargo call that worker-build makes: it says whether anything changed.
    let mut cargo = wasm_command(project, target, project.cargo());
    cargo.args(["build", "--lib", "--release", "--target", TARGET]);
    cargo.current_dir(project.path(package));
    run::step(
        &format!("{package}: compile to wasm"),
        &log("cargo"),
        &mut cargo,
    )?;

    let compiled = project
        .path("target/wasm")
        .join(TARGET)
        .join("release")
        .join(package.replace('-', "_"))
        .with_extension("wasm");
    let wasm = worker.wasm(project);
    let made = [wasm.clone(), wasm.with_file_name("index.js")];
    let stamp = project.path(&format!("target/wasm/stamps/{package}"));
    Stamp::new(stamp, version_of(&compiled)?).ensure(&made, || {
        let worker_build = project.command(program(project, "worker-build"));
        let mut command = wasm_command(project, target, worker_build);
        command.arg("--release").current_dir(project.path(package));
        run::step(&format!("{package}: bundle"), &log("bundle"), &mut command)?;
        eprintln!("     {package}: {}", size(project, worker)?);
        Ok(())
    })
}

/// Gives `command` the wasm compiler, the local tools, and the flags that both calls have to share.
fn wasm_command(project: &Project, target: &WasmTarget, mut command: Command) -> Command {
    target.apply(&mut command);
    command.env("CARGO_TARGET_DIR", project.path("target/wasm"));
    command.env("WASM_BINDGEN_USE_JS_SYS", "1"); // As worker-build sets it for its own cargo.
    command.env("WASM_BINDGEN_BIN", program(project, "wasm-bindgen"));
    command.env("ESBUILD_BIN", project.node_bin("esbuild"));
    command.env("WASM_OPT_BIN", project.node_bin("wasm-opt"));
    // What is deployed names no folder of the machine that built it.
    let mut remapped = vec![(project.path("").display().to_string(), "bugbot/")];
    let cargo_home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")));
    remapped.extend(cargo_home.ok().map(|home| (home, "cargo")));
    let flags: Vec<_> = remapped
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
        .collect();
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    command
}

/// Names the state of a compiled file: cargo writes it only when something changed.
fn version_of(compiled: &PathBuf) -> Result<String> {
    let found = fs::metadata(compiled).with_context(|| compiled.display().to_string())?;
    Ok(format!("{} {:?}", found.len(), found.modified()?))
}

pub(crate) fn size(project: &Project, worker: Worker) -> Result<Size> {
    let wasm = worker.wasm(project);
    let bytes = fs::read(&wasm).with_context(|| {
        format!(
            "{} is not there: `cargo xtask build` makes it",
            wasm.display()
        )
    })?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&bytes)?;
    Ok(Size {
        raw: bytes.len() as u64,
        gzip: gzip.finish()?.len() as u64,
    })
}
