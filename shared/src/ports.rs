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

/// Chance that nobody can foresee: for secrets.
pub trait Entropy {
    /// Fills these bytes.
    fn fill(&self, bytes: &mut [u8]);
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
    /// A page of the keys that start with `prefix`: the first, or the one that the page before it
    /// named.
    async fn list_page(&self, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvFailed>;

    /// The keys that start with `prefix`, of the first [`MAX_PAGES`] pages.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, KvFailed> {
        let mut keys = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = self.list_page(prefix, next.as_deref()).await?;
            keys.extend(page.keys);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        Ok(keys)
    }
}

/// The most pages of one list, of 1,000 keys each: an invocation may make a thousand calls, and
/// whoever lists keys wants to do something with them.
pub const MAX_PAGES: usize = 10;

/// A page of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys. There may be none on a page that is not the last.
    pub keys: Vec<String>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The cache did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key-value cache failed: {0}")]
pub struct KvFailed(pub String);

/// Where crash reports are kept: a bucket, where the operator has bound one. Nobody but the operator
/// API gives out what is in it.
pub trait CrashReports {
    /// Whether there is a bucket at all.
    fn are_kept(&self) -> bool;
    /// Whether there is something at `key`.
    async fn is_kept(&self, key: &str) -> Result<bool, ReportsFailed>;
    /// Puts a tar at `key`, in the place of what was there.
    async fn keep(&self, key: &str, tar: Vec<u8>) -> Result<(), ReportsFailed>;
    /// What is at `key`, if something still is.
    async fn kept(&self, key: &str) -> Result<Option<Vec<u8>>, ReportsFailed>;
}

/// The bucket did not answer, or there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bucket of crash reports failed: {0}")]
pub struct ReportsFailed(pub String);

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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::FutureExt as _;

    use super::*;

    /// A store with this many keys, three on a page and none on every second.
    struct Store {
        keys: usize,
        asked: RefCell<Vec<Option<String>>>,
    }

    impl Kv for Store {
        async fn get(&self, _: &str) -> Result<Option<String>, KvFailed> {
            unreachable!("only the names are wanted")
        }

        async fn put(&self, _: &str, _: &str, _: Option<Duration>) -> Result<(), KvFailed> {
            unreachable!("nothing is set")
        }

        async fn delete(&self, _: &str) -> Result<(), KvFailed> {
            unreachable!("nothing is forgotten")
        }

        async fn list_page(&self, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvFailed> {
            self.asked.borrow_mut().push(cursor.map(str::to_owned));
            let page: usize = cursor.map_or(0, |cursor| cursor.parse().expect("a cursor of ours"));
            let first = page.div_ceil(2) * 3;
            let after = if page.is_multiple_of(2) {
                first + 3
            } else {
                first
            };
            let shown = first..after.min(self.keys);
            Ok(KeyPage {
                keys: shown.map(|n| format!("{prefix}{n}")).collect(),
                next: (after < self.keys).then(|| (page + 1).to_string()),
            })
        }
    }

    fn listed(keys: usize) -> (usize, Vec<Option<String>>) {
        let asked = RefCell::default();
        let store = Store { keys, asked };
        let list = store.list("open:").now_or_never().expect("nothing waits");
        let list = list.expect("it answers");
        let in_order = (0..list.len()).map(|n| format!("open:{n}"));
        assert!(list.iter().cloned().eq(in_order), "{list:?}");
        (list.len(), store.asked.into_inner())
    }

    #[test]
    fn a_list_goes_on_from_page_to_page_until_there_is_no_next() {
        assert_eq!(listed(0), (0, vec![None]));
        assert_eq!(listed(3), (3, vec![None]));
        let (found, asked) = listed(7);
        assert_eq!(found, 7);
        let cursor = |page: usize| Some(page.to_string());
        assert_eq!(asked, [None, cursor(1), cursor(2), cursor(3), cursor(4)]);
    }

    #[test]
    fn a_list_without_an_end_ends() {
        let (found, asked) = listed(usize::MAX);
        assert_eq!((found, asked.len()), (15, MAX_PAGES));
    }
}
