//! workerd without Miniflare, whose own entry would cost milliseconds a request.

use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::load::{Connection, Ping};
use crate::project::Project;
use crate::run;

/// A worker that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Candidate {
    Empty,
    DiscordInteractions,
    Gateway,
}

impl Candidate {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty worker",
            Self::DiscordInteractions => "discord-interactions",
            Self::Gateway => "gateway-worker",
        }
    }

    /// Its modules, in workerd's configuration language. Files are named from the configuration's
    /// own folder.
    fn modules(self) -> &'static str {
        match self {
            Self::Empty => r#"(name = "index.js", esModule = embed "empty.js")"#,
            Self::DiscordInteractions => {
                r#"(name = "index.js", esModule = embed "discord-interactions.js")"#
            }
            Self::Gateway => {
                r#"(name = "index.js", esModule = embed "gateway.js"),
                   (name = "index_bg.wasm", wasm = embed "gateway.wasm")"#
            }
        }
    }

    /// The gateway answers nothing unless it is completely configured; a PING uses none of it but
    /// the key.
    fn bindings(self, ping: &Ping) -> String {
        let key = format!(
            r#"(name = "DISCORD_PUBLIC_KEY", text = "{}")"#,
            ping.public_key
        );
        match self {
            Self::Empty => String::new(),
            Self::DiscordInteractions => key,
            Self::Gateway => format!(
                r#"{key}, (name = "DISCORD_BOT_TOKEN", text = "unused"),
                   (name = "COMMANDS", text = "unused"), (name = "THREADS", text = "unused")"#
            ),
        }
    }
}

/// Puts all candidates' files into one folder.
pub(crate) fn bundle(project: &Project, folder: &Path) -> Result<()> {
    let sources = project.path("tests/harness/bench");
    fs::copy(sources.join("empty.js"), folder.join("empty.js"))?;
    let built = project.path("gateway-worker/build");
    fs::copy(built.join("index.js"), folder.join("gateway.js"))?;
    fs::copy(built.join("index_bg.wasm"), folder.join("gateway.wasm"))?;
    let mut esbuild = project.command(project.node_bin("esbuild"));
    esbuild
        .arg(sources.join("discord-interactions.js"))
        .args(["--bundle", "--minify"]);
    esbuild.args(["--format=esm", "--platform=browser", "--log-level=warning"]);
    esbuild.arg(format!(
        "--outfile={}",
        folder.join("discord-interactions.js").display()
    ));
    run::output(&mut esbuild).map(drop)
}

/// A running workerd, with one port for each candidate.
pub(crate) struct Workerd {
    child: Child,
    addresses: Vec<SocketAddr>,
    configuration: PathBuf,
}

impl Workerd {
    /// Starts it and returns when it accepts connections.
    pub(crate) fn start(project: &Project, candidates: &[Candidate], ping: &Ping) -> Result<Self> {
        let addresses = free_addresses(candidates.len())?;
        let configuration = project
            .path("target/bench")
            .join(format!("{}.capnp", addresses[0].port()));
        fs::write(&configuration, configure(candidates, &addresses, ping))?;
        let mut command = project.command(project.node_bin("workerd"));
        command.arg("serve").arg(&configuration);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        let child = command.spawn().context("workerd cannot be started")?;
        let mut server = Self {
            child,
            addresses,
            configuration,
        };
        server.wait()?;
        Ok(server)
    }

    fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        while Connection::open(self.addresses[0]).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("workerd ended ({status})");
            }
            if started.elapsed() > Duration::from_secs(30) {
                bail!("workerd accepts no connection");
            }
            sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    pub(crate) fn address(&self, candidate: usize) -> SocketAddr {
        self.addresses[candidate]
    }

    /// One request; the body of its answer.
    pub(crate) fn ask(&self, candidate: usize, ping: &Ping) -> Result<String> {
        let body = Connection::open(self.address(candidate))?.exchange(&ping.bytes())?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        // Nothing is kept in it: killing is its end.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.configuration);
    }
}

/// Ports that were free a moment ago; workerd does not say which it took when asked for any.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>> {
    let listeners: Vec<_> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0"))
        .collect::<Result<_, _>>()?;
    Ok(listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<_, _>>()?)
}

fn configure(candidates: &[Candidate], addresses: &[SocketAddr], ping: &Ping) -> String {
    let (mut services, mut sockets, mut workers) = (String::new(), String::new(), String::new());
    for (index, (candidate, address)) in candidates.iter().zip(addresses).enumerate() {
        // Into a String, so it cannot fail.
        let _ = writeln!(services, r#"    (name = "w{index}", worker = .w{index}),"#);
        let _ = writeln!(
            sockets,
            r#"    (name = "s{index}", address = "{address}", http = (), service = "w{index}"),"#
        );
        let _ = writeln!(
            workers,
            "const w{index} :Workerd.Worker = (\n  compatibilityDate = \"2026-07-30\",\n  \
             modules = [{}],\n  bindings = [{}],\n);",
            candidate.modules(),
            candidate.bindings(ping)
        );
    }
    format!(
        "using Workerd = import \"/workerd/workerd.capnp\";\n\
         const config :Workerd.Config = (\n  services = [\n{services}  ],\n  sockets = [\n{sockets}  ],\n);\n\
         {workers}"
    )
}
