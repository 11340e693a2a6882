//! Money as whole millionths of a US dollar: sums of it are exact, so that a cap can be.

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Millionths of a dollar in a dollar.
const MICROS: u64 = 1_000_000;
/// The most that any setting or price may name: far beyond what anybody means, and far below
/// where sums overflow.
const MAX_USD: f64 = 1_000_000.0;

/// An amount of money, never below zero.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths of a dollar.
    pub const fn micros(micros: u64) -> Self {
        Self(micros)
    }

    /// So many whole dollars.
    pub const fn dollars(dollars: u64) -> Self {
        Self(dollars.saturating_mul(MICROS))
    }

    /// Dollars, to the nearest millionth. What is not a number, or below zero, is nothing.
    pub fn from_usd(usd: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and 10^12 by then"
        )]
        let micros = (usd.clamp(0.0, MAX_USD) * 1e6).round() as u64;
        Self(micros)
    }

    /// Reads dollars as an operator writes them: `12.50`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim().parse::<f64>() {
            Ok(usd) if (0.0..=MAX_USD).contains(&usd) => Ok(Self::from_usd(usd)),
            _ => Err(format!("{text:?} is no amount of dollars")),
        }
    }

    /// In millionths of a dollar.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// In dollars, for people and for programs that calculate with them.
    pub fn usd(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "sums here fit 53 bits")]
        let micros = self.0 as f64;
        micros / 1e6
    }

    /// What is left of this when `other` is taken away; nothing if that is more.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// `$1.23`; fractions of a cent only where there is less than one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 && self.0 < MICROS / 100 {
            write!(f, "${:.4}", self.usd())
        } else {
            write!(f, "${:.2}", self.usd())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_come_and_go_without_loss() {
        assert_eq!(
            Money::from_usd(0.1) + Money::from_usd(0.2),
            Money::from_usd(0.3)
        );
        assert_eq!(Money::parse(" 12.50 ").unwrap().as_micros(), 12_500_000);
        assert_eq!(Money::from_usd(f64::NAN), Money::ZERO);
        assert_eq!(Money::from_usd(-1.0), Money::ZERO);
        for nonsense in ["", "-1", "1e9", "two", "NaN"] {
            assert!(Money::parse(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn people_read_dollars_and_cents() {
        assert_eq!(Money::from_usd(1.239).to_string(), "$1.24");
        assert_eq!(Money::micros(1_200).to_string(), "$0.0012");
        assert_eq!(Money::ZERO.to_string(), "$0.00");
    }
}
