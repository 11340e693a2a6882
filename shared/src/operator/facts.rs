//! What `bugbot doctor` is told: what the gateway has found in its environment, what it can see of
//! the queues' wake, and what the consumer says of itself.
//!
//! Nothing reaches the consumer by HTTP. It leaves a sign of life in the key-value store whenever
//! it sweeps, and tries its own credentials when one of its objects is asked to.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Back as _, CheckUp, Desk, Facts, Found, MAX_PAGE, Query};
use crate::consumer::mark::OPEN_PREFIX;
use crate::gateway::Ports;
use crate::ports::{Clock as _, Kv};

/// Where the consumer leaves its sign of life.
pub const HEARTBEAT_KEY: &str = "consumer:heartbeat";
/// A consumer that was silent for longer has forgotten nothing: its sign is kept for a day.
const KEPT: Duration = Duration::from_hours(24);

/// The consumer's sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    /// When.
    pub at: Timestamp,
    /// The consumer's version.
    pub version: String,
    /// What is wrong with its settings, by the name of the variable.
    pub problems: Vec<String>,
}

/// Leaves a sign of life. One that fails is missed by nobody but the doctor.
pub async fn beat(kv: &impl Kv, problems: &[String], now: Timestamp) {
    let heartbeat = Heartbeat {
        at: now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        problems: problems.to_vec(),
    };
    let text = serde_json::to_string(&heartbeat).expect("strings and a time are JSON");
    let _ = kv.put(HEARTBEAT_KEY, &text, Some(KEPT)).await;
}

impl<P: Ports> Desk<'_, P> {
    /// Everything at once. What cannot be told is left out: this is asked when things are broken.
    pub(super) async fn facts(&self) -> Facts {
        let back = self.back();
        let dead = Query {
            limit: MAX_PAGE,
            after: None,
            thread: None,
            all: false,
        };
        let heartbeat = async {
            let text = back.get(HEARTBEAT_KEY).await.ok()??;
            serde_json::from_str::<Heartbeat>(&text).ok()
        };
        let public_key = self.setup.settings().ok().map(|it| it.public_key.to_hex());
        let asked = CheckUp { public_key };
        let (open, dead, consumer, checks) = futures_util::future::join4(
            back.list(OPEN_PREFIX),
            self.dead(&dead),
            heartbeat,
            back.check_up(&asked),
        )
        .await;
        let now = self.ports.clock().now();
        let found = self.setup.operator().found().iter();
        let (checks, checks_failed) = match checks {
            Ok(checks) => (checks, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Facts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            found: found
                .map(|(name, present)| Found {
                    name: (*name).to_owned(),
                    present: *present,
                })
                .collect(),
            problems: self
                .setup
                .problems()
                .iter()
                .map(ToString::to_string)
                .collect(),
            open_jobs: open.ok().map(|keys| keys.len()),
            dead_letters: dead.ok().map(|page| page.items.len()),
            consumer_seen_seconds_ago: consumer.as_ref().map(|seen| {
                Duration::try_from(now.duration_since(seen.at))
                    .unwrap_or_default()
                    .as_secs()
            }),
            consumer,
            checks,
            checks_failed,
        }
    }
}
