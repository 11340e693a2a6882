//! Both workers in real workerd, as `wrangler.toml` configures them: starts `harness/stack.mjs`
//! and speaks with it.
//!
//! Invariant: no process outlives its [`Stack`]. The harness ends when its standard input does,
//! which happens on drop and also when this process is killed.

mod harness;
mod logs;
mod options;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use self::harness::Harness;
pub use self::logs::Logs;
pub use self::options::{Options, Vars};

/// The longest start: a fraction of a second, but not on a machine that compiles meanwhile.
const START_WITHIN: Duration = Duration::from_mins(1);

/// A running pair of workers.
#[derive(Debug)]
pub struct Stack {
    /// The gateway's address: `http://127.0.0.1:PORT`.
    pub gateway: String,
    /// The consumer's address; in production nothing reaches it by HTTP.
    pub consumer: String,
    harness: Harness,
}

/// Why a stack did not start or did not obey.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StackFailed(String);

impl Stack {
    /// Starts the built workers and returns when they answer.
    pub async fn start(options: Options) -> Result<Self, StackFailed> {
        built()?;
        let mut harness = Harness::spawn(&options)?;
        let ready = harness.ready(START_WITHIN).await?;
        let address = |worker: &str| {
            let address = ready[worker].as_str().map(str::to_owned);
            address.ok_or_else(|| StackFailed(format!("the harness gave no address: {ready}")))
        };
        Ok(Self {
            gateway: address("gateway")?,
            consumer: address("consumer")?,
            harness,
        })
    }

    /// What the workers have logged.
    pub fn logs(&self) -> &Logs {
        self.harness.logs()
    }

    /// Puts a JSON value on the queue `bugbot-commands`.
    pub async fn send(&self, body: &Value) -> Result<(), StackFailed> {
        self.harness
            .ask(json!({"do": "send", "body": body}))
            .await
            .map(drop)
    }

    /// Runs the consumer's scheduled handler to its end and returns its outcome (`ok`).
    pub async fn run_schedule(&self) -> Result<String, StackFailed> {
        let outcome = self.harness.ask(json!({"do": "scheduled"})).await?;
        Ok(outcome.as_str().unwrap_or_default().to_owned())
    }

    /// The value of a key of `BUGBOT_KV`.
    pub async fn kv_get(&self, key: &str) -> Result<Option<String>, StackFailed> {
        let value = self
            .harness
            .ask(json!({"do": "kv_get", "key": key}))
            .await?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// Sets a key of `BUGBOT_KV`.
    pub async fn kv_put(&self, key: &str, value: &str) -> Result<(), StackFailed> {
        self.harness
            .ask(json!({"do": "kv_put", "key": key, "value": value}))
            .await
            .map(drop)
    }

    /// Forgets a key of `BUGBOT_KV`.
    pub async fn kv_delete(&self, key: &str) -> Result<(), StackFailed> {
        self.harness
            .ask(json!({"do": "kv_delete", "key": key}))
            .await
            .map(drop)
    }

    /// The keys of `BUGBOT_KV` that start with `prefix`.
    pub async fn kv_list(&self, prefix: &str) -> Result<Vec<String>, StackFailed> {
        let keys = self
            .harness
            .ask(json!({"do": "kv_list", "prefix": prefix}))
            .await?;
        serde_json::from_value(keys).map_err(|error| StackFailed(error.to_string()))
    }

    /// Ends an object, as the platform does at any time: its next call finds a new instance over
    /// the same storage.
    pub async fn evict(&self, class: &str, name: &str) -> Result<(), StackFailed> {
        self.harness
            .ask(json!({"do": "evict", "class": class, "name": name}))
            .await
            .map(drop)
    }

    /// Stops, waiting until everything has ended. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

/// A file of the project.
pub fn project(relative: &str) -> PathBuf {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("the tests crate lies in the project")
        .join(relative)
}

/// A program from npm, as `cargo xtask setup` installs it: `node`, `claude`, `workerd`.
pub fn program(name: &str) -> PathBuf {
    project("node_modules/.bin").join(name)
}

/// Whether the workers and Node are there; `cargo test` alone does not make them.
fn built() -> Result<(), StackFailed> {
    let needed = [
        program("node"),
        project("gateway-worker/build/index.js"),
        project("consumer-worker/build/index.js"),
    ];
    match needed.iter().find(|path| !path.exists()) {
        None => Ok(()),
        Some(missing) => Err(StackFailed(format!(
            "{} is not there: `cargo xtask build` makes it",
            missing.display()
        ))),
    }
}
