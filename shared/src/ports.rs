//! What the core needs from its platform, besides HTTP. Small on purpose: each is implemented
//! by `platform` for Workers and by a few lines in the tests.
#![expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::log::Event;
use crate::trace::Trace;

/// The current time.
pub trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;
}

impl<T: Clock> Clock for &T {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// Randomness, for jitter only: nothing here needs it to be secret.
pub trait Dice {
    /// A number in `0.0..1.0`.
    fn roll(&self) -> f64;
}

/// A queue that we produce to.
pub trait Queue {
    /// Puts one JSON text on the queue, to be delivered after `delay`. `Ok` means that the queue
    /// took it durably.
    async fn send(&self, body: &str, delay: Duration) -> Result<(), QueueRefused>;
}

/// The queue did not take the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the queue refused the message: {0}")]
pub struct QueueRefused(pub String);

/// The key-value cache. Eventually consistent: never the authority for anything.
pub trait Kv {
    /// The value at `key`, as it was some time ago.
    async fn get(&self, key: &str) -> Result<Option<String>, KvFailed>;
    /// Sets `key`, for ever or for `ttl` (at least 60 s on Workers).
    async fn put(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<(), KvFailed>;
    /// Forgets `key`.
    async fn delete(&self, key: &str) -> Result<(), KvFailed>;
    /// Up to 1,000 keys that start with `prefix`.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, KvFailed>;
}

/// The cache did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key-value cache failed: {0}")]
pub struct KvFailed(pub String);

/// Structured log lines: one event a line.
pub trait Log {
    /// Writes one line, as [`crate::log::line`] made it.
    fn write(&self, level: Level, line: &str);

    /// Logs that `event` happened to what `trace` names.
    fn note(&self, trace: &Trace, event: Event<'_>) {
        self.write(event.level(), &crate::log::line(trace, &event));
    }
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The ordinary course of things.
    Info,
    /// Something failed and was handled.
    Warn,
    /// Somebody has to look.
    Error,
}
