//! How often somebody may ask: a count within a minute, which begins with the first request.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Requests a minute with one key.
pub const PER_KEY: u32 = 100;
/// The length of a window.
pub const WINDOW_MS: i64 = 60_000;

/// The requests of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When it began.
    pub began_ms: i64,
    /// How many there were.
    pub used: u32,
}

/// Where somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// So many are let in, in a minute.
    pub limit: u32,
    /// So many more.
    pub remaining: u32,
    /// In so many seconds all are free again; at least 1.
    pub reset_s: u32,
}

/// Whether one more request is let in, and the window afterwards. One that is not does not count.
pub fn admit(window: Option<Window>, limit: u32, now: Timestamp) -> (Window, Result<Rate, Rate>) {
    let now_ms = now.as_millisecond();
    let current = window.filter(|it| {
        // A window from the future is a clock that was set back: it would never end.
        (0..WINDOW_MS).contains(&(now_ms - it.began_ms))
    });
    let before = current.unwrap_or(Window {
        began_ms: now_ms,
        used: 0,
    });
    let left_ms = before.began_ms + WINDOW_MS - now_ms;
    let rate = |used: u32| Rate {
        limit,
        remaining: limit.saturating_sub(used),
        reset_s: u32::try_from((left_ms + 999) / 1000).unwrap_or(60).max(1),
    };
    if before.used >= limit {
        return (before, Err(rate(before.used)));
    }
    let after = Window {
        used: before.used + 1,
        ..before
    };
    (after, Ok(rate(after.used)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    #[test]
    fn the_hundredth_request_of_a_minute_is_the_last() {
        let mut window = None;
        for n in 1..=100 {
            let (after, rate) = admit(window, PER_KEY, at(n));
            assert_eq!(rate.unwrap().remaining, 100 - u32::try_from(n).unwrap());
            window = Some(after);
        }
        let (same, refused) = admit(window, PER_KEY, at(59_500));
        let refused = refused.unwrap_err();
        assert_eq!((refused.remaining, refused.reset_s), (0, 1));
        assert_eq!(Some(same), window, "a refused request does not count");
        let (_, free) = admit(window, PER_KEY, at(60_001));
        assert_eq!(
            free.unwrap(),
            Rate {
                limit: 100,
                remaining: 99,
                reset_s: 60
            }
        );
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let future = Window {
            began_ms: at(3_600_000).as_millisecond(),
            used: 100,
        };
        assert!(admit(Some(future), PER_KEY, at(0)).1.is_ok());
    }
}
