//! The portal in this process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use shared::http::{Http, Request, Response, Unreachable};
use shared::hub::portal::{Ports, handle};
use shared::hub::{HubSetup, Hubs};
use shared::ports::{Clock, Entropy, Level, Log};

use super::{FORGE, Forge, Objects};
use crate::clock::TestClock;
use crate::fake::Wired;

/// Where the portal is, for requests that stay in this process.
pub const ORIGIN: &str = "https://hub.test";

/// A portal with its objects and one forge. Clones are the same portal.
#[derive(Debug, Clone)]
pub struct Portal {
    /// The time.
    pub clock: TestClock,
    /// The forge that it asks, at [`FORGE`].
    pub forge: Forge,
    /// Its objects.
    pub objects: Objects,
    setup: HubSetup,
    wired: Wired,
    drawn: Arc<AtomicU64>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Default for Portal {
    fn default() -> Self {
        Self::new()
    }
}

impl Portal {
    /// A portal at the time at which stories begin.
    pub fn new() -> Self {
        Self::with(TestClock::story(), &[])
    }

    /// A portal with this clock and these variables.
    pub fn with(clock: TestClock, variables: &[(&str, &str)]) -> Self {
        let usual = [("HUB_FORGES", FORGE), ("HUB_LOGINS_PER_MINUTE", "10000")];
        let setup = HubSetup::read(
            |name| {
                let mut all = variables.iter().chain(&usual);
                let found = all.find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            },
            |_| true,
        );
        let forge = Forge::default();
        Self {
            objects: Objects::new(clock.clone()),
            wired: Wired::new().at(FORGE, forge.router()),
            drawn: Arc::default(),
            log: Arc::default(),
            clock,
            forge,
            setup,
        }
    }

    /// Answers a request, as the gateway does.
    pub async fn answer(&self, request: &Request) -> Response {
        handle(request, &self.setup, self).await
    }

    /// The lines of the log.
    pub fn log(&self) -> Vec<String> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// To the portal, without a socket.
impl Http for Portal {
    async fn send(&self, request: Request, _within: Duration) -> Result<Response, Unreachable> {
        Ok(self.answer(&request).await)
    }
}

impl Ports for Portal {
    fn http(&self) -> &impl Http {
        &self.wired
    }

    fn hubs(&self) -> &impl Hubs {
        &self.objects
    }

    fn clock(&self) -> &impl Clock {
        &self.clock
    }

    fn entropy(&self) -> &impl Entropy {
        self
    }

    fn log(&self) -> &impl Log {
        self
    }
}

impl Entropy for Portal {
    /// The same in every run, and never twice in one.
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let nth = self.drawn.fetch_add(1, Ordering::Relaxed);
            let digest = Sha256::digest(nth.to_be_bytes());
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

impl Log for Portal {
    fn write(&self, _level: Level, line: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(line.to_owned());
    }
}
