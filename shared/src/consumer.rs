//! What the consumer stands on: its ports in one bundle, and the services over them.
//!
//! Architecture invariant: `deliver`, `contextualize` and `fix` stand on this, and it names none of
//! them.

pub(crate) mod mark;

use crate::audit::Audits;
use crate::discord::client::DiscordClient;
use crate::github::GitHubClient;
use crate::http::Http;
use crate::hub::Hubs;
use crate::ledger::Ledgers;
use crate::linear::LinearClient;
use crate::ports::{Clock, CrashReports, Dice, Kv, Log, Queue};
use crate::posthog::PostHogClient;
use crate::service::{BadAccess, Service};
use crate::settings::Settings;
use crate::thread::Threads;
use crate::upstream::{Guarded, Upstreams};

/// Every port of the consumer. The worker's shell implements it, and so do the tests.
///
/// Job objects are reached by deliveries only ([`crate::fix::Jobs`]): a fix does not ask one.
pub trait Platform:
    Http + Clock + Dice + Kv + Log + Threads + Upstreams + Audits + Ledgers + Hubs + CrashReports
{
    /// A queue of this platform.
    type Queue: Queue;
    /// `bugbot-commands`.
    fn commands(&self) -> &Self::Queue;
    /// `bugbot-commands-dlq`.
    fn dead_letters(&self) -> &Self::Queue;
}

/// The outside services over `P`; reached through `H`, which is ordinarily the guard that leaves
/// alone what is down.
#[derive(Debug)]
pub struct Services<'a, P, H = Guarded<'a, P>> {
    /// Discord.
    pub discord: DiscordClient<H>,
    /// Linear.
    pub linear: LinearClient<H, &'a P>,
    /// PostHog, where it is used.
    pub posthog: Option<PostHogClient<H>>,
    /// GitHub.
    pub github: GitHubClient<H, &'a P>,
}

impl<'a, P: Http + Clock + Dice + Log + Upstreams> Services<'a, P> {
    /// The services at the addresses of `settings`.
    pub fn new(platform: &'a P, settings: &Settings) -> Result<Self, BadAccess> {
        Self::over(platform, settings, |service| {
            Guarded::new(platform, service)
        })
    }
}

impl<'a, P: Http + Clock> Services<'a, P, &'a P> {
    /// The same without a guard, for whoever wants to see for themselves.
    pub fn unguarded(platform: &'a P, settings: &Settings) -> Result<Self, BadAccess> {
        Self::over(platform, settings, |_| platform)
    }
}

impl<'a, P: Clock, H: Http> Services<'a, P, H> {
    fn over(
        clock: &'a P,
        settings: &Settings,
        to: impl Fn(Service) -> H,
    ) -> Result<Self, BadAccess> {
        let Settings {
            discord,
            linear,
            posthog,
            github,
            ..
        } = settings;
        let posthog = posthog
            .as_ref()
            .map(|it| PostHogClient::new(to(Service::PostHog), &it.host, &it.project, &it.api_key));
        Ok(Self {
            discord: DiscordClient::new(
                to(Service::Discord),
                &discord.api_url,
                &discord.bot_token,
            )?,
            linear: LinearClient::new(
                to(Service::Linear),
                clock,
                &linear.api_url,
                &linear.api_key,
            )?
            .redacting(settings.redaction),
            posthog: posthog.transpose()?,
            github: GitHubClient::new(to(Service::GitHub), clock, &github.api_url, &github.auth)?,
        })
    }
}
