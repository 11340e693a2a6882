//! The programs that are compared, each in a folder of its own.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::project::Project;

/// A program that listens; it ends when this goes.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    pub(super) inbox: PathBuf,
    pub(super) drop: PathBuf,
    path: &'static str,
    child: Child,
}

impl Program {
    pub(super) fn collector(project: &Project, folder: &Path, fsync: bool) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let address = free_address()?;
        let (at, config) = (folder.display(), folder.join("collector.yaml"));
        let text = format!(
            "agent: bench\ninbox_dir: {at}/inbox\nfsync: {fsync}\ndrop_folder: {{path: {at}/drop}}\n\
             webhook:\n  listen: '{address}'\n  routes:\n    - path: /hook\n      recipient: dev\n      \
             type: INFO\n      template: '{{{{ .name }}}} {{{{ .state }}}}: {{{{ .url }}}}'\n"
        );
        fs::write(&config, text)?;
        let mut command = Command::new(project.path("target/release/bugbot-collector"));
        command.arg("--config").arg(config).env("RUST_LOG", "warn");
        let program = Self {
            name: if fsync {
                "collector"
            } else {
                "collector, no fsync"
            },
            address,
            inbox: folder.join("inbox/dev.inbox"),
            drop: folder.join("drop"),
            path: "/hook",
            child: start(&mut command)?,
        };
        program.wait()
    }

    /// Debian's `webhook`, with what people write for this purpose.
    pub(super) fn webhook(program: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let address = free_address()?;
        let inbox = folder.join("dev.inbox");
        let script = folder.join("append");
        let append = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> {}\n", inbox.display());
        fs::write(&script, append)?;
        // Interpreted by name: it needs no mode of its own.
        let hooks = json!([{
            "id": "hook",
            "execute-command": "/bin/sh",
            // The answer comes after the line is written, as the collector's does.
            "include-command-output-in-response": true,
            "pass-arguments-to-command": [
                {"source": "string", "name": script},
                {"source": "entire-payload"},
            ],
        }]);
        fs::write(folder.join("hooks.json"), hooks.to_string())?;
        let mut command = Command::new(program);
        command.arg("-hooks").arg(folder.join("hooks.json"));
        command.args(["-ip", "127.0.0.1", "-port", &address.port().to_string()]);
        let program = Self {
            name: "Debian's webhook",
            address,
            inbox,
            drop: folder.to_owned(),
            path: "/hooks/hook",
            child: start(&mut command)?,
        };
        program.wait()
    }

    pub(super) fn request(&self, body: &str) -> Vec<u8> {
        format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.path,
            body.len()
        )
        .into_bytes()
    }

    fn wait(mut self) -> Result<Self> {
        let began = Instant::now();
        while !super::answers(&self) {
            let ended = self.child.try_wait()?;
            ensure!(ended.is_none(), "{} ended", self.name);
            ensure!(
                began.elapsed() < Duration::from_secs(20),
                "{} does not listen",
                self.name
            );
            sleep(Duration::from_millis(20));
        }
        Ok(self)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(command: &mut Command) -> Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().with_context(|| format!("{command:?}"))
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
