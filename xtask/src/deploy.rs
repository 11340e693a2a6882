//! Deploys both workers: first everything that can be checked from here, then the consumer, then
//! the gateway, so that no command is ever accepted that nothing can take.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build::{self, Worker};
use crate::check::Check;
use crate::project::Project;
use crate::run;

/// The identifier that `wrangler.toml` has until somebody puts in their own.
const PLACEHOLDER_KV: &str = "00000000000000000000000000000000";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Bundles and checks, but uploads nothing.
    #[arg(long)]
    dry_run: bool,
    /// Leaves the container as it is deployed now: needs no Docker engine.
    #[arg(long)]
    without_container: bool,
    /// Passed on to wrangler.
    #[arg(last = true)]
    wrangler: Vec<String>,
}

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    build::run(project, None)?;
    Check::Size.run(project)?;
    let skip_container = skip_container(project, options)?;
    if !options.dry_run {
        check_configuration(project)?;
        run::shown(
            "wrangler whoami",
            project.command(project.node_bin("wrangler")).arg("whoami"),
        )?;
    }
    for worker in [Worker::ConsumerWorker, Worker::GatewayWorker] {
        let environment = worker.environment();
        let mut wrangler = project.command(project.node_bin("wrangler"));
        wrangler.args(["deploy", "--env", environment]);
        wrangler.args(options.dry_run.then_some("--dry-run"));
        if skip_container && worker == Worker::ConsumerWorker {
            wrangler.arg("--containers-rollout=none");
        }
        wrangler.args(&options.wrangler);
        run::shown(
            &format!("wrangler deploy --env {environment}"),
            &mut wrangler,
        )?;
    }
    Ok(())
}

/// Whether the container's image is left out: asked for, or a dry run without an engine.
fn skip_container(project: &Project, options: &Options) -> Result<bool> {
    if options.without_container {
        return Ok(true);
    }
    let engine = std::env::var_os("WRANGLER_DOCKER_BIN").unwrap_or_else(|| "docker".into());
    if responds(project.command(engine).arg("info")) {
        return Ok(false);
    }
    if options.dry_run {
        eprintln!("     no Docker engine answers: the container is not part of this dry run");
        return Ok(true);
    }
    bail!(
        "no Docker engine answers, and the container's image is built with one; start it, or \
         leave the container as it is with --without-container"
    )
}

fn responds(command: &mut Command) -> bool {
    run::output(command).is_ok()
}

fn check_configuration(project: &Project) -> Result<()> {
    let configuration = fs::read_to_string(project.path("wrangler.toml"))
        .context("wrangler.toml cannot be read")?;
    if configuration.contains(PLACEHOLDER_KV) {
        bail!(
            "wrangler.toml has no KV namespace yet: put the id that `npx wrangler kv namespace \
             create BUGBOT_KV` prints into both environments"
        );
    }
    Ok(())
}
