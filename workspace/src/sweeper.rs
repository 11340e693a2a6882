//! Sweeps a store now and then, in the background.
//!
//! Invariant: when the sweeper is gone, so is its thread: nothing of it runs after [`Sweeper::stop`],
//! or after it was dropped.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::store::Store;

/// How often.
const EVERY: Duration = Duration::from_mins(5);

/// A thread that sweeps.
#[derive(Debug)]
pub struct Sweeper {
    /// Its thread ends when this is gone.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    /// Starts to sweep a store every five minutes.
    pub fn start(store: Arc<Store>) -> io::Result<Self> {
        Self::every(EVERY, store)
    }

    /// Starts to sweep a store.
    pub fn every(period: Duration, store: Arc<Store>) -> io::Result<Self> {
        let (alive, ended) = channel::<()>();
        let thread = Builder::new()
            .name("workspace-sweeper".to_owned())
            .spawn(move || {
                while ended.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                    sweep(&store);
                }
            })?;
        Ok(Self {
            alive: Some(alive),
            thread: Some(thread),
        })
    }

    /// Ends it; returns when it has ended.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        drop(self.alive.take());
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked: it counts and removes.
            let _ = thread.join();
        }
    }
}

fn sweep(store: &Store) {
    let expired = store.sweep(Instant::now());
    if expired > 0 {
        let counts = store.counts();
        tracing::info!(
            expired,
            kept = store.len(),
            captured = counts.captured,
            expired_in_all = counts.evicted.expired,
            displaced_in_all = counts.evicted.displaced,
            "captures evicted"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Capture;

    #[test]
    fn it_sweeps_until_it_is_stopped_and_leaves_no_thread() {
        let store = Arc::new(Store::new(Duration::ZERO, 10, 10));
        let sweeper = Sweeper::every(Duration::from_millis(1), store.clone()).unwrap();
        store.put("a", Arc::new(Capture::default()), Instant::now());
        while !store.is_empty() {
            std::thread::yield_now();
        }
        sweeper.stop();
        assert_eq!(Arc::strong_count(&store), 1, "the thread had the other");
        store.put("b", Arc::new(Capture::default()), Instant::now());
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn a_long_period_does_not_hold_up_the_end() {
        let store = Arc::new(Store::default());
        drop(Sweeper::start(store.clone()).unwrap());
        assert_eq!(Arc::strong_count(&store), 1);
    }
}
