//! Captures that are kept for a while.
//!
//! Invariants: what is in the store is whole, and stays whole for whoever holds it, evicted or not.
//! There are never more captures, nor more bytes, than allowed: the oldest go first. What is older
//! than its time is not given out any more, whether it was swept or not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::capture::Capture;

/// How long a capture is kept.
const TTL: Duration = Duration::from_hours(24);
/// How many captures are kept.
const MAX_CAPTURES: usize = 100;
/// How many bytes of files all of them may have: four of the largest.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// Captures by name.
#[derive(Debug)]
pub struct Store {
    ttl: Duration,
    max_captures: usize,
    max_bytes: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    kept: HashMap<String, Kept>,
    bytes: u64,
    counts: Counts,
}

#[derive(Debug)]
struct Kept {
    capture: Arc<Capture>,
    bytes: u64,
    since: Instant,
}

/// What has become of the captures of a store, from its beginning on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Put in.
    pub captured: u64,
    /// Taken out, or put in again under the same name.
    pub released: u64,
    /// Evicted.
    pub evicted: Evicted,
}

/// How many captures were evicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evicted {
    /// Their time was up.
    pub expired: u64,
    /// Newer ones needed their place.
    pub displaced: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(TTL, MAX_CAPTURES, MAX_BYTES)
    }
}

impl Store {
    /// An empty store.
    pub fn new(ttl: Duration, max_captures: usize, max_bytes: u64) -> Self {
        Self {
            ttl,
            max_captures,
            max_bytes,
            inner: Mutex::default(),
        }
    }

    /// Keeps a capture, in the place of an earlier one of this name. One that is larger than all
    /// may be is kept alone.
    pub fn put(&self, name: &str, capture: Arc<Capture>, now: Instant) {
        let mut inner = self.inner();
        inner.expire(self.ttl, now);
        if inner.remove(name).is_some() {
            inner.counts.released += 1;
        }
        let bytes = capture.bytes();
        while !inner.kept.is_empty()
            && (inner.kept.len() >= self.max_captures || inner.bytes + bytes > self.max_bytes)
        {
            inner.displace();
        }
        let since = now;
        let kept = Kept {
            capture,
            bytes,
            since,
        };
        inner.kept.insert(name.to_owned(), kept);
        inner.bytes += bytes;
        inner.counts.captured += 1;
    }

    /// A capture that is kept.
    pub fn get(&self, name: &str, now: Instant) -> Option<Arc<Capture>> {
        let inner = self.inner();
        let kept = inner.kept.get(name)?;
        (!kept.is_expired(self.ttl, now)).then(|| kept.capture.clone())
    }

    /// Takes a capture out.
    pub fn take(&self, name: &str, now: Instant) -> Option<Arc<Capture>> {
        let mut inner = self.inner();
        inner.expire(self.ttl, now);
        let kept = inner.remove(name)?;
        inner.counts.released += 1;
        Some(kept.capture)
    }

    /// Evicts what is too old; says how much that was.
    pub fn sweep(&self, now: Instant) -> u64 {
        self.inner().expire(self.ttl, now)
    }

    /// How many captures are kept.
    pub fn len(&self) -> usize {
        self.inner().kept.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has become of all captures.
    pub fn counts(&self) -> Counts {
        self.inner().counts
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics between two changes that belong together.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_expired(&self, ttl: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= ttl
    }
}

impl Inner {
    fn remove(&mut self, name: &str) -> Option<Kept> {
        let kept = self.kept.remove(name)?;
        self.bytes -= kept.bytes;
        Some(kept)
    }

    fn expire(&mut self, ttl: Duration, now: Instant) -> u64 {
        let before = self.kept.len();
        self.kept.retain(|_, kept| !kept.is_expired(ttl, now));
        self.bytes = self.kept.values().map(|kept| kept.bytes).sum();
        let expired = (before - self.kept.len()) as u64;
        self.counts.evicted.expired += expired;
        expired
    }

    /// Evicts the oldest.
    fn displace(&mut self) {
        let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.since);
        if let Some(name) = oldest.map(|(name, _)| name.clone()) {
            self.remove(&name);
            self.counts.evicted.displaced += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::FilePath;

    fn capture(bytes: usize) -> Arc<Capture> {
        let path = FilePath::parse(b"file").unwrap();
        let files = [(path, vec![0; bytes].into_boxed_slice())].into();
        Arc::new(Capture::from_parts(files, Vec::new()))
    }

    fn names(store: &Store, now: Instant) -> String {
        let there = ["a", "b", "c", "d"].into_iter();
        there
            .filter(|name| store.get(name, now).is_some())
            .collect()
    }

    #[test]
    fn the_oldest_goes_when_there_is_no_place() {
        let store = Store::new(TTL, 2, 1000);
        let start = Instant::now();
        for (at, name) in (0..).zip(["a", "b", "c"]) {
            store.put(name, capture(1), start + Duration::from_secs(at));
        }
        assert_eq!(names(&store, start), "bc");
        assert_eq!(store.counts().evicted.displaced, 1);
        // A new one of the same name is young.
        store.put("b", capture(1), start + Duration::from_secs(3));
        store.put("d", capture(1), start + Duration::from_secs(4));
        assert_eq!(names(&store, start), "bd");
        let evicted = Evicted {
            displaced: 2,
            expired: 0,
        };
        let counts = Counts {
            captured: 5,
            released: 1,
            evicted,
        };
        assert_eq!(store.counts(), counts);
    }

    #[test]
    fn bytes_are_bounded_as_well() {
        let store = Store::new(TTL, 10, 100);
        let start = Instant::now();
        for (at, (name, bytes)) in (0..).zip([("a", 40), ("b", 40), ("c", 50)]) {
            store.put(name, capture(bytes), start + Duration::from_secs(at));
        }
        assert_eq!(names(&store, start), "bc");
        store.put("d", capture(1000), start + Duration::from_secs(9));
        assert_eq!(names(&store, start), "d");
        assert_eq!(store.take("d", start).unwrap().bytes(), 1000);
        store.put("a", capture(100), start);
        assert_eq!(names(&store, start), "a");
    }

    #[test]
    fn what_is_too_old_is_not_given_out_and_swept() {
        let store = Store::new(Duration::from_secs(10), 10, 100);
        let start = Instant::now();
        store.put("a", capture(1), start);
        store.put("b", capture(1), start + Duration::from_secs(5));
        let held = store.get("a", start + Duration::from_secs(9)).unwrap();
        let later = start + Duration::from_secs(10);
        assert!(store.get("a", later).is_none() && store.get("b", later).is_some());
        assert_eq!(store.sweep(later), 1);
        assert_eq!((store.len(), store.counts().evicted.expired), (1, 1));
        assert_eq!(store.sweep(later), 0);
        assert_eq!(held.len(), 1, "whoever has it keeps it");
    }
}
