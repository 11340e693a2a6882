//! One object of the hub: `shared::hub`, in SQLite.

use std::time::Duration;

use jiff::Timestamp;
use platform::object::Objects;
use platform::rows::StoreFailed;
use platform::{Console, SystemClock, object};
use shared::hub::object::{self as hub, Answer, Question};
use shared::hub::setup::HUB_BINDING;
use shared::hub::{Hubs, Shard};
use shared::log::{Event, Said};
use shared::ports::{Clock, Level, Log};
use shared::trace::Trace;
use worker::{DurableObject, Env, Error, Request as Call, Response, Result, State, durable_object};

use crate::tables::Tables;

/// How long another object of the hub may take.
const OBJECT_LIMIT: Duration = Duration::from_secs(10);
/// When news that did not arrive are carried again.
const CARRY_AGAIN: Duration = Duration::from_secs(30);

/// Clients or claims, by the object's name.
#[durable_object]
#[derive(Debug)]
pub struct HubObject {
    tables: Tables,
    env: Env,
}

impl DurableObject for HubObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            tables: Tables::of(state),
            env,
        }
    }

    async fn fetch(&self, request: Call) -> Result<Response> {
        let question = match object::question::<Question>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        object::answer(self.answer(question).await)
    }

    /// News that did not arrive stay, and are carried again.
    async fn alarm(&self) -> Result<Response> {
        let failed = |failed: StoreFailed| Error::RustError(failed.to_string());
        let rows = self.tables.open(hub::prepare).map_err(failed)?;
        let again = match hub::deliver_news(&rows, &Ports(&self.env)).await {
            Ok(()) => SystemClock.now(),
            Err(lost) => {
                let error = Said(&lost);
                Console.note(&Trace::none(), Event::HubNewsLate { error });
                SystemClock.now() + CARRY_AGAIN
            }
        };
        if hub::has_news(&rows).map_err(|e| failed(e.into()))? {
            rows.set_alarm(Some(again)).await.map_err(failed)?;
        }
        Response::ok("")
    }
}

impl HubObject {
    /// In one transaction, and without an await before the alarm is set: what is news becomes
    /// durable together with the alarm that carries it.
    async fn answer(&self, question: Question) -> std::result::Result<Answer, StoreFailed> {
        let rows = self.tables.open(hub::prepare)?;
        let now = SystemClock.now();
        let answer = rows.transaction(|rows| {
            let answer = hub::answer(rows, question, now);
            answer.map_err(StoreFailed::from)
        })?;
        if hub::has_news(&rows)? {
            rows.set_alarm(Some(now)).await?;
        }
        Ok(answer)
    }
}

/// The other objects of the hub.
struct Ports<'a>(&'a Env);

impl Hubs for Ports<'_> {
    async fn ask_hub(
        &self,
        shard: Shard,
        question: &Question,
    ) -> std::result::Result<Answer, String> {
        let objects = Objects::bound(self.0, HUB_BINDING).map_err(|error| error.to_string())?;
        let answer = objects.call(&shard.name(), question, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Clock for Ports<'_> {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl Log for Ports<'_> {
    fn write(&self, level: Level, line: &str) {
        Console.write(level, line);
    }
}
