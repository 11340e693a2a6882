//! The executor as a process of its own, as the container runs it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

use crate::stack::program;

/// A running executor. It is killed when this is dropped, and its agents with it.
#[derive(Debug)]
pub struct Executor {
    process: Child,
    url: String,
    data: PathBuf,
}

impl Executor {
    /// Starts the program that was built beside this one.
    pub fn start(data: &Path, token: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(data)?;
        let log = fs::File::create(data.join("log"))?;
        let claude = program("claude");
        if !claude.exists() {
            bail!(
                "{} is not there: `cargo xtask setup` installs it",
                claude.display()
            );
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let mut process = Command::new(built()?)
            .env_clear()
            .env("PATH", path)
            .env("EXECUTOR_ADDR", "127.0.0.1:0")
            .env("EXECUTOR_TOKEN", token)
            .env("EXECUTOR_DATA_DIR", data)
            .env("AGENT_COMMAND", serde_json::json!([claude]).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("the executor cannot be started")?;
        let stdout = process.stdout.take().expect("it is piped");
        let mut announcement = String::new();
        BufReader::new(stdout).read_line(&mut announcement)?;
        let announcement: serde_json::Value = serde_json::from_str(&announcement)
            .with_context(|| format!("the executor did not start; see {}", data.display()))?;
        let address = announcement["address"]
            .as_str()
            .context("it says where it listens")?;
        Ok(Self {
            process,
            url: format!("http://{address}"),
            data: data.to_owned(),
        })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.data.join("log")).unwrap_or_default()
    }

    /// Kills it, as a machine that fails does.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The executor's program: cargo puts it beside this one, or one folder above a test.
fn built() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folders = this.ancestors().skip(1).take(2);
    let mut candidates = folders.map(|folder| folder.join("bugbot-executor"));
    candidates
        .find(|path| path.exists())
        .context("bugbot-executor is not built: `cargo build --package container` makes it")
}
