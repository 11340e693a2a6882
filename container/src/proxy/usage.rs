//! What goes through the proxy, in tokens and money.
//!
//! The money is an estimate from list prices, to show progress and as a second line behind the
//! agent's own accounting. An unknown model costs as much as the dearest known one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde_json::Value;

/// US dollars for a million tokens: input and output. A cache write costs 1.25 times the input
/// price, a cache read a tenth of it. <https://www.anthropic.com/pricing#api>
const PRICES: [(&str, f64, f64); 3] = [
    ("haiku", 1.0, 5.0),
    ("sonnet", 3.0, 15.0),
    ("opus", 5.0, 25.0),
];
const DEAREST: (f64, f64) = (5.0, 25.0);

/// The longest event that is looked at; the ones that count are short.
const MAX_EVENT_BYTES: usize = 256 * 1024;

/// Counts what one run uses.
#[derive(Debug)]
pub struct Meter {
    budget_usd: f64,
    count: Mutex<Count>,
}

#[derive(Debug, Default)]
struct Count {
    cost_usd: f64,
    refused: bool,
    last_failure: Option<u16>,
}

impl Meter {
    /// A meter that runs until this much is spent.
    pub fn new(budget_usd: f64) -> Self {
        Self {
            budget_usd,
            count: Mutex::default(),
        }
    }

    /// The estimated cost so far.
    pub fn cost_usd(&self) -> f64 {
        self.count().cost_usd
    }

    /// Whether the budget is used up.
    pub fn is_exhausted(&self) -> bool {
        self.count().cost_usd >= self.budget_usd
    }

    /// Whether a request was refused because the budget was used up.
    pub fn has_refused(&self) -> bool {
        self.count().refused
    }

    /// The status of the last answer of the service, if that was a failure.
    pub fn last_failure(&self) -> Option<u16> {
        self.count().last_failure
    }

    pub(super) fn note_refusal(&self) {
        self.count().refused = true;
    }

    pub(super) fn note_status(&self, status: u16) {
        self.count().last_failure = (status >= 400).then_some(status);
    }

    /// Reads one answer.
    pub(super) fn reader(self: &Arc<Self>) -> Reader {
        Reader {
            meter: self.clone(),
            model: String::new(),
            pending: Vec::new(),
            totals: Totals::default(),
        }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads an answer as it passes, whether it is a stream of events or one message.
#[derive(Debug)]
pub(super) struct Reader {
    meter: Arc<Meter>,
    model: String,
    /// The line that is not complete yet.
    pending: Vec<u8>,
    totals: Totals,
}

/// The tokens of one answer. Its events repeat some of them, always as totals: the largest
/// number counts.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    input: f64,
    cache_write: f64,
    cache_read: f64,
    output: f64,
}

impl Totals {
    fn with(self, usage: &Value) -> Self {
        let tokens = |name: &str| usage[name].as_f64().unwrap_or_default();
        Self {
            input: self.input.max(tokens("input_tokens")),
            cache_write: self.cache_write.max(tokens("cache_creation_input_tokens")),
            cache_read: self.cache_read.max(tokens("cache_read_input_tokens")),
            output: self.output.max(tokens("output_tokens")),
        }
    }

    fn cost_usd(self, model: &str) -> f64 {
        let (input, output) = prices(model);
        let input_tokens = self.input + self.cache_write * 1.25 + self.cache_read * 0.1;
        (input_tokens * input + self.output * output) / 1_000_000.0
    }
}

impl Reader {
    pub(super) fn read(&mut self, chunk: &Bytes) {
        for byte in chunk {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.pending);
                self.line(&line);
            } else if self.pending.len() < MAX_EVENT_BYTES {
                self.pending.push(*byte);
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        let data = line.strip_prefix(b"data:").unwrap_or(line);
        let Ok(event) = serde_json::from_slice::<Value>(data) else {
            return;
        };
        let message = if event["message"].is_object() {
            &event["message"]
        } else {
            &event
        };
        if let Some(model) = message["model"].as_str() {
            model.clone_into(&mut self.model);
        }
        if message["usage"].is_object() {
            let before = self.totals.cost_usd(&self.model);
            self.totals = self.totals.with(&message["usage"]);
            self.meter.count().cost_usd += self.totals.cost_usd(&self.model) - before;
        }
    }
}

impl Drop for Reader {
    /// A message that came whole ends without a line end.
    fn drop(&mut self) {
        let rest = std::mem::take(&mut self.pending);
        self.line(&rest);
    }
}

fn prices(model: &str) -> (f64, f64) {
    let known = PRICES.iter().find(|(name, ..)| model.contains(name));
    known.map_or(DEAREST, |(_, input, output)| (*input, *output))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(meter: &Arc<Meter>, chunks: &[&str]) {
        let mut reader = meter.reader();
        for chunk in chunks {
            reader.read(&Bytes::copy_from_slice(chunk.as_bytes()));
        }
    }

    #[test]
    fn a_stream_costs_its_totals_however_it_is_cut() {
        let meter = Arc::new(Meter::new(1.0));
        read(
            &meter,
            &[
                "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-son",
                "net-4\",\"usage\":{\"input_tokens\":100000,\"output_tokens\":1}}}\n\n",
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
        let meter = Arc::new(Meter::new(0.5));
        read(
            &meter,
            &["{\"model\":\"new\",\"usage\":{\"input_tokens\":100000}}"],
        );
        assert!((meter.cost_usd() - 0.5).abs() < 1e-9);
        assert!(meter.is_exhausted());
    }

    #[test]
    fn anything_else_costs_nothing() {
        let meter = Arc::new(Meter::new(0.5));
        read(
            &meter,
            &["<html>\n", "data: [DONE]\n", "data: {\"usage\":3}\n"],
        );
        assert!(meter.cost_usd().abs() < 1e-12);
    }
}
