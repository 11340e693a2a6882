//! Named JSON rows in a Durable Object's SQLite database, and the object's alarm.
//!
//! Reads and writes are synchronous: between two awaits of the object nothing else runs, and what
//! is written there becomes durable together (the runtime holds back every outgoing message until
//! it is). [`Rows::transaction`] adds the other half: on an error nothing was written.
//!
//! A row holds at most 2 MB. <https://developers.cloudflare.com/durable-objects/platform/limits/>

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::js_sys::{Date, Function, Reflect};
use worker::wasm_bindgen::closure::ScopedClosure;
use worker::wasm_bindgen::{JsCast, JsValue};
use worker::{ScheduledTime, SqlStorage, SqlStorageValue, State, Storage};

use crate::js;

/// The store of one object.
#[derive(Debug)]
pub struct Rows {
    sql: SqlStorage,
    storage: Storage,
}

/// The store failed, or holds what this code cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the object's storage failed: {0}")]
pub struct StoreFailed(pub String);

impl Rows {
    /// The store of the object whose state this is; made when it is not there yet.
    pub fn open(state: &State) -> Result<Self, StoreFailed> {
        let storage = state.storage();
        let rows = Self {
            sql: storage.sql(),
            storage,
        };
        rows.exec(
            "CREATE TABLE IF NOT EXISTS rows (name TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID",
            vec![],
        )?;
        Ok(rows)
    }

    /// The row `name`.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreFailed> {
        let found = self.exec("SELECT json FROM rows WHERE name = ?", vec![name.into()])?;
        found
            .into_iter()
            .next()
            .map(|row| decode(name, &row[0]))
            .transpose()
    }

    /// Writes the row `name`.
    pub fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreFailed> {
        let json = serde_json::to_string(value)
            .map_err(|error| StoreFailed(format!("{name} cannot be written: {error}")))?;
        self.exec(
            "INSERT INTO rows (name, json) VALUES (?, ?) \
             ON CONFLICT (name) DO UPDATE SET json = excluded.json",
            vec![name.into(), json.into()],
        )
        .map(drop)
    }

    /// Writes a row that is not there yet; one that is there is left as it is, and is an error.
    pub fn insert<T: Serialize>(&self, name: &str, value: &T) -> Result<(), StoreFailed> {
        let json = serde_json::to_string(value)
            .map_err(|error| StoreFailed(format!("{name} cannot be written: {error}")))?;
        self.exec(
            "INSERT INTO rows (name, json) VALUES (?, ?)",
            vec![name.into(), json.into()],
        )
        .map(drop)
    }

    /// Forgets the row `name`.
    pub fn delete(&self, name: &str) -> Result<(), StoreFailed> {
        self.exec("DELETE FROM rows WHERE name = ?", vec![name.into()])
            .map(drop)
    }

    /// Up to `limit` rows whose names start with `prefix`, in the order of their names.
    pub fn list<T: DeserializeOwned>(
        &self,
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<(String, T)>, StoreFailed> {
        // `substr` rather than LIKE or GLOB: a prefix may hold their wildcards.
        self.read(
            "SELECT name, json FROM rows WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1 \
             ORDER BY name LIMIT ?2",
            vec![prefix.into(), i64::from(limit).into()],
        )
    }

    fn read<T: DeserializeOwned>(
        &self,
        query: &str,
        bindings: Vec<SqlStorageValue>,
    ) -> Result<Vec<(String, T)>, StoreFailed> {
        self.exec(query, bindings)?
            .into_iter()
            .map(|row| {
                let name = text(&row[0])?.to_owned();
                let value = decode(&name, &row[1])?;
                Ok((name, value))
            })
            .collect()
    }

    /// The same for rows whose names come after `after`.
    pub fn list_after<T: DeserializeOwned>(
        &self,
        prefix: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<(String, T)>, StoreFailed> {
        self.read(
            "SELECT name, json FROM rows WHERE name > ?1 AND substr(name, 1, length(?2)) = ?2 \
             ORDER BY name LIMIT ?3",
            vec![after.into(), prefix.into(), i64::from(limit).into()],
        )
    }

    /// Runs `write`; what it wrote stays only if it returns `Ok`. It cannot await, on purpose:
    /// nothing else may run inside a transaction.
    pub fn transaction<T, E: From<StoreFailed>>(
        &self,
        write: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut write = Some(write);
        let mut outcome = None;
        let mut run = || -> Result<JsValue, JsValue> {
            if let Some(write) = write.take() {
                outcome = Some(write(self));
            }
            // Throwing is how the runtime is told to roll back.
            if matches!(outcome, Some(Ok(_))) {
                Ok(JsValue::UNDEFINED)
            } else {
                Err("rolled back".into())
            }
        };
        let callback =
            ScopedClosure::<dyn FnMut() -> Result<JsValue, JsValue>>::borrow_mut_aborting(&mut run);
        let storage = self.storage.as_raw();
        let ran = Reflect::get(storage, &"transactionSync".into())
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|transaction| transaction.call1(storage, callback.as_js_value()));
        drop(callback);
        match (outcome, ran) {
            // It wrote, and then the commit failed.
            (Some(Ok(_)) | None, Err(thrown)) => Err(StoreFailed(js::text_of(&thrown)).into()),
            (Some(outcome), _) => outcome,
            (None, Ok(_)) => Err(StoreFailed("the transaction did not run".to_owned()).into()),
        }
    }

    /// Sets the object's only alarm, or clears it. Called right after a write, without an await
    /// between, it becomes durable together with that write.
    pub async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), StoreFailed> {
        let set = match at {
            // By absolute date: a number would be taken for an offset from now.
            Some(at) => self.storage.set_alarm(ScheduledTime::new(date(at))).await,
            None => self.storage.delete_alarm().await,
        };
        set.map_err(failed)
    }

    /// When the alarm will go off; `None` also while its handler runs.
    pub async fn alarm(&self) -> Result<Option<Timestamp>, StoreFailed> {
        let at = self.storage.get_alarm().await.map_err(failed)?;
        Ok(at.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    }

    pub(crate) fn exec(
        &self,
        query: &str,
        bindings: Vec<SqlStorageValue>,
    ) -> Result<Vec<Vec<SqlStorageValue>>, StoreFailed> {
        let cursor = self.sql.exec(query, bindings).map_err(failed)?;
        cursor.raw().collect::<worker::Result<_>>().map_err(failed)
    }
}

fn decode<T: DeserializeOwned>(name: &str, json: &SqlStorageValue) -> Result<T, StoreFailed> {
    serde_json::from_str(text(json)?)
        .map_err(|error| StoreFailed(format!("{name} cannot be read: {error}")))
}

fn text(value: &SqlStorageValue) -> Result<&str, StoreFailed> {
    match value {
        SqlStorageValue::String(text) => Ok(text),
        other => Err(StoreFailed(format!("expected text, found {other:?}"))),
    }
}

fn date(at: Timestamp) -> Date {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of jiff's range fit 53 bits"
    )]
    let ms = at.as_millisecond() as f64;
    Date::new(&ms.into())
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn failed(error: worker::Error) -> StoreFailed {
    StoreFailed(error.to_string())
}
