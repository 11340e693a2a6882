//! The object that keeps an audit log: `shared::audit`, in SQLite.

use platform::rows::StoreFailed;
use platform::{Rows, object};
use shared::audit::{Entry, Head, Request, Response, Store, answer};
use shared::log::Event;
use shared::ports::{Clock as _, Log as _};
use shared::trace::Trace;
use worker::{
    DurableObject, Env, Request as Call, Response as Answer, Result, State, durable_object,
};

/// One log. Nothing in it changes or goes: its rows are inserted, and only the head moves.
#[durable_object]
#[derive(Debug)]
pub struct AuditObject {
    state: State,
}

impl DurableObject for AuditObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Call) -> Result<Answer> {
        let question = match object::question::<Request>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        object::answer(self.answer(question))
    }
}

impl AuditObject {
    /// In one transaction: an entry without its head would fork the chain.
    fn answer(&self, request: Request) -> std::result::Result<Response, String> {
        let rows = Rows::open(&self.state).map_err(|failed| failed.to_string())?;
        let now = platform::SystemClock.now();
        let response = rows
            .transaction(|rows| answer(&Log(rows), request, now).map_err(StoreFailed))
            .map_err(|failed| failed.0)?;
        if let Response::Appended { new, head } = &response
            && *new > 0
        {
            // Kept elsewhere than the log itself: an end that was cut off is known by it.
            let event = Event::AuditHead {
                number: head.number,
                hash: head.hash.as_str(),
            };
            platform::Console.note(&Trace::none(), event);
        }
        Ok(response)
    }
}

const HEAD: &str = "head";
const ENTRY: &str = "entry:";

struct Log<'a>(&'a Rows);

/// Numbers with leading zeros sort as text.
fn entry_row(number: u64) -> String {
    format!("{ENTRY}{number:020}")
}

fn key_row(key: &str) -> String {
    format!("key:{key}")
}

impl Store for Log<'_> {
    fn head(&self) -> std::result::Result<Head, String> {
        let head = self.0.get(HEAD).map_err(|failed| failed.to_string())?;
        Ok(head.unwrap_or_default())
    }

    fn has(&self, key: &str) -> std::result::Result<bool, String> {
        let number = self.0.get::<u64>(&key_row(key));
        Ok(number.map_err(|failed| failed.to_string())?.is_some())
    }

    fn append(&self, entry: &Entry) -> std::result::Result<(), String> {
        let Self(rows) = self;
        rows.insert(&entry_row(entry.number), entry)
            .and_then(|()| rows.insert(&key_row(&entry.key), &entry.number))
            .and_then(|()| rows.put(HEAD, &entry.head()))
            .map_err(|failed| failed.to_string())
    }

    fn page(&self, after: u64, limit: u32) -> std::result::Result<Vec<Entry>, String> {
        let rows = self.0.list_after(ENTRY, &entry_row(after), limit);
        let rows = rows.map_err(|failed| failed.to_string())?;
        Ok(rows.into_iter().map(|(_, entry)| entry).collect())
    }

    fn find(&self, beginning: &str, limit: u32) -> std::result::Result<Vec<Entry>, String> {
        let beginning = key_row(beginning);
        let numbers = self.0.list_after::<u64>(&beginning, &beginning, limit);
        let numbers = numbers.map_err(|failed| failed.to_string())?;
        let entries = numbers
            .into_iter()
            .map(|(_, number)| self.0.get(&entry_row(number)));
        let entries: std::result::Result<Vec<Option<Entry>>, _> = entries.collect();
        let entries = entries.map_err(|failed| failed.to_string())?;
        Ok(entries.into_iter().flatten().collect())
    }
}
