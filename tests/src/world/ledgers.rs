//! Ledgers as their storage: between two calls there is nothing of them but JSON.

use shared::ledger::{self, Ledger, LedgerName, Ledgers, Question};

use super::World;
use super::objects::{from_json, json, through_json};

impl World {
    pub(super) fn step_ledger(
        &self,
        ledger: &LedgerName,
        request: &ledger::Request,
    ) -> ledger::Response {
        let question: Question = through_json(&Question {
            ledger: ledger.clone(),
            request: request.clone(),
        });
        let rules = self.settings.ledger.rules(&question.ledger);
        let mut ledgers = self.ledgers.borrow_mut();
        let stored = ledgers.get(ledger);
        let mut books: Ledger = stored.map_or_else(Ledger::default, |json| from_json(json));
        let now = shared::ports::Clock::now(&self.clock);
        let response = books.step(question.request, &rules, now);
        ledgers.insert(ledger.clone(), json(&books));
        through_json(&response)
    }
}

impl World {
    /// The operator shuts the model calls off, or lets them through again.
    pub fn switch_model(&self, on: bool, reason: &str) {
        let request = ledger::Request::Switch {
            on,
            by: "operator".to_owned(),
            reason: reason.to_owned(),
        };
        self.step_ledger(&LedgerName::global(), &request);
    }
}

impl Ledgers for World {
    async fn ask_ledger(
        &self,
        ledger: &LedgerName,
        request: &ledger::Request,
    ) -> Result<ledger::Response, String> {
        let name = || format!("ledger {}", super::ports::kind_of(request));
        let effect = async { Ok(self.step_ledger(ledger, request)) };
        self.meter
            .call(name, || "no answer".to_owned(), effect)
            .await
    }
}
