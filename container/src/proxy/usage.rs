//! What goes through the proxy of one run, in money: to show progress, and as a second line
//! behind the caps that the gateway keeps. The tokens are read and priced by [`shared::model`]; an
//! unknown model costs as much here as the dearest known one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use shared::executor::RunFailure;
use shared::model::{self, Prices};
use shared::money::Money;

/// Counts what one run uses.
#[derive(Debug)]
pub struct Meter {
    budget: Money,
    prices: Prices,
    count: Mutex<Count>,
}

#[derive(Debug, Default)]
struct Count {
    cost: Money,
    refusal: Option<RunFailure>,
    last_failure: Option<u16>,
}

impl Meter {
    /// A meter that runs until this much is spent, at these prices.
    pub fn new(budget_usd: f64, prices: Prices) -> Self {
        Self {
            budget: Money::from_usd(budget_usd),
            prices,
            count: Mutex::default(),
        }
    }

    /// The estimated cost so far.
    pub fn cost_usd(&self) -> f64 {
        self.count().cost.usd()
    }

    /// Whether the budget is used up.
    pub fn is_exhausted(&self) -> bool {
        self.count().cost >= self.budget
    }

    /// What the run has failed by, if a call was refused because of a limit.
    pub fn refusal(&self) -> Option<RunFailure> {
        self.count().refusal.clone()
    }

    /// The status of the last answer of the service, if that was a failure.
    pub fn last_failure(&self) -> Option<u16> {
        self.count().last_failure
    }

    pub(super) fn note_exhausted(&self) {
        self.count().refusal = Some(RunFailure::BudgetExhausted);
    }

    /// Whoever passes our calls on refused one, and says why in a word: see
    /// [`model::REFUSAL_HEADER`].
    pub(super) fn note_refusal(&self, word: &str) {
        let failure = match word.split_once(' ').unwrap_or((word, "")) {
            ("job-spent" | "held", _) => RunFailure::BudgetExhausted,
            ("day-spent", until) => match until.parse::<Timestamp>() {
                Ok(until) => RunFailure::DayBudgetExhausted { until },
                Err(_) => RunFailure::BudgetExhausted,
            },
            ("shut", _) => RunFailure::ModelShut,
            _ => return,
        };
        self.count().refusal = Some(failure);
    }

    pub(super) fn note_status(&self, status: u16) {
        self.count().last_failure = (status >= 400).then_some(status);
    }

    /// Reads one answer.
    pub(super) fn reader(self: &Arc<Self>) -> Reader {
        Reader {
            meter: self.clone(),
            answer: model::Reader::default(),
            counted: Money::ZERO,
        }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads an answer as it passes.
#[derive(Debug)]
pub(super) struct Reader {
    meter: Arc<Meter>,
    answer: model::Reader,
    /// What of its cost is counted already.
    counted: Money,
}

impl Reader {
    pub(super) fn read(&mut self, chunk: &[u8]) {
        self.answer.read(chunk);
        self.count();
    }

    fn count(&mut self) {
        let Some(usage) = self.answer.usage() else {
            return;
        };
        let cost = self.meter.prices.estimate(self.answer.model(), &usage);
        self.meter.count().cost += cost.less(self.counted);
        self.counted = self.counted.max(cost);
    }
}

impl Drop for Reader {
    /// A message that came whole ends without a line end.
    fn drop(&mut self) {
        self.answer.end();
        self.count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(meter: &Arc<Meter>, chunks: &[&str]) {
        let mut reader = meter.reader();
        for chunk in chunks {
            reader.read(chunk.as_bytes());
        }
    }

    #[test]
    fn the_cost_grows_with_the_answer_and_counts_once() {
        let meter = Arc::new(Meter::new(1.0, Prices::default()));
        read(
            &meter,
            &[
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-son",
                "net-4-6\",\"usage\":{\"input_tokens\":100000,\"output_tokens\":1}}}\n\n",
                "data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":100000,\"output_tokens\":10000}}\n\n",
                "data: {\"type\":\"message_stop\"}\n\n",
            ],
        );
        assert!(
            (meter.cost_usd() - 0.45).abs() < 1e-9,
            "{}",
            meter.cost_usd()
        );
        assert!(!meter.is_exhausted());
    }

    #[test]
    fn a_whole_message_of_an_unknown_model_costs_the_most() {
        let meter = Arc::new(Meter::new(1.0, Prices::default()));
        read(
            &meter,
            &["{\"model\":\"new\",\"usage\":{\"input_tokens\":100000}}"],
        );
        assert!(
            (meter.cost_usd() - 1.0).abs() < 1e-9,
            "{}",
            meter.cost_usd()
        );
        assert!(meter.is_exhausted());
    }

    #[test]
    fn a_model_that_the_operator_has_priced_costs_that() {
        let meter = Arc::new(Meter::new(1.0, Prices::parse("new=1/5").unwrap()));
        read(
            &meter,
            &["{\"model\":\"new\",\"usage\":{\"input_tokens\":100000}}"],
        );
        assert!(
            (meter.cost_usd() - 0.1).abs() < 1e-9,
            "{}",
            meter.cost_usd()
        );
        assert!(!meter.is_exhausted());
    }

    #[test]
    fn a_refusal_says_what_the_run_ends_by() {
        let noted = |word| {
            let meter = Meter::new(1.0, Prices::default());
            meter.note_refusal(word);
            meter.refusal()
        };
        let until = "2026-08-02T00:00:00Z".parse().unwrap();
        assert_eq!(noted("job-spent"), Some(RunFailure::BudgetExhausted));
        assert_eq!(noted("held"), Some(RunFailure::BudgetExhausted));
        assert_eq!(
            noted("day-spent 2026-08-02T00:00:00Z"),
            Some(RunFailure::DayBudgetExhausted { until })
        );
        assert_eq!(noted("shut"), Some(RunFailure::ModelShut));
        assert_eq!(noted("unknown-model"), None);
    }
}
