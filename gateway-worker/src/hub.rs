//! What the hub's portal reaches.

use std::time::Duration;

use platform::{Console, Fetch, SystemClock, SystemEntropy};
use shared::http::Http;
use shared::hub::object::{Answer, Question};
use shared::hub::portal::Ports;
use shared::hub::setup::HUB_BINDING;
use shared::hub::{Hubs, Shard};
use shared::ports::{Clock, Entropy, Log};

use crate::ports::OfWorker;

/// How long an object may take: clients give up after 10 s.
const OBJECT_LIMIT: Duration = Duration::from_secs(8);

impl Hubs for OfWorker {
    async fn ask_hub(&self, shard: Shard, question: &Question) -> Result<Answer, String> {
        let objects = self.objects(HUB_BINDING)?;
        let answer = objects.call(&shard.name(), question, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Ports for OfWorker {
    fn http(&self) -> &impl Http {
        &Fetch
    }

    fn hubs(&self) -> &impl Hubs {
        self
    }

    fn clock(&self) -> &impl Clock {
        &SystemClock
    }

    fn entropy(&self) -> &impl Entropy {
        &SystemEntropy
    }

    fn log(&self) -> &impl Log {
        &Console
    }
}
