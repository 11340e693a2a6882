//! The one error of the consumer: what went wrong, in terms of what happens next.
//!
//! Two total functions interpret it: [`Fault::verdict`] says what becomes of the delivery, and
//! `report::outcome` says what the user reads. `Display` is for logs only.

use std::time::Duration;

use crate::service::{Service, ServiceError};

/// Why a job could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The user asked for something that cannot be done as asked. The text is for the user and
    /// says what would work.
    #[error("rejected: {0}")]
    Rejected(String),
    /// A service failed us.
    #[error("{service}: {error}")]
    Upstream {
        /// Which one.
        service: Service,
        /// How.
        error: ServiceError,
    },
    /// A Durable Object or the queue did not answer: the platform's own weather.
    #[error("platform: {0}")]
    Platform(String),
    /// The turn ended while this delivery acted, and somebody else has it now: another delivery of
    /// the same job, or another job. The next delivery learns which.
    #[error("the turn was lost")]
    Superseded,
    /// Our mistake: an answer of our own that our own code does not understand.
    #[error("bug: {0}")]
    Bug(String),
}

/// What becomes of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Done with it, whatever the outcome was: never deliver it again.
    Ack,
    /// Deliver it again after this long.
    RetryAfter(Duration),
    /// The service is not to be asked before: a copy waits this long, because waiting must not use
    /// up the tries that are meant for failures.
    HeldBack(Duration),
    /// Put it on the dead-letter queue with this reason, now: trying again cannot help.
    Park(String),
}

impl Fault {
    /// Wraps a client's error.
    pub fn upstream(service: Service) -> impl FnOnce(ServiceError) -> Self {
        move |error| Self::Upstream { service, error }
    }

    /// What becomes of the delivery that failed with this fault, on its `attempt`th try (the
    /// first is 1). `roll` in `0.0..1.0` spreads the retries.
    pub fn verdict(&self, attempt: u32, roll: f64) -> Verdict {
        match self {
            Self::Rejected(_) => Verdict::Ack,
            Self::Upstream { error, .. } if error.is_transient() => match error.held_back() {
                Some(asked) => Verdict::HeldBack(asked.min(MAX_RETRY_DELAY)),
                None => Verdict::RetryAfter(backoff(attempt, roll)),
            },
            Self::Platform(_) | Self::Superseded => Verdict::RetryAfter(backoff(attempt, roll)),
            Self::Upstream { .. } | Self::Bug(_) => Verdict::Park(self.to_string()),
        }
    }
}

/// The wait before the second attempt; it doubles with each further one.
pub const FIRST_BACKOFF: Duration = Duration::from_secs(2);
/// No backoff is longer: 2 s doubled seven times is past it.
pub const MAX_BACKOFF: Duration = Duration::from_mins(4);
/// The longest delay that Queues accepts is 12 hours; an upstream that asks for more than an hour
/// is better reported than waited for.
/// <https://developers.cloudflare.com/queues/configuration/batching-retries/>
pub const MAX_RETRY_DELAY: Duration = Duration::from_hours(1);

/// Which attempt a delivery is, told by the age of its message: the runtime's count is not
/// passed on to Rust. The `n`th attempt comes when the waits before it have passed.
pub fn attempt_at(age: Duration) -> u32 {
    (1..MAX_COUNTED)
        .find(|n| age < waited_before(n + 1))
        .unwrap_or(MAX_COUNTED)
}

/// Past this attempt the backoff grows no more.
const MAX_COUNTED: u32 = 10;

/// The least time that has passed when the `attempt`th attempt begins.
fn waited_before(attempt: u32) -> Duration {
    (1..attempt).map(|before| backoff(before, 0.0)).sum()
}

/// Exponential backoff with equal jitter: between half of and the whole doubled wait.
pub fn backoff(attempt: u32, roll: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let whole = FIRST_BACKOFF
        .saturating_mul(1 << doublings)
        .min(MAX_BACKOFF);
    whole.mul_f64(0.5 + roll.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Unreachable;

    fn upstream(error: ServiceError) -> Fault {
        Fault::Upstream {
            service: Service::Linear,
            error,
        }
    }

    #[test]
    fn backoff_doubles_within_its_jitter_and_stops_growing() {
        assert_eq!(backoff(1, 0.0), Duration::from_secs(1));
        assert_eq!(backoff(1, 1.0), Duration::from_secs(2));
        assert_eq!(backoff(3, 1.0), Duration::from_secs(8));
        assert_eq!(backoff(u32::MAX, 1.0), MAX_BACKOFF);
    }

    #[test]
    fn the_age_of_a_message_tells_its_attempt() {
        let attempt = |secs| attempt_at(Duration::from_secs(secs));
        // The least waits are 1, 2, 4, 8 .. seconds.
        assert_eq!([0, 1, 2, 3, 6, 7].map(attempt), [1, 2, 2, 3, 3, 4]);
        assert_eq!(attempt(86_400), MAX_COUNTED);
    }

    #[test]
    fn every_class_of_fault_has_its_verdict() {
        let ms = Duration::from_millis;
        let lost = ServiceError::Unreachable(Unreachable::TimedOut(ms(1)));
        assert_eq!(
            upstream(lost).verdict(1, 1.0),
            Verdict::RetryAfter(ms(2000))
        );
        let limited = ServiceError::RateLimited {
            retry_after: ms(90_000),
        };
        assert_eq!(
            upstream(limited).verdict(1, 1.0),
            Verdict::HeldBack(ms(90_000))
        );
        let resting = ServiceError::Unreachable(Unreachable::Resting {
            retry_after: ms(10_000),
        });
        assert_eq!(
            upstream(resting).verdict(1, 1.0),
            Verdict::HeldBack(ms(10_000))
        );
        let endless = ServiceError::RateLimited {
            retry_after: Duration::from_hours(24),
        };
        assert_eq!(
            upstream(endless).verdict(1, 1.0),
            Verdict::HeldBack(MAX_RETRY_DELAY)
        );
        let key = ServiceError::Unauthorized("bad key".into());
        assert!(matches!(upstream(key).verdict(1, 0.0), Verdict::Park(_)));
        let broken = ServiceError::Unexpected {
            status: 503,
            detail: String::new(),
        };
        assert!(matches!(
            upstream(broken).verdict(1, 0.0),
            Verdict::RetryAfter(_)
        ));
        assert_eq!(Fault::Rejected("no".into()).verdict(1, 0.0), Verdict::Ack);
        // To ack it would lose the job where another job has the turn.
        assert!(matches!(
            Fault::Superseded.verdict(1, 0.0),
            Verdict::RetryAfter(_)
        ));
        assert!(matches!(
            Fault::Bug("x".into()).verdict(1, 0.0),
            Verdict::Park(_)
        ));
        assert!(matches!(
            Fault::Platform("x".into()).verdict(1, 0.0),
            Verdict::RetryAfter(_)
        ));
    }
}
