//! Marks of begun jobs in the key-value store: what the sweep looks through. Only an index: what a
//! marked job is up to is asked of its Thread object.

use crate::id::{JobId, ThreadId};
use crate::log::{Event, Said};
use crate::ports::{Kv, Log};
use crate::trace::Trace;

/// The keys of begun jobs start with this; the value is their thread.
pub(crate) const OPEN_PREFIX: &str = "open:";

/// Marks a job as begun. A mark that fails costs only the sweep's help.
pub(crate) async fn mark<P: Kv + Log>(platform: &P, job: &JobId, thread: &ThreadId) {
    let key = format!("{OPEN_PREFIX}{job}");
    if let Err(error) = platform.put(&key, thread.as_str(), None).await {
        let trace = Trace::of_job(job).in_thread(thread);
        let error = Said(&error);
        platform.note(&trace, Event::NotMarked { error });
    }
}

/// Unmarks a job that has ended. A mark that stays is removed by the next sweep.
pub(crate) async fn unmark<K: Kv>(kv: &K, job: &JobId) {
    let _ = kv.delete(&format!("{OPEN_PREFIX}{job}")).await;
}
