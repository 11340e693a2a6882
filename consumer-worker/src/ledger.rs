//! The books of one server, or of all of bugbot: `shared::ledger::Ledger`, kept in SQLite.

use platform::{Rows, object};
use shared::ledger::{self, Ledger, LedgerSettings, Question};
use shared::ports::Clock as _;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The one row that a ledger has.
const ROW: &str = "ledger";

/// One ledger.
#[durable_object]
#[derive(Debug)]
pub struct LedgerObject {
    state: State,
    env: Env,
}

impl DurableObject for LedgerObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let question = match object::question::<Question>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        object::answer(self.step(question))
    }
}

impl LedgerObject {
    /// Loads, steps and saves, without an await between: nothing else runs meanwhile.
    fn step(&self, question: Question) -> std::result::Result<ledger::Response, String> {
        let settings = LedgerSettings::from_env(|name| platform::env::text(&self.env, name))
            .map_err(|problems| problems.join("; "))?;
        let rules = settings.rules(&question.ledger);
        let rows = Rows::open(&self.state).map_err(|failed| failed.to_string())?;
        let mut ledger: Ledger = rows
            .get(ROW)
            .map_err(|failed| failed.to_string())?
            .unwrap_or_default();
        let response = ledger.step(question.request, &rules, platform::SystemClock.now());
        rows.put(ROW, &ledger)
            .map_err(|failed| failed.to_string())?;
        Ok(response)
    }
}
