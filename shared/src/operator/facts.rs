//! What `bugbot doctor` is told: what the gateway has found in its environment, what it can see of
//! the queues' wake, and what the consumer says of itself.
//!
//! Nothing reaches the consumer by HTTP. It leaves a sign of life in the key-value store whenever
//! it sweeps, and tries its own credentials when one of its objects is asked to.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Back as _, CheckUp, Desk, Facts, Found, MAX_PAGE, Query};
use crate::checkup::{self, Check};
use crate::consumer::mark::OPEN_PREFIX;
use crate::gateway::Ports;
use crate::http::Request;
use crate::ports::{Clock as _, CrashReports as _, Kv};

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
    pub(super) async fn facts(&self, request: &Request) -> Facts {
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
        let now = self.ports.clock().now();
        let settings = self.setup.settings().ok();
        let asked = CheckUp {
            public_key: settings.map(|it| it.public_key.to_hex()),
            address: origin(request),
            takes_webhooks: settings.map(|it| it.webhook_secret.is_some()),
            keeps_reports: Some(back.are_kept()),
            model_token: self.setup.model().specimen(now),
        };
        let model = async {
            let service = checkup::model(self.setup.model(), self.ports.http());
            let (mut checks, switch) =
                futures_util::future::join(service, self.switch_check()).await;
            checks.push(switch);
            checks
        };
        let (open, dead, consumer, checks, model) = futures_util::future::join5(
            back.list(OPEN_PREFIX),
            self.dead(&dead),
            heartbeat,
            back.check_up(&asked),
            model,
        )
        .await;
        let found = self.setup.operator().found().iter();
        let (mut checks, checks_failed) = match checks {
            Ok(checks) => (checks, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        checks.extend(model);
        checks.extend(self.setup.hooks().checks());
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

    /// The switch of `bugbot model`.
    async fn switch_check(&self) -> Check {
        let (area, name) = ("model", "switch");
        let Ok(view) = self.model().await else {
            let fix = "npx wrangler tail --env consumer";
            return Check::fail(area, name, "the ledger, which pays, does not answer", fix);
        };
        let Some(shut) = view.shut else {
            return Check::ok(area, name, "is on");
        };
        let found = format!("is OFF, by {}: {}", shut.by, shut.reason);
        Check::warn(area, name, found, "bugbot model on")
    }
}

/// Where a request was sent, without its path.
fn origin(request: &Request) -> Option<String> {
    let uri = request.uri();
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}
