//! What one isolate remembers of the services between its calls, so that a call to a service that
//! is well costs nothing more, and a call that has no chance is not even asked about.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::Why;
use crate::budget::{Bucket, Draw, Reading};
use crate::service::Service;

/// How long an isolate goes by what it last heard of a service that was well. What happens
/// meanwhile elsewhere it learns from its own calls at the latest.
const FRESH: Duration = Duration::from_secs(30);
/// How long an object that did not answer is not asked again.
const SILENT: Duration = Duration::from_secs(30);
/// The most buckets that are remembered of a service.
const MAX_BUCKETS: usize = 500;

/// What an isolate remembers.
#[derive(Debug, Default)]
pub struct Memory(BTreeMap<&'static str, Known>);

/// What it remembers of one service.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// When its object was heard of.
    heard_at: Option<Timestamp>,
    /// Whether there is something against the service.
    troubled: bool,
    resting_until: Option<Timestamp>,
    /// Until when its object is not asked.
    silent_until: Option<Timestamp>,
    buckets: BTreeMap<String, Bucket>,
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It may.
    Go,
    /// Not before then.
    Wait(Timestamp, Why),
    /// The object decides.
    Ask,
}

impl Memory {
    pub(super) fn of(&mut self, service: Service) -> &mut Known {
        self.0.entry(super::object_name(service)).or_default()
    }
}

impl Memory {
    /// How long a service is left alone from now on, as far as this isolate knows.
    pub fn rest_of(&self, service: Service, now: Timestamp) -> Option<Duration> {
        let until = self.0.get(super::object_name(service))?.resting_until?;
        Duration::try_from(until - now)
            .ok()
            .filter(|rest| !rest.is_zero())
    }
}

impl Known {
    /// Decides about a call that draws on these; if it goes ahead, it counts.
    pub(super) fn decide(&mut self, draws: &[Draw], now: Timestamp) -> Decision {
        if let Some(until) = self.resting_until
            && now < until
        {
            return Decision::Wait(until, Why::Resting);
        }
        let empty = |draw: &&Draw| {
            let (remaining, _, _) = self.buckets.get(&draw.bucket)?.standing(now);
            (remaining == 0).then(|| draw.bucket.clone())
        };
        let empty: Option<String> = draws.iter().find_map(|draw| empty(&draw));
        if let Some(bucket) = empty
            && let Some(bucket) = self.buckets.get_mut(&bucket)
            && let Err(wait) = bucket.take(now)
        {
            return Decision::Wait(now + wait, Why::OverBudget);
        }
        let is_silent = self.silent_until.is_some_and(|until| now < until);
        let is_fresh = self.heard_at.is_some_and(|at| now < at + FRESH);
        let must_ask = self.troubled || !is_fresh || draws.iter().any(|draw| draw.is_scarce);
        if must_ask && !is_silent {
            return Decision::Ask;
        }
        self.count(draws, now);
        Decision::Go
    }

    fn count(&mut self, draws: &[Draw], now: Timestamp) {
        for draw in draws {
            // An empty one was found above: this is a call that goes ahead.
            let _ = self.bucket(draw, now).take(now);
        }
    }

    fn bucket(&mut self, draw: &Draw, now: Timestamp) -> &mut Bucket {
        if self.buckets.len() >= MAX_BUCKETS {
            self.buckets.retain(|_, bucket| !bucket.is_fresh(now));
        }
        let fresh = || Bucket::full(draw.limit, draw.window, now);
        self.buckets
            .entry(draw.bucket.clone())
            .or_insert_with(fresh)
    }

    /// The object let a call through.
    pub(super) fn went(&mut self, draws: &[Draw], troubled: bool, now: Timestamp) {
        self.heard(troubled, None, now);
        self.count(draws, now);
    }

    /// The object told to wait.
    pub(super) fn must_wait(&mut self, until: Timestamp, why: Why, now: Timestamp) {
        self.silent_until = None;
        if why == Why::Resting {
            self.heard(true, Some(until), now);
        }
    }

    pub(super) fn heard(&mut self, troubled: bool, resting: Option<Timestamp>, now: Timestamp) {
        self.heard_at = Some(now);
        self.silent_until = None;
        self.troubled = troubled;
        self.resting_until = resting;
    }

    /// The object did not answer. `true` if that is news.
    pub(super) fn fell_silent(&mut self, draws: &[Draw], now: Timestamp) -> bool {
        let is_news = self.silent_until.is_none();
        self.silent_until = Some(now + SILENT);
        self.count(draws, now);
        is_news
    }

    /// The service said this of a bucket. `true` if others should know.
    pub(super) fn learn(&mut self, draw: &Draw, reading: Reading, now: Timestamp) -> bool {
        let bucket = self.bucket(draw, now);
        bucket.learn(reading, now);
        bucket.is_low(now)
    }

    /// The service takes no more of these until then.
    pub(super) fn close(&mut self, draw: &Draw, until: Timestamp, now: Timestamp) -> Reading {
        let bucket = self.bucket(draw, now);
        bucket.close(until, now);
        bucket.reading()
    }

    /// Whether its object wants to hear that the service answered.
    pub(super) fn is_troubled(&self) -> bool {
        self.troubled
    }
}
