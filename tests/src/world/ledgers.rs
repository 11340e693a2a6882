//! Ledgers as their storage: between two calls there is nothing of them but JSON.

use shared::ledger::{self, Ledger, LedgerName, Ledgers, PLACE_LEASE, Question, View};

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

impl World {
    /// What a ledger says of itself.
    pub fn ledger(&self, name: &LedgerName) -> View {
        match self.step_ledger(name, &ledger::Request::Look) {
            ledger::Response::Seen(view) => *view,
            other => panic!("the answer of another request: {other:?}"),
        }
    }

    /// No fix has a place any more, once every lease has ended.
    pub fn check_places(&self, wrong: &mut Vec<String>) {
        self.clock.advance(PLACE_LEASE);
        let names: Vec<_> = self.ledgers.borrow().keys().cloned().collect();
        for name in names {
            let view = self.ledger(&name);
            if !view.running.is_empty() {
                wrong.push(format!("{}: places of {:?}", name.as_str(), view.running));
            }
        }
    }

    /// Nobody has spent more today than may be.
    pub fn check_money(&self, wrong: &mut Vec<String>) {
        let names: Vec<_> = self.ledgers.borrow().keys().cloned().collect();
        for name in names {
            let view = self.ledger(&name);
            let rules = self.settings.ledger.rules(&name);
            let ledger = name.as_str();
            if rules.all_day.is_some_and(|cap| view.spent_today > cap) {
                wrong.push(format!("{ledger}: {:?} spent in a day", view.spent_today));
            }
            for (user, spent) in &view.users {
                if rules.user_day.is_some_and(|cap| *spent > cap) {
                    wrong.push(format!("{ledger}: {user} has spent {spent:?} in a day"));
                }
            }
            for (job, spent, cap) in &view.jobs {
                if spent > cap {
                    wrong.push(format!("{ledger}: {job} has spent {spent:?} of {cap:?}"));
                }
            }
        }
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
