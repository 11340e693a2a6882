//! The executor as a process of its own, as the container runs it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

use crate::stack::program;

/// A running executor. It is killed when this is dropped, and its agents with it; it also ends when
/// this process does, however that happens: we hold the other end of its standard input.
#[derive(Debug)]
pub struct Executor {
    process: Child,
    url: String,
    data: PathBuf,
    token: String,
}

/// A process of an agent: its supervisor, Claude Code, or what that started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentProcess {
    /// Its number.
    pub pid: u32,
    /// `NAME=value`, each ended by a zero byte.
    pub environment: Vec<u8>,
    /// Its words, each ended by a zero byte.
    pub command_line: Vec<u8>,
}

impl Executor {
    /// Starts the program that was built beside this one.
    pub fn start(data: &Path, token: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(data)?;
        fs::File::create(data.join("log"))?;
        Self::start_at("127.0.0.1:0", data, token)
    }

    /// Starts it again where it was, over what it left on disk, as a container comes back.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.kill();
        let address = self.url.trim_start_matches("http://").to_owned();
        *self = Self::start_at(&address, &self.data.clone(), &self.token.clone())?;
        Ok(())
    }

    fn start_at(address: &str, data: &Path, token: &str) -> anyhow::Result<Self> {
        let log = fs::OpenOptions::new().append(true).open(data.join("log"))?;
        let claude = program("claude");
        if !claude.exists() {
            bail!(
                "{} is not there: `cargo xtask setup` installs it",
                claude.display()
            );
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let mut process = Command::new(built()?)
            .arg("--end-with-stdin")
            .env_clear()
            .env("PATH", path)
            .env("EXECUTOR_ADDR", address)
            .env("EXECUTOR_TOKEN", token)
            .env("EXECUTOR_DATA_DIR", data)
            .env("AGENT_COMMAND", serde_json::json!([claude]).to_string())
            .stdin(Stdio::piped())
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
            token: token.to_owned(),
        })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it keeps its clones, checkpoints and log.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The processes of its agents that live now: those that work in a run's directory or have
    /// one in their environment.
    pub fn agents(&self) -> Vec<AgentProcess> {
        let runs = self.data.join("runs");
        let Ok(all) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let of_an_agent = |process: fs::DirEntry| {
            let pid = process.file_name().to_str()?.parse().ok()?;
            // A process may end at any moment, and then has nothing to read.
            let read = |name| fs::read(process.path().join(name)).unwrap_or_default();
            let environment = read("environ");
            let works_there = fs::read_link(process.path().join("cwd"))
                .is_ok_and(|directory| directory.starts_with(&runs));
            let knows = contains(&environment, runs.as_os_str().as_encoded_bytes());
            (works_there || knows).then(|| AgentProcess {
                pid,
                environment,
                command_line: read("cmdline"),
            })
        };
        all.flatten().filter_map(of_an_agent).collect()
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

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
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
