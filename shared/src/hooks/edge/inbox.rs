//! The object behind a recipient, or behind a route that makes jobs: what waits, and which deliveries
//! are known.
//!
//! Invariants:
//! - A question is answered in one transaction, one at a time: of two equal deliveries one is new.
//! - A delivery for which there is no room is not known afterwards: it can be sent again.
//! - `room` counts what the other tables hold, so that no answer reads all of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::delivery::Key;
use super::wire::{EdgeEvent, Page};
use crate::hooks::{Draft, EventId, Kind, Priority, Recipient};
use crate::hub::sql::{Sql, SqlFailed, Value};

/// The most events that wait for one recipient.
pub const MAX_EVENTS: u64 = 10_000;
/// The most bytes of them, as they are stored.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// The most things that deliveries are known by. Beyond, those are forgotten first whose time would
/// end first: some 30,000 deliveries a day of one recipient are known for the whole time.
pub const MAX_KEYS: u64 = 200_000;
/// The most events of a page, and how many bytes end one: an answer is at most this and one event.
const PAGE: u32 = 100;
const PAGE_BYTES: u64 = 2 * 1024 * 1024;

const TABLES: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS room (only INTEGER PRIMARY KEY CHECK (only = 1), \
     taken INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL, \
     keys INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO room VALUES (1, 0, 0, 0, 0)",
    "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, \
     event TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS known (key TEXT PRIMARY KEY, id TEXT NOT NULL, \
     until INTEGER NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS known_until ON known (until)",
    "CREATE INDEX IF NOT EXISTS known_id ON known (id)",
];

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum InboxName {
    /// The events of a recipient.
    Of(Recipient),
    /// The deliveries to a route that makes jobs.
    Route(String),
}

impl InboxName {
    /// The name of the object.
    pub fn name(&self) -> String {
        match self {
            Self::Of(recipient) => format!("to:{recipient}"),
            Self::Route(route) => format!("route:{route}"),
        }
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    /// Take a delivery.
    Accept {
        /// What it is known by.
        keys: Vec<Key>,
        /// Its event; a job is not kept here.
        event: Option<Box<NewEvent>>,
    },
    /// The job of this delivery is on the queue.
    Done {
        /// The delivery.
        id: EventId,
    },
    /// Some of what waits.
    Page {
        /// What comes after this one.
        after: u64,
    },
    /// Forget what has arrived.
    Ack {
        /// The last that has.
        upto: u64,
    },
}

/// An event to be, on its way to its object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewEvent {
    to: Recipient,
    kind: Kind,
    priority: Priority,
    payload: String,
    source: Option<String>,
}

impl From<Draft> for NewEvent {
    fn from(draft: Draft) -> Self {
        Self {
            to: draft.to,
            kind: draft.kind,
            priority: draft.priority,
            payload: draft.payload,
            source: draft.source,
        }
    }
}

impl From<NewEvent> for Draft {
    fn from(new: NewEvent) -> Self {
        Self {
            to: new.to,
            kind: new.kind,
            priority: new.priority,
            payload: new.payload,
            sentinel: None,
            source: new.source,
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It was taken, now or before.
    Accepted {
        /// Its id.
        id: EventId,
        /// Whether it was known.
        repeated: bool,
        /// Whether its job is on the queue.
        done: bool,
    },
    /// There is no room for it.
    Full {
        /// So many events wait.
        events: u64,
        /// So many bytes.
        bytes: u64,
    },
    /// It is noted.
    Noted,
    /// What waits.
    Page(Page),
    /// It is forgotten.
    Acked {
        /// So many events still wait.
        left: u64,
    },
}

/// Reaches the objects.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Inboxes {
    /// Asks an object. The error says why it did not answer; what was asked may have been done.
    async fn ask_inbox(&self, inbox: &InboxName, question: &Question) -> Result<Answer, String>;
}

impl<T: Inboxes> Inboxes for &T {
    async fn ask_inbox(&self, inbox: &InboxName, question: &Question) -> Result<Answer, String> {
        (**self).ask_inbox(inbox, question).await
    }
}

/// Makes the tables that are not there yet.
pub fn prepare(sql: &impl Sql) -> Result<(), SqlFailed> {
    for statement in TABLES {
        sql.run(statement, &[])?;
    }
    Ok(())
}

/// Answers a question. To be called within a transaction, and without an await: nothing else of the
/// object runs meanwhile.
pub fn answer(sql: &impl Sql, question: Question, now: Timestamp) -> Result<Answer, SqlFailed> {
    match question {
        Question::Accept { keys, event } => accept(sql, &keys, event.map(|it| *it), now),
        Question::Done { id } => {
            sql.run(
                "UPDATE known SET done = 1 WHERE id = ?",
                &[id.as_str().into()],
            )?;
            Ok(Answer::Noted)
        }
        Question::Page { after } => page(sql, after).map(Answer::Page),
        Question::Ack { upto } => ack(sql, upto),
    }
}

/// Forgets the deliveries whose time has come, and says when the next one's does.
pub fn forget(sql: &impl Sql, now: Timestamp) -> Result<Option<Timestamp>, SqlFailed> {
    let gone = sql.run(
        "DELETE FROM known WHERE until <= ? RETURNING 1",
        &[now.into()],
    )?;
    forgot(sql, gone.len())?;
    next(sql)
}

/// When the object next has something to forget.
pub fn next(sql: &impl Sql) -> Result<Option<Timestamp>, SqlFailed> {
    let rows = sql.run("SELECT MIN(until) FROM known", &[])?;
    let until = rows
        .first()
        .and_then(|row| row.maybe_count(0).transpose())
        .transpose()?;
    let ms = until.and_then(|ms| i64::try_from(ms).ok());
    Ok(ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
}

fn forgot(sql: &impl Sql, keys: usize) -> Result<(), SqlFailed> {
    if keys > 0 {
        sql.run("UPDATE room SET keys = keys - ?", &[(keys as u64).into()])?;
    }
    Ok(())
}

struct Room {
    taken: u64,
    events: u64,
    bytes: u64,
    keys: u64,
}

fn room(sql: &impl Sql) -> Result<Room, SqlFailed> {
    let rows = sql.run("SELECT taken, events, bytes, keys FROM room", &[])?;
    let row = rows
        .first()
        .ok_or_else(|| SqlFailed("there is no room".to_owned()))?;
    Ok(Room {
        taken: row.count(0)?,
        events: row.count(1)?,
        bytes: row.count(2)?,
        keys: row.count(3)?,
    })
}

fn accept(
    sql: &impl Sql,
    keys: &[Key],
    event: Option<NewEvent>,
    now: Timestamp,
) -> Result<Answer, SqlFailed> {
    forget(sql, now)?;
    for key in keys {
        let rows = sql.run(
            "SELECT id, done FROM known WHERE key = ?",
            &[key.hash.as_str().into()],
        )?;
        if let Some(row) = rows.first() {
            let (id, done) = (row.text(0)?, row.integer(1)? != 0);
            // It may have come with another signature or id: from now on it is known by that too.
            know(sql, keys, &id, done)?;
            let id = EventId::parse(&id).map_err(|bad| SqlFailed(format!("an id {bad}")))?;
            return Ok(Answer::Accepted {
                id,
                repeated: true,
                done,
            });
        }
    }
    let Room {
        taken,
        events,
        bytes,
        ..
    } = room(sql)?;
    let seq = taken + 1;
    let id = new_id(keys, seq, now);
    if let Some(event) = event {
        let stored = EdgeEvent::of(&event.into(), seq, id.clone(), now);
        let stored = serde_json::to_string(&stored).map_err(|bad| SqlFailed(bad.to_string()))?;
        let length = stored.len() as u64;
        if events >= MAX_EVENTS || bytes + length > MAX_BYTES {
            return Ok(Answer::Full { events, bytes });
        }
        sql.run(
            "INSERT INTO events (seq, bytes, event) VALUES (?, ?, ?)",
            &[seq.into(), length.into(), stored.into()],
        )?;
        sql.run(
            "UPDATE room SET events = events + 1, bytes = bytes + ?",
            &[length.into()],
        )?;
    }
    sql.run("UPDATE room SET taken = ?", &[seq.into()])?;
    know(sql, keys, id.as_str(), false)?;
    Ok(Answer::Accepted {
        id,
        repeated: false,
        done: false,
    })
}

/// Of this object's deliveries only this one has it: not even the same again, once it is forgotten.
fn new_id(keys: &[Key], seq: u64, now: Timestamp) -> EventId {
    let mut hash = Sha256::new();
    hash.update(format!("{seq}\n{}\n", now.as_nanosecond()));
    for key in keys {
        hash.update(&key.hash);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    EventId::of(id)
}

fn know(sql: &impl Sql, keys: &[Key], id: &str, done: bool) -> Result<(), SqlFailed> {
    let mut added = 0_u64;
    for key in keys {
        let rows = sql.run(
            "INSERT INTO known (key, id, until, done) VALUES (?, ?, ?, ?) \
             ON CONFLICT (key) DO NOTHING RETURNING 1",
            &[
                key.hash.as_str().into(),
                id.into(),
                key.until.into(),
                done.into(),
            ],
        )?;
        added += rows.len() as u64;
    }
    if added == 0 {
        return Ok(());
    }
    sql.run("UPDATE room SET keys = keys + ?", &[added.into()])?;
    let surplus = room(sql)?.keys.saturating_sub(MAX_KEYS);
    if surplus > 0 {
        let gone = sql.run(
            "DELETE FROM known WHERE key IN (SELECT key FROM known ORDER BY until LIMIT ?) \
             RETURNING 1",
            &[surplus.into()],
        )?;
        forgot(sql, gone.len())?;
    }
    Ok(())
}

fn page(sql: &impl Sql, after: u64) -> Result<Page, SqlFailed> {
    // First only their lengths: a page may not be read that is not sent.
    let lengths = sql.run(
        "SELECT seq, bytes FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        &[after.into(), PAGE.into()],
    )?;
    let (mut last, mut bytes, mut count) = (after, 0, 0);
    for row in &lengths {
        bytes += row.count(1)?;
        if count > 0 && bytes > PAGE_BYTES {
            break;
        }
        (last, count) = (row.count(0)?, count + 1);
    }
    let rows = sql.run(
        "SELECT event FROM events WHERE seq > ? AND seq <= ? ORDER BY seq",
        &[after.into(), last.into()],
    )?;
    let read = |text: String| serde_json::from_str(&text).map_err(|bad| SqlFailed(bad.to_string()));
    let events: Result<Vec<_>, _> = rows.iter().map(|row| row.text(0).and_then(read)).collect();
    let rest = sql.run("SELECT 1 FROM events WHERE seq > ? LIMIT 1", &[last.into()])?;
    Ok(Page {
        events: events?,
        more: !rest.is_empty(),
    })
}

fn ack(sql: &impl Sql, upto: u64) -> Result<Answer, SqlFailed> {
    let gone: Vec<Value> = vec![upto.into()];
    let rows = sql.run(
        "SELECT COUNT(*), SUM(bytes) FROM events WHERE seq <= ?",
        &gone,
    )?;
    if let Some(row) = rows.first()
        && row.count(0)? > 0
    {
        let (events, bytes) = (row.count(0)?, row.sum(1)?);
        sql.run("DELETE FROM events WHERE seq <= ?", &gone)?;
        sql.run(
            "UPDATE room SET events = events - ?, bytes = bytes - ?",
            &[events.into(), bytes.into()],
        )?;
    }
    let left = room(sql)?.events;
    Ok(Answer::Acked { left })
}
