//! What a million tokens cost, by model: the one table of prices.
//!
//! A model that is not in the table costs an unknown amount and is refused. A name stands for
//! itself and for its dated snapshots (`claude-haiku-4-5-20251001`), not for its successors.
//! <https://platform.claude.com/docs/en/about-claude/pricing>

use std::collections::BTreeMap;

use super::Usage;
use crate::money::Money;

/// The prices of the current models: input / output / cache write for 5 minutes / for an hour /
/// cache read, in dollars for a million tokens. A second line for a model, `NAME>TOKENS`, holds
/// for requests whose prompt is longer.
const DEFAULT: &str = "
    claude-fable-5-1  = 10/50/12.5/20/0.25
    claude-fable-5    = 10/50
    claude-mythos-5-1 = 10/50/12.5/20/0.25
    claude-mythos-5   = 10/50
    claude-opus-5-5   = 4/20/5/8/0.2
    claude-opus-5     = 5/25
    claude-opus-4-8   = 5/25
    claude-opus-4-7   = 5/25
    claude-opus-4-6   = 5/25
    claude-opus-4-5   = 5/25
    claude-sonnet-5-5 = 2/10/2.5/4/0.1
    claude-sonnet-5   = 2/10
    claude-sonnet-4-6 = 3/15
    claude-sonnet-4-5 = 3/15
    claude-haiku-5-5  = 0.1/0.5
    claude-haiku-5-5>100000 = 0.5/2.5
    claude-haiku-4-5  = 1/5
";

/// Millionths of a dollar for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Input that is read for the first time.
    pub input: u64,
    /// Output, thoughts included.
    pub output: u64,
    /// Input that is kept for five minutes.
    pub cache_write_5m: u64,
    /// Input that is kept for an hour.
    pub cache_write_1h: u64,
    /// Input that was kept.
    pub cache_read: u64,
}

impl Rates {
    /// What tokens cost; a started millionth of a dollar counts.
    pub fn cost(&self, usage: &Usage) -> Money {
        let parts = [
            (usage.input, self.input),
            (usage.output, self.output),
            (usage.cache_write_5m, self.cache_write_5m),
            (usage.cache_write_1h, self.cache_write_1h),
            (usage.cache_read, self.cache_read),
        ];
        let sum: u128 = parts
            .iter()
            .map(|(tokens, rate)| u128::from(*tokens) * u128::from(*rate))
            .sum();
        Money::micros(u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }

    /// The dearest that a token of input can be.
    pub fn dearest_input(&self) -> u64 {
        [
            self.input,
            self.cache_write_5m,
            self.cache_write_1h,
            self.cache_read,
        ]
        .into_iter()
        .max()
        .unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not INPUT/OUTPUT or INPUT/OUTPUT/WRITE/WRITE/READ");
        let price = |text: &str| Money::parse(text).map(Money::as_micros);
        let parts: Vec<u64> = text
            .split('/')
            .map(price)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        match *parts {
            // As the service's own multipliers are.
            [input, output] => Ok(Self {
                input,
                output,
                cache_write_5m: input * 5 / 4,
                cache_write_1h: input * 2,
                cache_read: input / 10,
            }),
            [input, output, brief, long, cache_read] => Ok(Self {
                input,
                output,
                cache_write_5m: brief,
                cache_write_1h: long,
                cache_read,
            }),
            _ => Err(wrong()),
        }
    }
}

/// The rates of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Price {
    rates: Rates,
    /// Above so many tokens of input, these instead, for every token of the request.
    long: Option<(u64, Rates)>,
}

/// What every model costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices(BTreeMap<String, Price>);

/// A table of prices that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPrices(String);

impl Default for Prices {
    fn default() -> Self {
        Self::parse("").expect("a test reads the built-in table")
    }
}

impl Prices {
    /// The built-in table, with the entries of `text` over it: `NAME=4/20, NAME=2/10/2.5/4/0.1`.
    pub fn parse(text: &str) -> Result<Self, BadPrices> {
        let mut prices = Self(BTreeMap::new());
        let entries = DEFAULT.lines().chain(text.split([',', ';', '\n']));
        for entry in entries.map(str::trim).filter(|entry| !entry.is_empty()) {
            prices.set(entry).map_err(BadPrices)?;
        }
        Ok(prices)
    }

    fn set(&mut self, entry: &str) -> Result<(), String> {
        let (name, rates) = entry
            .split_once('=')
            .ok_or_else(|| format!("{entry:?} is not NAME=PRICES"))?;
        let rates = Rates::parse(rates.trim())?;
        match name.trim().split_once('>') {
            None => {
                let price = Price { rates, long: None };
                self.0.insert(name.trim().to_owned(), price);
            }
            Some((name, above)) => {
                let above = above
                    .parse()
                    .map_err(|_| format!("{above:?} is no number"))?;
                let price = self
                    .0
                    .get_mut(name)
                    .ok_or_else(|| format!("{name:?} has no price for short prompts"))?;
                price.long = Some((above, rates));
            }
        }
        Ok(())
    }

    /// What tokens of a model cost; `None` for one that is not known.
    pub fn cost(&self, model: &str, usage: &Usage) -> Option<Money> {
        let price = self.of(model)?;
        let rates = match price.long {
            Some((above, long)) if usage.all_input() > above => long,
            _ => price.rates,
        };
        Some(rates.cost(usage))
    }

    /// The most that a call of at most so many tokens can cost; `None` for an unknown model.
    pub fn most(&self, model: &str, input: u64, output: u64) -> Option<Money> {
        let price = self.of(model)?;
        let most = |rates: &Rates| {
            let dear = u128::from(input) * u128::from(rates.dearest_input());
            let sum = dear + u128::from(output) * u128::from(rates.output);
            Money::micros(u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX))
        };
        let long = price.long.filter(|(above, _)| input > *above);
        let long = long.map_or(Money::ZERO, |(_, rates)| most(&rates));
        Some(most(&price.rates).max(long))
    }

    /// What tokens of a model cost, the dearest one's price for an unknown one. To show progress
    /// with, never to decide by.
    pub fn estimate(&self, model: &str, usage: &Usage) -> Money {
        let dearest = || self.0.values().map(|price| price.rates.cost(usage)).max();
        self.cost(model, usage).or_else(dearest).unwrap_or_default()
    }

    fn of(&self, model: &str) -> Option<&Price> {
        let undated = model
            .rsplit_once('-')
            .filter(|(_, date)| date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()));
        self.0
            .get(model)
            .or_else(|| self.0.get(undated.map(|(name, _)| name)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(tokens: u64) -> Usage {
        Usage {
            input: tokens,
            ..Usage::default()
        }
    }

    #[test]
    fn a_name_stands_for_itself_and_its_snapshots_only() {
        let prices = Prices::default();
        for known in ["claude-haiku-4-5", "claude-haiku-4-5-20251001"] {
            assert_eq!(
                prices.cost(known, &input(1_000_000)),
                Some(Money::dollars(1))
            );
        }
        for unknown in [
            "claude-haiku-4",
            "claude-haiku-4-5-2",
            "claude-haiku-9",
            "gpt",
            "",
        ] {
            assert_eq!(prices.cost(unknown, &input(1)), None, "{unknown}");
        }
    }

    #[test]
    fn every_kind_of_token_has_its_price() {
        let usage = Usage {
            input: 1_000_000,
            output: 1_000_000,
            cache_write_5m: 1_000_000,
            cache_write_1h: 1_000_000,
            cache_read: 1_000_000,
        };
        let cost = Prices::default().cost("claude-opus-5-5", &usage);
        assert_eq!(cost, Some(Money::from_usd(4.0 + 20.0 + 5.0 + 8.0 + 0.2)));
        let cost = Prices::default().cost("claude-opus-5", &usage);
        assert_eq!(cost, Some(Money::from_usd(5.0 + 25.0 + 6.25 + 10.0 + 0.5)));
    }

    #[test]
    fn a_long_prompt_has_the_price_of_long_prompts() {
        let prices = Prices::default();
        let model = "claude-haiku-5-5";
        assert_eq!(
            prices.cost(model, &input(100_000)),
            Some(Money::from_usd(0.01))
        );
        assert_eq!(
            prices.cost(model, &input(100_001)),
            Some(Money::micros(50_001))
        );
    }

    #[test]
    fn the_operators_prices_win() {
        let prices = Prices::parse("claude-opus-5-5=1/2; mine = 3/4").unwrap();
        let of = |model| prices.cost(model, &input(1_000_000));
        assert_eq!(of("claude-opus-5-5"), Some(Money::dollars(1)));
        assert_eq!(of("mine"), Some(Money::dollars(3)));
        assert_eq!(of("claude-sonnet-5"), Some(Money::dollars(2)));
        for nonsense in ["opus", "opus=1", "opus=1/x", "opus=1/2/3", "new>5=1/2"] {
            assert!(Prices::parse(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_started_millionth_counts() {
        let cost = Prices::default().cost("claude-haiku-5-5", &input(1));
        assert_eq!(cost, Some(Money::micros(1)));
    }

    proptest::proptest! {
        /// Whatever the tokens turn out to be, they cost no more than what was reserved.
        #[test]
        fn no_usage_within_its_bounds_costs_more_than_the_most(
            shares in proptest::array::uniform5(0..200_000_u64),
            name in proptest::sample::select(vec!["claude-opus-5-5", "claude-haiku-5-5", "claude-fable-5-1"]),
        ) {
            let [input, output, cache_write_5m, cache_write_1h, cache_read] = shares;
            let usage = Usage { input, output, cache_write_5m, cache_write_1h, cache_read };
            let prices = Prices::default();
            let most = prices.most(name, usage.all_input(), output);
            proptest::prop_assert!(prices.cost(name, &usage) <= most);
        }
    }
}
