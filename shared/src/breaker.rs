//! The circuit breaker of an upstream: a service that does not answer is left alone for a while,
//! and then asked once.
//!
//! ```text
//! Closed ──failures──▶ Resting ──time──▶ Probing ──answer──▶ Closed
//!                         ▲                 │
//!                         └────failure──────┘   each rest is twice as long, up to a limit
//! ```
//!
//! Invariant: while it rests nobody asks, and while it probes one does. What counts as a failure
//! is the caller's matter: that a service says no, or asks to wait, is an answer.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// So many failures in a row, by whomever, and it rests. A job tries four times: the breaker rests
/// before a single job has used up its tries.
pub const MAX_FAILURES: u32 = 3;
/// The first rest.
pub const FIRST_REST: Duration = Duration::from_secs(10);
/// No rest is longer, so that a service that is back is noticed soon.
pub const MAX_REST: Duration = Duration::from_mins(4);
/// A probe that has said nothing after this long died with its caller: the next one may ask. No
/// call takes longer than 30 s.
pub const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// A breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum Breaker {
    /// Calls go through.
    Closed {
        /// How many in a row failed so far.
        failures: u32,
    },
    /// Nobody asks.
    Resting {
        /// Until then.
        until: Timestamp,
        /// The how many-th rest in a row it is, from 1.
        nth: u32,
    },
    /// One caller asks.
    Probing {
        /// Until then nobody else.
        until: Timestamp,
        /// How many rests came before.
        nth: u32,
    },
}

/// What a breaker hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The service answered.
    Answered,
    /// It did not, or only that it is broken.
    Failed,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Whether a call may be made now; if not, when to ask again. Whoever is let through a breaker
    /// that has rested is its probe.
    pub fn ask(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        match *self {
            Self::Closed { .. } => Ok(()),
            Self::Resting { until, .. } | Self::Probing { until, .. } if now < until => Err(until),
            Self::Resting { nth, .. } | Self::Probing { nth, .. } => {
                let until = now + PROBE_LIMIT;
                *self = Self::Probing { until, nth };
                Ok(())
            }
        }
    }

    /// What comes of an event.
    #[must_use]
    pub fn step(self, event: Event, now: Timestamp) -> Self {
        match (self, event) {
            // Also while it rests: a call that began before shows that the service is back.
            (_, Event::Answered) => Self::default(),
            (Self::Closed { failures }, Event::Failed) if failures + 1 < MAX_FAILURES => {
                Self::Closed {
                    failures: failures + 1,
                }
            }
            (Self::Closed { .. }, Event::Failed) => Self::rest(1, now),
            (Self::Probing { nth, .. }, Event::Failed) => Self::rest(nth.saturating_add(1), now),
            // Of calls that began before: nothing new.
            (Self::Resting { .. }, Event::Failed) => self,
        }
    }

    fn rest(nth: u32, now: Timestamp) -> Self {
        let until = now + rest_of(nth);
        Self::Resting { until, nth }
    }

    /// Whether nothing is known against the service.
    pub fn is_untroubled(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the service is taken to be up.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}

/// How long the `nth` rest in a row is.
pub fn rest_of(nth: u32) -> Duration {
    let doublings = nth.saturating_sub(1).min(16);
    FIRST_REST.saturating_mul(1 << doublings).min(MAX_REST)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + secs).unwrap()
    }

    fn shown(breaker: Breaker) -> String {
        let after = |until: Timestamp| until.as_second() - 1_700_000_000;
        match breaker {
            Breaker::Closed { failures } => format!("closed, {failures} failed"),
            Breaker::Resting { until, nth } => format!("rest {nth} until {}", after(until)),
            Breaker::Probing { until, nth } => format!("probe {nth} until {}", after(until)),
        }
    }

    /// Every state and everything that can happen to it, at second 0.
    #[test]
    fn every_pair_of_state_and_event_has_its_place() {
        let states = [
            Breaker::Closed { failures: 0 },
            Breaker::Closed { failures: 2 },
            Breaker::Resting {
                until: at(5),
                nth: 1,
            },
            Breaker::Resting {
                until: at(0),
                nth: 2,
            },
            Breaker::Probing {
                until: at(5),
                nth: 2,
            },
            Breaker::Probing {
                until: at(0),
                nth: 9,
            },
        ];
        let mut table = String::new();
        for state in states {
            let mut asked = state;
            let may = match asked.ask(at(0)) {
                Ok(()) => "goes".to_owned(),
                Err(until) => format!("waits {} s", until.as_second() - 1_700_000_000),
            };
            writeln!(table, "{}", shown(state)).unwrap();
            writeln!(table, "  asked    {may}, {}", shown(asked)).unwrap();
            for (name, event) in [("answered", Event::Answered), ("failed  ", Event::Failed)] {
                writeln!(table, "  {name} {}", shown(state.step(event, at(0)))).unwrap();
            }
        }
        insta::assert_snapshot!(table, @"
        closed, 0 failed
          asked    goes, closed, 0 failed
          answered closed, 0 failed
          failed   closed, 1 failed
        closed, 2 failed
          asked    goes, closed, 2 failed
          answered closed, 0 failed
          failed   rest 1 until 10
        rest 1 until 5
          asked    waits 5 s, rest 1 until 5
          answered closed, 0 failed
          failed   rest 1 until 5
        rest 2 until 0
          asked    goes, probe 2 until 30
          answered closed, 0 failed
          failed   rest 2 until 0
        probe 2 until 5
          asked    waits 5 s, probe 2 until 5
          answered closed, 0 failed
          failed   rest 3 until 40
        probe 9 until 0
          asked    goes, probe 9 until 30
          answered closed, 0 failed
          failed   rest 10 until 240
        ");
    }

    #[test]
    fn rests_double_up_to_their_limit() {
        let rests: Vec<_> = (1..=6).map(|nth| rest_of(nth).as_secs()).collect();
        assert_eq!(rests, [10, 20, 40, 80, 160, 240]);
        assert_eq!(rest_of(u32::MAX), MAX_REST);
    }

    proptest! {
        /// Whatever happens: while it rests nobody asks, in a probe's time one does, and whoever
        /// waits as long as told gets through sooner or later.
        #[test]
        fn nobody_asks_a_service_that_rests(events in prop::collection::vec(0u8..4, 1..200)) {
            let (mut breaker, mut now) = (Breaker::default(), at(0));
            let mut probe: Option<Timestamp> = None;
            for event in events {
                match event {
                    0 => {
                        let resting = matches!(breaker, Breaker::Resting { until, .. } if now < until);
                        let went = breaker.ask(now).is_ok();
                        prop_assert!(!(resting && went));
                        if let Breaker::Probing { until, .. } = breaker && went {
                            prop_assert!(probe.is_none_or(|before| before <= now));
                            probe = Some(until);
                        }
                    }
                    1 => { breaker = breaker.step(Event::Answered, now); probe = None; }
                    2 => { breaker = breaker.step(Event::Failed, now); probe = None; }
                    _ => now += Duration::from_secs(7),
                }
                let mut other = breaker;
                if let Err(until) = other.ask(now) {
                    prop_assert!(until <= now + MAX_REST);
                    prop_assert!(other.ask(until).is_ok());
                }
            }
        }
    }
}
