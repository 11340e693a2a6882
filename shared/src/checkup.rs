//! A look at everything outside that bugbot stands on, with the credentials that it has: does each
//! let it in, and may it do what it will want to do?
//!
//! Reads only. Run where the credentials are: in the consumer when somebody asks `bugbot doctor`,
//! or on the operator's machine before anything is deployed. No line holds a credential.

mod discord;
mod github;
mod linear;
mod model;
mod posthog;
mod reports;
mod sandbox;
#[cfg(test)]
mod tests;
mod upstreams;
mod webhook;
mod workers;

use serde::{Deserialize, Serialize};

pub use self::model::model;
pub use self::reports::crash_reports;
pub use self::sandbox::{no_sandbox, sandbox};
pub use self::upstreams::upstreams;
use crate::consumer::Services;
use crate::http::Http;
use crate::ports::Clock;
use crate::secret::Secret;
use crate::service::ServiceError;
use crate::settings::{BadSettings, Settings};

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could; or it could not be looked at.
    Warn,
    /// Something will not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it belongs to: `Discord`.
    pub area: String,
    /// What was looked at: `bot token`.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do, if there is anything to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(area: &str, name: &str, found: impl Into<String>) -> Self {
        Self {
            area: area.to_owned(),
            name: name.to_owned(),
            health: Health::Ok,
            found: found.into(),
            fix: None,
        }
    }

    /// Something to know about.
    pub fn warn(area: &str, name: &str, found: impl Into<String>, fix: &str) -> Self {
        let check = Self::ok(area, name, found);
        Self {
            health: Health::Warn,
            fix: Some(fix.to_owned()),
            ..check
        }
    }

    /// Something to mend.
    pub fn fail(area: &str, name: &str, found: impl Into<String>, fix: &str) -> Self {
        let check = Self::warn(area, name, found, fix);
        Self {
            health: Health::Fail,
            ..check
        }
    }

    /// A call that did not work. One that may work later is no reason to change anything.
    fn failed(area: &str, name: &str, error: &ServiceError, fix: &str) -> Self {
        if error.is_transient() {
            let later = "Ask again in a minute; the service's status page may know more.";
            return Self::warn(area, name, error.to_string(), later);
        }
        Self::fail(area, name, error.to_string(), fix)
    }
}

/// What the one who asks knows, and the one who looks does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckUp {
    /// The public key that the gateway verifies with.
    pub public_key: Option<String>,
    /// Where the gateway was asked, as an origin.
    #[serde(default)]
    pub address: Option<String>,
    /// Whether the gateway has a secret for GitHub's webhook.
    #[serde(default)]
    pub takes_webhooks: Option<bool>,
    /// Whether the gateway has a bucket of crash reports.
    #[serde(default)]
    pub keeps_reports: Option<bool>,
    /// A token of the gateway's making, which pays for nothing.
    #[serde(default)]
    pub model_token: Option<Secret>,
}

/// Looks at everything, all services at once; with settings that cannot be used, at those only.
pub async fn check_up<P: Http + Clock>(
    ports: &P,
    settings: &Result<Settings, BadSettings>,
    asked: &CheckUp,
) -> Vec<Check> {
    match settings {
        Ok(settings) => with_settings(ports, settings, asked).await,
        Err(BadSettings(problems)) => {
            let fix = "Set it: variables in wrangler.toml, secrets with `npx wrangler secret put \
                       NAME --env consumer`; then deploy.";
            let checks = problems.iter();
            checks
                .map(|problem| Check::fail("settings", "consumer", problem, fix))
                .collect()
        }
    }
}

async fn with_settings<P: Http + Clock>(
    ports: &P,
    settings: &Settings,
    asked: &CheckUp,
) -> Vec<Check> {
    let settled = Check::ok("settings", "consumer", "are complete");
    let services = match Services::unguarded(ports, settings) {
        Ok(services) => services,
        Err(bad) => {
            let fix = "Correct the address or the credential, and deploy or set it again.";
            return vec![Check::fail("settings", "access", bad.to_string(), fix)];
        }
    };
    let posthog = async {
        match &services.posthog {
            Some(client) => posthog::checks(client).await,
            None => vec![posthog::unused()],
        }
    };
    let gateway_url = &settings.runs.gateway_url;
    let (discord, linear, posthog, github, webhook) = futures_util::future::join5(
        discord::checks(&services.discord, asked.public_key.as_deref(), gateway_url),
        linear::checks(&services.linear, &settings.linear),
        posthog,
        github::checks(&services.github, &settings.github),
        webhook::checks(&services.github, asked, gateway_url),
    )
    .await;
    let workers = workers::checks(asked, settings, ports.now());
    [
        vec![settled],
        workers,
        discord,
        linear,
        posthog,
        github,
        webhook,
    ]
    .concat()
}
