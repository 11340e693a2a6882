//! The configuration file.
//!
//! Invariant: it is wholly right or not taken at all. An unknown key, a key twice, a template that does
//! not parse, an address that others can reach: each is an error that names its line and column.

mod read;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::hooks::{Agent, Recipient, Routes};

/// Where the configuration is unless somebody says otherwise, from the home directory.
pub const DEFAULT_FILE: &str = ".config/agent-watcher/collector.yaml";
/// Where inboxes are unless the configuration says otherwise.
pub const DEFAULT_INBOX_DIR: &str = "~/.local/share/agent-watcher/inbox";
/// Where webhooks are listened for unless the configuration says otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:18790";
/// How often the drop folder is looked at even though nothing was heard of it.
pub const DEFAULT_POLL: Duration = Duration::from_secs(30);
/// How often it is looked for what waits at the edge unless the configuration says otherwise.
pub const DEFAULT_PULL: Duration = Duration::from_secs(30);
/// The most recipients whose events are brought.
pub const MAX_RECIPIENTS: usize = 100;
/// The longest configuration that is read.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// What the file says, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// On whose behalf events are collected.
    pub agent: Agent,
    /// Where inboxes are.
    pub inbox_dir: PathBuf,
    /// Whether an event is on the disk before it counts as taken.
    pub fsync: bool,
    /// Requests.
    pub webhook: Option<Webhook>,
    /// Files.
    pub drop_folder: Option<DropFolder>,
    /// What waits at the edge.
    pub pull: Option<Pull>,
}

/// Where requests come in, and what becomes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// A loopback address.
    pub listen: SocketAddr,
    /// The routes: at least one.
    pub routes: Routes,
}

/// Where files are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropFolder {
    /// The folder.
    pub path: PathBuf,
    /// How often it is looked at even though nothing was heard of it.
    pub poll: Duration,
}

/// Where events wait, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The gateway's address: https, or on this machine.
    pub from: String,
    /// The file with its `HOOKS_PULL_TOKEN`.
    pub token_file: PathBuf,
    /// Whose events are brought: at least one.
    pub recipients: Vec<Recipient>,
    /// How often it is looked.
    pub every: Duration,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// It cannot be read.
    #[error("{}: {reason}", .file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// Something in it is wrong.
    #[error("{}:{line}:{column}: {problem}", .file.display())]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Where, counted from 1.
        line: u64,
        /// Where, counted from 1.
        column: u64,
        /// What.
        problem: String,
    },
}

impl Config {
    /// Reads a file.
    pub fn load(file: &Path, home: Option<&Path>) -> Result<Self, BadConfig> {
        let unreadable = |reason: String| BadConfig::Unreadable {
            file: file.to_owned(),
            reason,
        };
        let length = std::fs::metadata(file)
            .map_err(|error| unreadable(error.to_string()))?
            .len();
        if length > MAX_BYTES {
            return Err(unreadable(format!("it is longer than {MAX_BYTES} bytes")));
        }
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        Self::parse(file, &text, home)
    }

    /// Reads the text of a file; `~/` is `home`.
    pub fn parse(file: &Path, text: &str, home: Option<&Path>) -> Result<Self, BadConfig> {
        read::config(text, home).map_err(|wrong| BadConfig::Wrong {
            file: file.to_owned(),
            line: wrong.line,
            column: wrong.column,
            problem: wrong.problem,
        })
    }
}
