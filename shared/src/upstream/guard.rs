//! Carries the requests to one service with regard to how it is: a call that has no chance or no
//! budget is not made, and what comes of a call is told to those who want to know.
//!
//! A call to a service that is well costs one question every half minute and isolate; a call on a
//! small budget costs one question; a failure, and the first answer after it, one message.

use std::time::Duration;

use jiff::Timestamp;

use super::memory::Decision;
use super::{Low, Request as Ask, Response as Told, Upstreams, Why};
use crate::budget::{Draw, Reading, draws, limited, readings};
use crate::http::{Http, Request, Response, Unreachable};
use crate::log::{Event, Said};
use crate::ports::{Clock, Dice, Log};
use crate::service::Service;
use crate::trace::Trace;

/// The most that a wait is spread by, so that isolates that wait for the same moment do not come
/// back in the same instant.
const MAX_SPREAD: Duration = Duration::from_secs(10);

/// The HTTP port to one service.
#[derive(Debug)]
pub struct Guarded<'a, P> {
    platform: &'a P,
    service: Service,
}

impl<P> Clone for Guarded<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Guarded<'_, P> {}

impl<'a, P> Guarded<'a, P> {
    /// The port to `service` over `platform`.
    pub fn new(platform: &'a P, service: Service) -> Self {
        Self { platform, service }
    }
}

impl<P: Http + Clock + Dice + Log + Upstreams> Http for Guarded<'_, P> {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        let draws = draws(self.service, &request);
        self.admit(&draws).await?;
        let outcome = self.platform.send(request, within).await;
        self.settle(&draws, &outcome).await;
        outcome
    }
}

impl<P: Http + Clock + Dice + Log + Upstreams> Guarded<'_, P> {
    async fn admit(&self, draws: &[Draw]) -> Result<(), Unreachable> {
        let now = self.platform.now();
        let known = |memory: &mut super::Memory| memory.of(self.service).decide(draws, now);
        match self.platform.with_memory(known) {
            Decision::Go => return Ok(()),
            Decision::Wait(until, why) => return Err(self.wait(until, why, now)),
            Decision::Ask => {}
        }
        let ask = Ask::May {
            draws: draws.to_vec(),
        };
        let told = self.platform.ask_upstream(self.service, &ask).await;
        let now = self.platform.now();
        match told {
            Ok(Told::Wait { until, why, .. }) => {
                self.platform
                    .with_memory(|memory| memory.of(self.service).must_wait(until, why, now));
                Err(self.wait(until, why, now))
            }
            Ok(Told::Go { troubled }) => {
                self.platform
                    .with_memory(|memory| memory.of(self.service).went(draws, troubled, now));
                Ok(())
            }
            Ok(other) => {
                self.without_advice(draws, &format!("another answer: {other:?}"), now);
                Ok(())
            }
            Err(error) => {
                self.without_advice(draws, &error, now);
                Ok(())
            }
        }
    }

    /// The object is no more than an adviser: without it the call goes ahead.
    fn without_advice(&self, draws: &[Draw], error: &str, now: Timestamp) {
        let is_news = self
            .platform
            .with_memory(|memory| memory.of(self.service).fell_silent(draws, now));
        if is_news {
            let event = Event::UpstreamSilent {
                service: super::object_name(self.service),
                error: Said(&error),
            };
            self.platform.note(&Trace::none(), event);
        }
    }

    fn wait(&self, until: Timestamp, why: Why, now: Timestamp) -> Unreachable {
        let wait = Duration::try_from(until - now).unwrap_or_default();
        let spread = (wait / 4).min(MAX_SPREAD).mul_f64(self.platform.roll());
        let retry_after = (wait + spread).max(Duration::from_secs(1));
        match why {
            Why::Resting => Unreachable::Resting { retry_after },
            Why::OverBudget => Unreachable::OverBudget { retry_after },
        }
    }

    async fn settle(&self, draws: &[Draw], outcome: &Result<Response, Unreachable>) {
        let now = self.platform.now();
        let answered = match outcome {
            Ok(answer) => !answer.status().is_server_error(),
            // It answered at length.
            Err(Unreachable::TooLarge) => true,
            Err(_) => false,
        };
        let (low, is_troubled) = self.platform.with_memory(|memory| {
            let known = memory.of(self.service);
            let mut low = Vec::new();
            let mut note = |bucket: &str, read: &mut dyn FnMut(&Draw) -> Option<Reading>| {
                if let Some(draw) = draws.iter().find(|draw| draw.bucket == bucket)
                    && let Some(reading) = read(draw)
                {
                    let draw = draw.clone();
                    low.push(Low { draw, reading });
                }
            };
            if let Ok(answer) = outcome {
                for (bucket, reading) in readings(self.service, draws, answer, now) {
                    note(&bucket, &mut |draw| {
                        known.learn(draw, reading, now).then_some(reading)
                    });
                }
                if let Some((bucket, until)) = limited(self.service, draws, answer, now) {
                    note(&bucket, &mut |draw| Some(known.close(draw, until, now)));
                }
            }
            (low, known.is_troubled())
        });
        if answered && low.is_empty() && !is_troubled {
            return;
        }
        let heard = Ask::Heard { answered, low };
        // A message that is lost is news again with the next failure.
        if let Ok(Told::Noted {
            troubled,
            resting_until,
        }) = self.platform.ask_upstream(self.service, &heard).await
        {
            let now = self.platform.now();
            self.platform.with_memory(|memory| {
                memory.of(self.service).heard(troubled, resting_until, now);
            });
        }
    }
}
