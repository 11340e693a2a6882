//! Where things are, and how a command is started so that it finds them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The project folder.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    pub(crate) fn here() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has a parent")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A file or folder of the tools that set-up installs.
    pub(crate) fn tool(&self, relative: &str) -> PathBuf {
        self.root.join("target/tools").join(relative)
    }

    /// A program from npm.
    pub(crate) fn node_bin(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }

    /// `program`, started in the project folder, finding the project's Node before any other.
    pub(crate) fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command.current_dir(&self.root);
        prepend_path(&mut command, &[self.root.join("node_modules/.bin")]);
        // A wrangler that is only asked to bundle keeps its logs to itself.
        command.env("WRANGLER_LOG_PATH", self.tool("logs/wrangler"));
        command.env("WRANGLER_SEND_METRICS", "false");
        command
    }

    /// The cargo that runs this task.
    pub(crate) fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }
}

/// Puts folders in front of a command's `PATH`.
pub(crate) fn prepend_path(command: &mut Command, folders: &[PathBuf]) {
    let current = command
        .get_envs()
        .find(|(name, _)| *name == "PATH")
        .and_then(|(_, value)| value.map(OsString::from))
        .or_else(|| std::env::var_os("PATH"))
        .unwrap_or_default();
    let all = folders
        .iter()
        .cloned()
        .chain(std::env::split_paths(&current));
    // A folder whose name holds the separator cannot be on a PATH; leave the PATH alone then.
    if let Ok(joined) = std::env::join_paths(all) {
        command.env("PATH", joined);
    }
}
