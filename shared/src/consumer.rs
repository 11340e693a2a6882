//! What the consumer stands on: its ports in one bundle, and the services over them.
//!
//! Architecture invariant: `deliver`, `contextualize` and `fix` stand on this, and it names none of
//! them.

pub(crate) mod mark;

use crate::audit::Audits;
use crate::discord::client::DiscordClient;
use crate::github::GitHubClient;
use crate::http::Http;
use crate::ledger::Ledgers;
use crate::linear::LinearClient;
use crate::ports::{Clock, Dice, Kv, Log, Queue};
use crate::posthog::PostHogClient;
use crate::service::BadAccess;
use crate::settings::Settings;
use crate::thread::Threads;

/// Every port of the consumer. The worker's shell implements it, and so do the tests.
///
/// Job objects are reached by deliveries only ([`crate::fix::Jobs`]): a fix does not ask one.
pub trait Platform: Http + Clock + Dice + Kv + Log + Threads + Audits + Ledgers {
    /// A queue of this platform.
    type Queue: Queue;
    /// `bugbot-commands`.
    fn commands(&self) -> &Self::Queue;
    /// `bugbot-commands-dlq`.
    fn dead_letters(&self) -> &Self::Queue;
}

/// The outside services.
#[derive(Debug)]
pub struct Services<'a, H> {
    /// Discord.
    pub discord: DiscordClient<&'a H>,
    /// Linear.
    pub linear: LinearClient<&'a H, &'a H>,
    /// PostHog, where it is used.
    pub posthog: Option<PostHogClient<&'a H>>,
    /// GitHub.
    pub github: GitHubClient<&'a H, &'a H>,
}

impl<'a, H: Http + Clock> Services<'a, H> {
    /// The services at the addresses of `settings`.
    pub fn new(http: &'a H, settings: &Settings) -> Result<Self, BadAccess> {
        let Settings {
            discord,
            linear,
            posthog,
            github,
            ..
        } = settings;
        Ok(Self {
            discord: DiscordClient::new(http, &discord.api_url, &discord.bot_token)?,
            linear: LinearClient::new(http, http, &linear.api_url, &linear.api_key)?,
            posthog: posthog
                .as_ref()
                .map(|it| PostHogClient::new(http, &it.host, &it.project, &it.api_key))
                .transpose()?,
            github: GitHubClient::new(http, http, &github.api_url, &github.auth)?,
        })
    }
}
