//! One inbox at the edge: `shared::hooks::edge::inbox`, in SQLite.

use platform::rows::StoreFailed;
use platform::{SystemClock, object};
use shared::hooks::edge::inbox::{self, Answer, Question};
use shared::ports::Clock as _;
use worker::{DurableObject, Env, Error, Request as Call, Response, Result, State, durable_object};

use crate::tables::Tables;

/// The events of a recipient or the deliveries to a route, by the object's name.
#[durable_object]
#[derive(Debug)]
pub struct InboxObject {
    tables: Tables,
}

impl DurableObject for InboxObject {
    fn new(state: State, _env: Env) -> Self {
        Self {
            tables: Tables::of(state),
        }
    }

    async fn fetch(&self, request: Call) -> Result<Response> {
        let question = match object::question::<Question>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        object::answer(self.answer(question).await)
    }

    /// Forgets deliveries, so that an object to which nothing comes any more keeps nothing.
    async fn alarm(&self) -> Result<Response> {
        let failed = |failed: StoreFailed| Error::RustError(failed.to_string());
        let rows = self.tables.open(inbox::prepare).map_err(failed)?;
        let now = SystemClock.now();
        let next = rows.transaction(|rows| inbox::forget(rows, now).map_err(StoreFailed::from));
        if let Some(next) = next.map_err(failed)? {
            rows.set_alarm(Some(next)).await.map_err(failed)?;
        }
        Response::ok("")
    }
}

impl InboxObject {
    async fn answer(&self, question: Question) -> std::result::Result<Answer, StoreFailed> {
        let rows = self.tables.open(inbox::prepare)?;
        let now = SystemClock.now();
        let answer = rows.transaction(|rows| {
            let answer = inbox::answer(rows, question, now);
            answer.map_err(StoreFailed::from)
        })?;
        let is_new = matches!(
            answer,
            Answer::Accepted {
                repeated: false,
                ..
            }
        );
        // An alarm that is set already rings no later than what is new has to be forgotten, or
        // sets the next one then.
        if is_new && rows.alarm().await?.is_none() {
            rows.set_alarm(inbox::next(&rows)?).await?;
        }
        Ok(answer)
    }
}
