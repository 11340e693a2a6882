//! The clock of a story: frozen for tests whose output is compared, flowing for the demo, and in
//! both cases movable, so that fifteen minutes pass in no time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use shared::ports::Clock;

/// A movable clock. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<Mutex<Time>>);

#[derive(Debug)]
struct Time {
    /// `None` follows the system's clock.
    frozen: Option<Timestamp>,
    ahead: SignedDuration,
}

impl TestClock {
    /// A clock that stands still at `at` until it is advanced.
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Time {
            frozen: Some(at),
            ahead: SignedDuration::ZERO,
        })))
    }

    /// The clock that stories start from: a Friday afternoon.
    pub fn story() -> Self {
        Self::frozen("2026-03-06T14:30:00Z".parse().expect("a valid timestamp"))
    }

    /// A clock that follows the system's, for programs that check our signatures by theirs.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(Time {
            frozen: None,
            ahead: SignedDuration::ZERO,
        })))
    }

    /// Sets it back, as somebody does whose clock was ahead.
    pub fn set_back(&self, time: Duration) {
        let time = SignedDuration::try_from(time).expect("stories do not last for aeons");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ahead -= time;
    }

    /// Lets `time` pass at once.
    pub fn advance(&self, time: Duration) {
        let time = SignedDuration::try_from(time).expect("stories do not last for aeons");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ahead += time;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        time.frozen.unwrap_or_else(system_now) + time.ahead
    }
}

fn system_now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("it is after 1970");
    let since_epoch = SignedDuration::try_from(since_epoch).expect("it is before the year 9999");
    Timestamp::from_duration(since_epoch).expect("it is before the year 9999")
}
