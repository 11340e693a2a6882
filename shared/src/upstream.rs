//! The Upstream object: what all isolates know of one outside service, that is, whether it answers
//! ([`Breaker`]) and how much it still takes ([`Bucket`]).
//!
//! Invariants: it advises and is never in the way. Who cannot reach it goes ahead ([`Guarded`]), and
//! nothing that it forgets does harm. It keeps only what differs from a service that is well.
//!
//! Everything here is a pure step over [`Upstream`]; the Durable Object stores what comes out.

mod guard;
mod memory;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use guard::Guarded;
pub use memory::Memory;

use crate::breaker::{self, Breaker};
use crate::budget::{Bucket, Draw, Reading};
use crate::service::Service;

/// The binding of the objects.
pub const UPSTREAMS_BINDING: &str = "UPSTREAMS";
/// The services that have an object, each under its name.
pub const GUARDED: [Service; 4] = [
    Service::Discord,
    Service::Linear,
    Service::PostHog,
    Service::GitHub,
];
/// A budget that is used up for less than this is the ordinary course of things.
const WORTH_SAYING: Duration = Duration::from_secs(10);
/// The most buckets that are kept; those that are full again first make room.
const MAX_BUCKETS: usize = 200;

/// Reaches Upstream objects, and what this isolate remembers of them.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Upstreams {
    /// Asks the object of `service`. Gives up by itself within [`OBJECT_LIMIT`].
    async fn ask_upstream(&self, service: Service, request: &Request) -> Result<Response, String>;
    /// Lends the memory of this isolate.
    fn with_memory<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T;
}

/// How long an Upstream object may take: a job does not wait for advice.
pub const OBJECT_LIMIT: Duration = Duration::from_secs(1);

/// All that is known about a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upstream {
    breaker: Breaker,
    buckets: BTreeMap<String, Bucket>,
}

/// A request to an Upstream object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// May this call be made? If so, it counts.
    May {
        /// What it draws on.
        draws: Vec<Draw>,
    },
    /// A call has been made.
    Heard {
        /// Whether the service answered.
        answered: bool,
        /// What it said of buckets that are low.
        low: Vec<Low>,
    },
    /// How is it?
    Look,
}

/// A bucket that others should know about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Low {
    /// Which, and its size until now.
    pub draw: Draw,
    /// How it stands.
    pub reading: Reading,
}

/// Why a call has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// The service does not answer.
    Resting,
    /// Its budget is used up.
    OverBudget,
}

/// An Upstream object's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "answer",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Response {
    /// To [`Request::May`]: yes.
    Go {
        /// Whether there is something against the service, so that its answer is news.
        troubled: bool,
    },
    /// To [`Request::May`]: not before this time.
    Wait {
        /// Until then.
        until: Timestamp,
        /// Why.
        why: Why,
        /// Which bucket, if it is one.
        bucket: Option<String>,
    },
    /// To [`Request::Heard`].
    Noted {
        /// As above.
        troubled: bool,
        /// Until when nobody asks, if so.
        resting_until: Option<Timestamp>,
    },
    /// To [`Request::Look`].
    Seen(Health),
}

/// How a service is, for operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Its breaker.
    pub breaker: Breaker,
    /// The buckets that are not full.
    pub budgets: Vec<Standing>,
}

impl Health {
    /// Why the service is not asked now, and until when.
    pub fn wait(&self, now: Timestamp) -> Option<(Timestamp, Why)> {
        match self.breaker {
            Breaker::Resting { until, .. } | Breaker::Probing { until, .. } if now < until => {
                return Some((until, Why::Resting));
            }
            _ => {}
        }
        let empty = self.budgets.iter().filter(|it| it.remaining == 0);
        let until = empty.map(|it| it.resets_at).max()?;
        (until > now + WORTH_SAYING).then_some((until, Why::OverBudget))
    }
}

/// How every service is, as far as its object says so in time.
pub async fn look(upstreams: &impl Upstreams) -> Vec<(Service, Health)> {
    let asked = GUARDED.map(|service| async move {
        match upstreams.ask_upstream(service, &Request::Look).await {
            Ok(Response::Seen(health)) => Some((service, health)),
            _ => None,
        }
    });
    let seen = futures_util::future::join_all(asked).await;
    seen.into_iter().flatten().collect()
}

/// How a bucket stands, for operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Which.
    pub bucket: String,
    /// How many more calls it takes.
    pub remaining: u32,
    /// Of how many.
    pub limit: u32,
    /// When it is full again.
    pub resets_at: Timestamp,
}

/// What is worth a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The service is left alone until then.
    Rests(Timestamp),
    /// It answers again.
    Back,
}

impl Upstream {
    /// Answers a request.
    pub fn step(&mut self, request: Request, now: Timestamp) -> (Response, Option<Turn>) {
        self.buckets.retain(|_, bucket| !bucket.is_fresh(now));
        let before = self.breaker;
        let response = match request {
            Request::May { draws } => self.may(draws, now),
            Request::Heard { answered, low } => {
                let event = if answered {
                    breaker::Event::Answered
                } else {
                    breaker::Event::Failed
                };
                self.breaker = self.breaker.step(event, now);
                for low in low {
                    self.bucket(&low.draw, now).learn(low.reading, now);
                }
                Response::Noted {
                    troubled: !self.breaker.is_untroubled(),
                    resting_until: self.resting_until(),
                }
            }
            Request::Look => Response::Seen(self.health(now)),
        };
        self.make_room();
        (response, turn(before, self.breaker))
    }

    /// First the budgets, then the breaker: a probe that its budget holds back would be lost.
    fn may(&mut self, draws: Vec<Draw>, now: Timestamp) -> Response {
        if let Breaker::Resting { until, .. } = self.breaker
            && now < until
        {
            return resting(until);
        }
        let mut taken: Vec<(String, Bucket)> = Vec::new();
        for draw in draws {
            let bucket = self.bucket(&draw, now);
            let before = bucket.clone();
            let Err(wait) = bucket.take(now) else {
                taken.push((draw.bucket, before));
                continue;
            };
            // What the other buckets have given for nothing goes back.
            self.buckets.extend(taken);
            return Response::Wait {
                until: now + wait,
                why: Why::OverBudget,
                bucket: Some(draw.bucket),
            };
        }
        match self.breaker.ask(now) {
            Ok(()) => Response::Go {
                troubled: !self.breaker.is_untroubled(),
            },
            Err(until) => {
                self.buckets.extend(taken);
                resting(until)
            }
        }
    }

    fn bucket(&mut self, draw: &Draw, now: Timestamp) -> &mut Bucket {
        let fresh = || Bucket::full(draw.limit, draw.window, now);
        self.buckets
            .entry(draw.bucket.clone())
            .or_insert_with(fresh)
    }

    fn resting_until(&self) -> Option<Timestamp> {
        match self.breaker {
            Breaker::Resting { until, .. } => Some(until),
            _ => None,
        }
    }

    fn make_room(&mut self) {
        while self.buckets.len() > MAX_BUCKETS {
            let soonest = self
                .buckets
                .iter()
                .min_by_key(|(_, bucket)| bucket.reading().resets_at)
                .map(|(name, _)| name.clone())
                .expect("there are many");
            self.buckets.remove(&soonest);
        }
    }

    fn health(&self, now: Timestamp) -> Health {
        let budgets = self.buckets.iter().map(|(name, bucket)| {
            let (remaining, limit, resets_at) = bucket.standing(now);
            Standing {
                bucket: name.clone(),
                remaining,
                limit,
                resets_at,
            }
        });
        Health {
            breaker: self.breaker,
            budgets: budgets.collect(),
        }
    }
}

fn resting(until: Timestamp) -> Response {
    Response::Wait {
        until,
        why: Why::Resting,
        bucket: None,
    }
}

fn turn(before: Breaker, after: Breaker) -> Option<Turn> {
    match (before, after) {
        (Breaker::Closed { .. } | Breaker::Probing { .. }, Breaker::Resting { until, .. }) => {
            Some(Turn::Rests(until))
        }
        (Breaker::Resting { .. } | Breaker::Probing { .. }, Breaker::Closed { .. }) => {
            Some(Turn::Back)
        }
        _ => None,
    }
}

impl Turn {
    /// The log line of it.
    pub fn event<'a>(&self, service: &'a str, now: Timestamp) -> crate::log::Event<'a> {
        match self {
            Self::Rests(until) => crate::log::Event::UpstreamRests {
                service,
                for_s: u64::try_from(until.duration_since(now).as_secs()).unwrap_or_default(),
            },
            Self::Back => crate::log::Event::UpstreamBack { service },
        }
    }
}

/// The name of a service's object.
pub fn object_name(service: Service) -> &'static str {
    match service {
        Service::Discord => "discord",
        Service::Linear => "linear",
        Service::PostHog => "posthog",
        Service::GitHub => "github",
        Service::Executor => "executor",
        Service::ThreadObject => "thread",
        Service::Ledger => "ledger",
        Service::AuditLog => "audit",
        Service::Hub => "hub",
        Service::CrashReports => "crash-reports",
    }
}
