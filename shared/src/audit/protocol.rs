//! What is asked of the object that keeps a log, and how it answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, Export, Head, LogName, Record};

/// The most entries of one page: at 4 KB for a large one, a page has 2 MB.
pub const MAX_PAGE: u32 = 500;

/// A request to the object of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Append these, in this order; those whose key is there already are there already.
    Append {
        /// What is to be recorded.
        records: Vec<Record>,
    },
    /// Read a page.
    Export {
        /// The number of the last entry that the reader has; 0 at first.
        after: u64,
        /// At most so many entries, and at most [`MAX_PAGE`].
        limit: u32,
    },
    /// Read what is about something, by the beginnings of the keys.
    Find {
        /// Each a beginning: an entry of any of them is wanted.
        beginnings: Vec<String>,
    },
}

/// The answer to any of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "answer",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Response {
    /// All of them are in the log.
    Appended {
        /// How many were not before.
        new: u64,
        /// The log's head by now.
        head: Head,
    },
    /// A page.
    Page(Export),
    /// To [`Request::Find`]: the entries, oldest first.
    Found {
        /// Of each beginning at most [`MAX_PAGE`].
        entries: Vec<Entry>,
    },
    /// A record cannot be kept: a mistake of the caller's.
    Refused {
        /// Why.
        why: String,
    },
}

/// The objects that keep the logs, by name.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Audits {
    /// Asks the object of `log`. An error says that no answer came: what was asked may have been
    /// done.
    async fn ask_audit(&self, log: &LogName, request: &Request) -> Result<Response, String>;
}

/// Where an object keeps its log. Whatever is written during one request becomes durable together.
pub trait Store {
    /// The head as it was saved last.
    fn head(&self) -> Result<Head, String>;
    /// Whether an entry has this key.
    fn has(&self, key: &str) -> Result<bool, String>;
    /// Adds an entry, which becomes the head. Fails if one of its number or key is there.
    fn append(&self, entry: &Entry) -> Result<(), String>;
    /// Entries after `after`, oldest first, at most `limit`.
    fn page(&self, after: u64, limit: u32) -> Result<Vec<Entry>, String>;
    /// Entries whose key begins so, in any order, at most `limit`.
    fn find(&self, beginning: &str, limit: u32) -> Result<Vec<Entry>, String>;
}

/// Answers a request. It does not await: nothing else of the object runs meanwhile.
pub fn answer(store: &impl Store, request: Request, now: Timestamp) -> Result<Response, String> {
    match request {
        Request::Append { records } => {
            let bad = records
                .iter()
                .find(|record| record.key.is_empty() || record.key.len() > Record::MAX_KEY_BYTES);
            if let Some(bad) = bad {
                let why = format!("the key {:?} is empty or too long", bad.key);
                return Ok(Response::Refused { why });
            }
            let before = store.head()?;
            let mut head = before.clone();
            for record in records {
                if store.has(&record.key)? {
                    continue;
                }
                let entry = Entry::after(&head, record, now);
                store.append(&entry)?;
                head = entry.head();
            }
            let new = head.number - before.number;
            Ok(Response::Appended { new, head })
        }
        Request::Find { beginnings } => {
            let mut entries = Vec::new();
            for beginning in &beginnings {
                entries.extend(store.find(beginning, MAX_PAGE)?);
            }
            entries.sort_by_key(|entry| entry.number);
            entries.dedup_by_key(|entry| entry.number);
            Ok(Response::Found { entries })
        }
        Request::Export { after, limit } => Ok(Response::Page(Export {
            entries: store.page(after, limit.clamp(1, MAX_PAGE))?,
            head: store.head()?,
        })),
    }
}
