//! What lasts: a service that is away for a while, and a key-value store that is behind.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use shared::http::{Response, Unreachable};
use shared::ports::Clock as _;

use super::{World, discord, executor_fake, github, linear, posthog};

/// A service of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Discord.
    Discord,
    /// Linear.
    Linear,
    /// PostHog.
    PostHog,
    /// GitHub.
    GitHub,
    /// The executor in the sandbox.
    Executor,
}

impl Service {
    fn origin(self) -> &'static str {
        match self {
            Self::Discord => discord::ORIGIN,
            Self::Linear => linear::ORIGIN,
            Self::PostHog => posthog::ORIGIN,
            Self::GitHub => github::ORIGIN,
            Self::Executor => executor_fake::ORIGIN,
        }
    }
}

/// A key-value store at a moment: values with the time when they are forgotten.
pub(super) type Values = BTreeMap<String, (String, Option<Timestamp>)>;

#[derive(Debug, Default)]
pub(super) struct Weather {
    away: RefCell<Vec<(Service, Timestamp)>>,
    behind: RefCell<Option<(Values, Timestamp)>>,
}

impl World {
    /// The service answers 503 for so long: what it is asked does not arrive.
    pub fn away(&self, service: Service, time: Duration) {
        let until = self.clock.now() + time;
        self.weather.away.borrow_mut().push((service, until));
    }

    /// For so long, who reads the key-value store sees it as it is now.
    pub fn freeze_kv(&self, time: Duration) {
        let until = self.clock.now() + time;
        let values = self.kv.borrow().clone();
        self.weather.behind.replace(Some((values, until)));
    }

    /// The key-value store as a reader sees it.
    pub(super) fn kv_as_read<T>(&self, read: impl FnOnce(&Values) -> T) -> T {
        let now = self.clock.now();
        match &*self.weather.behind.borrow() {
            Some((values, until)) if now < *until => read(values),
            _ => read(&self.kv.borrow()),
        }
    }

    /// The answer of something on the way, where the service at this address is away.
    pub(super) fn answer_of_away(&self, address: &str) -> Option<Result<Response, Unreachable>> {
        let now = self.clock.now();
        let mut away = self.weather.away.borrow_mut();
        away.retain(|(_, until)| now < *until);
        let is_away = away
            .iter()
            .any(|(service, _)| address.starts_with(service.origin()));
        is_away.then(|| {
            let mut response = Response::new(b"upstream connect error".to_vec());
            *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
            Ok(response)
        })
    }
}
