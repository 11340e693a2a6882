//! What one call has come to.

use super::{Prices, Reader, Usage, Wish};
use crate::money::Money;

/// Watches the answer to one call.
#[derive(Debug)]
pub struct Meter {
    reader: Reader,
    wish: Wish,
    reserved: Money,
    /// Whether the service took the call at all.
    is_billed: bool,
}

impl Meter {
    pub(super) fn new(wish: Wish, reserved: Money) -> Self {
        Self {
            reader: Reader::default(),
            wish,
            reserved,
            is_billed: true,
        }
    }

    /// The service has answered with this status. Errors cost nothing.
    /// <https://platform.claude.com/docs/en/api/errors>
    pub fn status(&mut self, status: u16) {
        self.is_billed = status < 400;
    }

    /// Reads on.
    pub fn read(&mut self, bytes: &[u8]) {
        if self.is_billed {
            self.reader.read(bytes);
        }
    }

    /// What it has cost: what the answer says if it was seen to its end; else the most that it
    /// can have been, for what the model thought of after we stopped listening is billed too.
    pub fn cost(mut self, prices: &Prices) -> Money {
        self.reader.end();
        if !self.is_billed {
            return Money::ZERO;
        }
        let Some(seen) = self.reader.usage() else {
            return self.reserved;
        };
        let of = |usage: &Usage| {
            let as_answered = prices.cost(self.reader.model(), usage);
            // An answer by a model of another name is the asked one's by an alias.
            as_answered.or_else(|| prices.cost(&self.wish.model, usage))
        };
        if self.reader.is_complete() {
            return of(&seen).unwrap_or(self.reserved);
        }
        let at_most = Usage {
            output: seen.output.max(self.wish.max_output),
            ..seen
        };
        of(&at_most).unwrap_or(self.reserved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = br#"data: {"message":{"model":"claude-sonnet-5-5-20261001","usage":{"input_tokens":1000,"output_tokens":1}}}
"#;
    const END: &[u8] = br#"data: {"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":100}}
"#;

    fn cost(status: u16, pieces: &[&[u8]]) -> Money {
        let wish = Wish {
            model: "claude-sonnet-5-5".to_owned(),
            max_output: 500,
            max_input: 9_000,
        };
        let mut meter = Meter::new(wish, Money::dollars(1));
        meter.status(status);
        for piece in pieces {
            meter.read(piece);
        }
        meter.cost(&Prices::default())
    }

    #[test]
    fn an_answer_costs_what_it_says() {
        assert_eq!(cost(200, &[START, END]), Money::micros(1000 * 2 + 100 * 10));
    }

    #[test]
    fn an_answer_that_breaks_off_costs_its_longest_end() {
        assert_eq!(cost(200, &[START]), Money::micros(1000 * 2 + 500 * 10));
    }

    #[test]
    fn an_answer_that_says_nothing_costs_all_that_was_held() {
        assert_eq!(cost(200, &[]), Money::dollars(1));
        assert_eq!(cost(200, &[b"<html>"]), Money::dollars(1));
    }

    #[test]
    fn an_error_costs_nothing() {
        assert_eq!(cost(529, &[START, END]), Money::ZERO);
    }
}
