//! The rate budget of one kind of call: so many in a window, as the service counts them.
//!
//! Invariants: within what is known, no more calls are let through in a window than the service
//! takes; what the service itself says of a window is believed; and who is told to wait is told a
//! time of their own, so that those who waited do not come back all at once.

mod rules;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use rules::{Draw, draws, limited, readings};

/// A bucket of calls. It is full again at the end of its window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    limit: u32,
    #[serde(with = "crate::millis")]
    window: Duration,
    remaining: u32,
    resets_at: Timestamp,
    /// How many were told to wait for the end of this window.
    waiting: u32,
}

/// What a service said of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// Its size, if it said so.
    pub limit: Option<u32>,
    /// How many more calls it takes.
    pub remaining: u32,
    /// When it is full again.
    pub resets_at: Timestamp,
}

/// Services' clocks and ours differ, and so do two readings of one window.
const SAME_WINDOW: SignedDuration = SignedDuration::from_secs(2);
/// No window is believed to be longer: a service that says so is mistaken or means a ban.
const MAX_WINDOW: Duration = Duration::from_hours(2);

impl Bucket {
    /// A full bucket.
    pub fn full(limit: u32, window: Duration, now: Timestamp) -> Self {
        let limit = limit.max(1);
        Self {
            limit,
            window,
            remaining: limit,
            resets_at: now + window,
            waiting: 0,
        }
    }

    /// Takes one call out. If there is none: how long to wait.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        self.roll(now);
        if self.remaining > 0 {
            self.remaining -= 1;
            return Ok(());
        }
        // The first waits for the new window, and each one after that as long as a window has
        // room for one more: they come back as fast as they can be served, and no faster.
        let turn = (self.window / self.limit).saturating_mul(self.waiting);
        self.waiting = self.waiting.saturating_add(1);
        let rest = Duration::try_from(self.resets_at - now).unwrap_or_default();
        Err(rest + turn)
    }

    /// Believes the service.
    pub fn learn(&mut self, reading: Reading, now: Timestamp) {
        self.roll(now);
        if let Some(limit) = reading.limit {
            self.limit = limit.max(1);
        }
        let resets_at = reading.resets_at.min(now + MAX_WINDOW);
        if resets_at <= now {
            return;
        }
        // In one window answers overtake each other, and calls are under way: the least is true.
        // Of another window, ours was a guess or is over.
        let apart = resets_at.duration_since(self.resets_at).abs();
        self.remaining = if apart <= SAME_WINDOW {
            self.remaining.min(reading.remaining)
        } else {
            reading.remaining
        };
        self.resets_at = resets_at;
    }

    /// Nothing goes through until then: the service said so.
    pub fn close(&mut self, until: Timestamp, now: Timestamp) {
        self.roll(now);
        self.remaining = 0;
        self.resets_at = until.clamp(now, now + MAX_WINDOW);
    }

    fn roll(&mut self, now: Timestamp) {
        if now >= self.resets_at {
            *self = Self::full(self.limit, self.window, now);
        }
    }

    /// Whether nothing is known of it that a new one would not say too.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now >= self.resets_at
    }

    /// Whether others should know: a tenth is left, or less.
    pub fn is_low(&self, now: Timestamp) -> bool {
        !self.is_fresh(now) && self.remaining <= self.limit / 10
    }

    /// How many more calls it takes now, of how many, and when it is full again.
    pub fn standing(&self, now: Timestamp) -> (u32, u32, Timestamp) {
        let mut rolled = self.clone();
        rolled.roll(now);
        (rolled.remaining, rolled.limit, rolled.resets_at)
    }

    /// What it would say as a service.
    pub fn reading(&self) -> Reading {
        Reading {
            limit: Some(self.limit),
            remaining: self.remaining,
            resets_at: self.resets_at,
        }
    }
}

#[cfg(test)]
mod tests;
