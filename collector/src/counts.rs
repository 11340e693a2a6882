//! What `/health` says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde::Serialize;

/// How many events came, how many of them are in inboxes, how often something did not work.
#[derive(Debug)]
pub struct Counts {
    received: AtomicU64,
    emitted: AtomicU64,
    errors: AtomicU64,
    since: Instant,
}

#[derive(Serialize)]
struct Health {
    received: u64,
    emitted: u64,
    errors: u64,
    uptime_sec: u64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            received: AtomicU64::new(0),
            emitted: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            since: Instant::now(),
        }
    }
}

impl Counts {
    /// So many requests to a route, or files that were taken.
    pub(crate) fn received(&self, count: usize) {
        add(&self.received, count);
    }

    /// So many lines were written.
    pub(crate) fn emitted(&self, count: usize) {
        add(&self.emitted, count);
    }

    /// So many were refused, or could not be written.
    pub(crate) fn errors(&self, count: usize) {
        add(&self.errors, count);
    }

    /// The JSON of all of them.
    pub(crate) fn to_json(&self) -> String {
        let health = Health {
            received: self.received.load(Ordering::Relaxed),
            emitted: self.emitted.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            uptime_sec: self.since.elapsed().as_secs(),
        };
        serde_json::to_string(&health).expect("numbers are JSON")
    }
}

fn add(to: &AtomicU64, count: usize) {
    to.fetch_add(count as u64, Ordering::Relaxed);
}
