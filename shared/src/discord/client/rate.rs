//! What an answer says about its rate limit, so that a caller can pace itself instead of running
//! into the limit.
//!
//! <https://docs.discord.com/developers/topics/rate-limits>

use std::time::Duration;

use crate::http::Response;

/// The state of the bucket that a call counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateHint {
    /// How many more calls it takes now.
    pub remaining: u32,
    /// When it is full again, from the answer on.
    pub reset_after: Duration,
}

impl RateHint {
    /// The hint of an answer; `None` where the endpoint has no such limit.
    pub fn of(response: &Response) -> Option<Self> {
        let header = |name| response.headers().get(name)?.to_str().ok();
        let reset_after: f64 = header("x-ratelimit-reset-after")?.parse().ok()?;
        Some(Self {
            remaining: header("x-ratelimit-remaining")?.parse().ok()?,
            reset_after: Duration::try_from_secs_f64(reset_after).ok()?,
        })
    }

    /// How long to wait before the next call of this kind.
    pub fn pause(&self) -> Duration {
        if self.remaining == 0 {
            self.reset_after
        } else {
            Duration::ZERO
        }
    }
}
