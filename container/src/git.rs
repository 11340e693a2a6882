//! git, with its configuration taken away.
//!
//! Invariant: no configuration and no file that anybody else wrote decides what a git process of
//! ours does. It gets an empty environment, no system and no user configuration, and the
//! settings below; its repository is a bare one that we made without a template; and it never
//! checks out a working tree, so that attributes, filters, hooks and submodules of the cloned
//! repository are bytes like any other.

mod fetch;
mod output;
mod search;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

pub use fetch::fetch;
pub(crate) use output::{Group, output};
pub use search::search;

/// Settings that hold for every git process. They beat whatever a repository's own
/// configuration says, which is ours too and empty.
const SETTINGS: [(&str, &str); 13] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.symlinks", "false"),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    // git repeats our Authorization header to wherever it is redirected.
    ("http.followRedirects", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "30"),
    ("safe.directory", "*"),
];

/// A bare repository of ours.
#[derive(Debug, Clone)]
pub struct Git {
    dir: PathBuf,
    path: String,
}

impl Git {
    /// The repository in `dir`; git is found in `path`.
    pub fn new(dir: PathBuf, path: &str) -> Self {
        Self {
            dir,
            path: path.to_owned(),
        }
    }

    /// A git command that reads and writes nothing but its repository.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        self.command_with(arguments, &[], "")
    }

    /// A git command with further settings, and the protocols that it may use.
    fn command_with<S: AsRef<OsStr>>(
        &self,
        arguments: &[S],
        settings: &[(&str, &str)],
        protocols: &str,
    ) -> Command {
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("GIT_DIR", &self.dir)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "/bin/false")
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            .env("GIT_ALLOW_PROTOCOL", protocols)
            .env("GIT_PROTOCOL_FROM_USER", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let all = SETTINGS.iter().chain(settings);
        command.env(
            "GIT_CONFIG_COUNT",
            (SETTINGS.len() + settings.len()).to_string(),
        );
        for (number, (key, value)) in all.enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command.arg("--literal-pathspecs").args(arguments);
        command
    }

    /// Makes the repository.
    pub async fn init(&self) -> Result<(), GitFailed> {
        output(self.command(&["init", "--quiet", "--bare", "--template=", "."])).await?;
        Ok(())
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// git did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GitFailed(pub String);
