//! The objects of the hub, each a database in memory. Questions and answers pass as JSON, as they do
//! between workers, and a call is one transaction.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use shared::hub::object::{self, Answer, Question};
use shared::hub::sql::{Row, Sql, SqlFailed, Value};
use shared::hub::{Hubs, Shard};
use shared::ports::{Clock, Level, Log};

use crate::clock::TestClock;

/// What happens to a call that is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It did not arrive.
    Before,
    /// It took effect; the answer did not arrive.
    After,
}

/// All objects. Clones are the same objects.
#[derive(Debug, Clone)]
pub struct Objects {
    clock: TestClock,
    databases: Arc<Mutex<BTreeMap<Shard, Connection>>>,
    faults: Arc<Mutex<Faults>>,
}

#[derive(Debug, Default)]
struct Faults {
    /// The calls to come until one is lost, and how.
    lose: Option<(u32, Loss)>,
    calls: u32,
}

impl Objects {
    /// Objects with nothing in them.
    pub fn new(clock: TestClock) -> Self {
        Self {
            clock,
            databases: Arc::default(),
            faults: Arc::default(),
        }
    }

    /// The `nth` call from now (1 is the next) is lost.
    pub fn lose(&self, nth: u32, loss: Loss) {
        lock(&self.faults).lose = Some((nth, loss));
    }

    /// How many calls there were.
    pub fn calls(&self) -> u32 {
        lock(&self.faults).calls
    }

    /// Asks an object directly.
    pub fn answer(&self, shard: Shard, question: &Question) -> Result<Answer, String> {
        let now = Clock::now(&self.clock);
        let question = through_json(question);
        let answer = self.with_database(shard, |sql| object::answer(sql, question, now))?;
        Ok(through_json(&answer))
    }

    /// Does what the objects' alarms do: carries all news to where they belong. Those that do not
    /// arrive stay for the next time.
    pub async fn ring(&self) -> Result<(), String> {
        for shard in Shard::all_of_claims() {
            let ports = Ringing(self);
            object::deliver_news(&At(self, shard), &ports).await?;
        }
        Ok(())
    }

    /// How many news have not arrived yet.
    pub fn news(&self) -> usize {
        let count = |shard| {
            let news = self.with_database(shard, |sql| shared::hub::claims::news(sql, u32::MAX));
            news.expect("the database answers").len()
        };
        Shard::all_of_claims().map(count).sum()
    }

    /// Runs a statement in an object's database: for tests that look behind the answers.
    pub fn run(&self, shard: Shard, statement: &str) -> Vec<Row> {
        let rows = self.with_database(shard, |sql| sql.run(statement, &[]));
        rows.expect("the statement is good")
    }

    fn with_database<T>(
        &self,
        shard: Shard,
        act: impl FnOnce(&Database<'_>) -> Result<T, SqlFailed>,
    ) -> Result<T, String> {
        let mut databases = lock(&self.databases);
        let connection = databases.entry(shard).or_insert_with(|| {
            let connection = Connection::open_in_memory().expect("memory is there");
            object::prepare(&Database(&connection)).expect("the tables are good");
            connection
        });
        let transaction = connection.transaction().map_err(|e| e.to_string())?;
        let done = act(&Database(&transaction)).map_err(|failed| failed.to_string())?;
        transaction.commit().map_err(|error| error.to_string())?;
        Ok(done)
    }
}

impl Hubs for Objects {
    async fn ask_hub(&self, shard: Shard, question: &Question) -> Result<Answer, String> {
        // Others come between any two calls.
        tokio::task::yield_now().await;
        let loss = {
            let mut faults = lock(&self.faults);
            faults.calls += 1;
            let due = faults.lose.map(|(nth, loss)| (nth - 1, loss));
            faults.lose = due.filter(|(left, _)| *left > 0);
            due.and_then(|(left, loss)| (left == 0).then_some(loss))
        };
        let no_answer = || Err("no answer".to_owned());
        match loss {
            None => self.answer(shard, question),
            Some(Loss::Before) => no_answer(),
            Some(Loss::After) => {
                self.answer(shard, question)?;
                no_answer()
            }
        }
    }
}

/// The database of one object, in a transaction of each statement's own.
struct At<'a>(&'a Objects, Shard);

impl Sql for At<'_> {
    fn run(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlFailed> {
        let Self(objects, shard) = self;
        let run = objects.with_database(*shard, |sql| sql.run(statement, values));
        run.map_err(SqlFailed)
    }
}

struct Ringing<'a>(&'a Objects);

impl Hubs for Ringing<'_> {
    async fn ask_hub(&self, shard: Shard, question: &Question) -> Result<Answer, String> {
        self.0.ask_hub(shard, question).await
    }
}

impl Clock for Ringing<'_> {
    fn now(&self) -> jiff::Timestamp {
        Clock::now(&self.0.clock)
    }
}

impl Log for Ringing<'_> {
    fn write(&self, _: Level, _: &str) {}
}

/// A native database.
pub(crate) struct Database<'a>(pub(crate) &'a Connection);

impl Sql for Database<'_> {
    fn run(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlFailed> {
        let failed = |error: rusqlite::Error| SqlFailed(format!("{statement}: {error}"));
        let mut prepared = self.0.prepare_cached(statement).map_err(failed)?;
        let columns = prepared.column_count();
        let values = values.iter().map(|value| match value {
            Value::Null => rusqlite::types::Value::Null,
            Value::Integer(number) => rusqlite::types::Value::Integer(*number),
            Value::Text(text) => rusqlite::types::Value::Text(text.clone()),
        });
        let rows = prepared.query_map(params_from_iter(values), |row| {
            (0..columns).map(|at| Ok(read(row.get_ref(at)?))).collect()
        });
        let rows: Result<Vec<_>, _> = rows.map_err(failed)?.collect();
        Ok(rows.map_err(failed)?.into_iter().map(Row).collect())
    }
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        other => panic!("no column of ours is {other:?}"),
    }
}

pub(crate) fn through_json<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let json = serde_json::to_string(value).expect("what travels is JSON");
    serde_json::from_str(&json).expect("what was written can be read")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
