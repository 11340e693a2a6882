//! What the gateway is configured with, read once from its environment.
//!
//! With anything missing or malformed no interaction is answered: a bot that takes commands which
//! it cannot carry out is worse than one that says at `/health/ready` what it lacks. Only names
//! and reasons are ever shown, no value.

use super::hooks::HooksSetup;
use crate::discord::client::DEFAULT_BASE;
use crate::discord::signature::PublicKey;
use crate::github::webhook::signature::MIN_SECRET_CHARS;
use crate::hub::HubSetup;
use crate::model::ModelSetup;
use crate::operator::OperatorSetup;
use crate::secret::Secret;
use crate::service::Api;

/// The queue of jobs.
pub const QUEUE_BINDING: &str = "COMMANDS";
/// The Thread objects.
pub const THREADS_BINDING: &str = "THREADS";

const PUBLIC_KEY: &str = "DISCORD_PUBLIC_KEY";
const BOT_TOKEN: &str = "DISCORD_BOT_TOKEN";
const API_URL: &str = "DISCORD_API_URL";
const WEBHOOK_SECRET: &str = "GITHUB_WEBHOOK_SECRET";

/// Settings that are complete and well-formed.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// With which Discord signs.
    pub public_key: PublicKey,
    /// Reads the history of conversations.
    pub bot_token: Secret,
    /// Where Discord is.
    pub discord_api_url: String,
    /// With which GitHub signs; without it nothing is taken from GitHub.
    pub webhook_secret: Option<Secret>,
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {what}")]
pub struct Problem {
    /// The variable, secret or binding.
    pub name: &'static str,
    /// What is wrong with it: `is missing`.
    pub what: String,
}

/// The configuration as it was found.
#[derive(Debug, Clone)]
pub struct Setup {
    interactions: Result<GatewaySettings, Vec<Problem>>,
    model: ModelSetup,
    /// By itself: the operator API works where the settings do not, to say so.
    operator: OperatorSetup,
    /// By itself too: volunteers claim issues where no command is taken.
    hub: HubSetup,
    /// And so are these: a mistake in a hook is no reason to take no command.
    hooks: HooksSetup,
}

impl Setup {
    /// Reads the configuration: `text` looks up a variable or secret, `is_bound` a binding.
    pub fn read(text: impl Fn(&str) -> Option<String>, is_bound: impl Fn(&str) -> bool) -> Self {
        Self {
            interactions: Self::interactions(&text, &is_bound),
            model: ModelSetup::read(&text, &is_bound),
            operator: OperatorSetup::read(&text, &is_bound),
            hub: HubSetup::read(&text, &is_bound),
            hooks: HooksSetup::read(&text, &is_bound),
        }
    }

    /// The hub's own.
    pub fn hub(&self) -> &HubSetup {
        &self.hub
    }

    /// The hooks' own.
    pub fn hooks(&self) -> &HooksSetup {
        &self.hooks
    }

    /// The operator API's own.
    pub fn operator(&self) -> &OperatorSetup {
        &self.operator
    }

    fn interactions(
        text: impl Fn(&str) -> Option<String>,
        is_bound: impl Fn(&str) -> bool,
    ) -> Result<GatewaySettings, Vec<Problem>> {
        let public_key = required(PUBLIC_KEY, &text).and_then(|key| {
            PublicKey::parse(&key).map_err(|error| problem(PUBLIC_KEY, error.to_string()))
        });
        let bot_token = required(BOT_TOKEN, &text).map(Secret::new).and_then(usable);
        let discord_api_url = absolute(text(API_URL).unwrap_or_else(|| DEFAULT_BASE.to_owned()));
        let webhook_secret = webhook_secret(&text);
        let unbound = [QUEUE_BINDING, THREADS_BINDING]
            .into_iter()
            .filter(|name| !is_bound(name));
        let unbound: Vec<_> = unbound.map(|name| problem(name, "is not bound")).collect();
        match (public_key, bot_token, discord_api_url, webhook_secret) {
            (Ok(public_key), Ok(bot_token), Ok(discord_api_url), Ok(webhook_secret))
                if unbound.is_empty() =>
            {
                Ok(GatewaySettings {
                    public_key,
                    bot_token,
                    discord_api_url,
                    webhook_secret,
                })
            }
            (public_key, bot_token, discord_api_url, webhook_secret) => {
                let malformed = [
                    public_key.err(),
                    bot_token.err(),
                    discord_api_url.err(),
                    webhook_secret.err(),
                ];
                let mut problems: Vec<_> = malformed.into_iter().flatten().chain(unbound).collect();
                problems.sort_by_key(|problem| problem.name);
                Err(problems)
            }
        }
    }

    /// The settings, if all is well.
    pub fn settings(&self) -> Result<&GatewaySettings, &[Problem]> {
        self.interactions.as_ref().map_err(Vec::as_slice)
    }

    /// What is not configured and need not be.
    pub fn off(&self) -> Vec<Problem> {
        let has_webhook = self.settings().is_ok_and(|it| it.webhook_secret.is_some());
        // With problems, the secret is named among them or does not matter yet.
        if !self.problems().is_empty() {
            return Vec::new();
        }
        let webhook = (!has_webhook).then(webhook_is_off);
        let model = self.model.problems().iter().cloned();
        let of_hub = self.hub.off().into_iter();
        let hub = of_hub.map(|lack| problem(lack.name, lack.what));
        let hooks = self.hooks.off();
        webhook
            .into_iter()
            .chain(model)
            .chain(hub)
            .chain(hooks)
            .collect()
    }

    /// What model calls are passed on with.
    pub fn model(&self) -> &ModelSetup {
        &self.model
    }

    /// What is wrong.
    pub fn problems(&self) -> &[Problem] {
        self.settings().err().unwrap_or_default()
    }
}

fn required(name: &'static str, text: &impl Fn(&str) -> Option<String>) -> Result<String, Problem> {
    text(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| problem(name, "is missing"))
}

/// Why nothing is taken from GitHub.
pub(super) fn webhook_is_off() -> Problem {
    let what =
        "is missing: what happens to pull requests (checks, reviews, merges) is not followed";
    problem(WEBHOOK_SECRET, what)
}

fn webhook_secret(text: &impl Fn(&str) -> Option<String>) -> Result<Option<Secret>, Problem> {
    let secret = text(WEBHOOK_SECRET).map(|secret| secret.trim().to_owned());
    match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) if secret.chars().count() < MIN_SECRET_CHARS => {
            let what = format!("has fewer than {MIN_SECRET_CHARS} characters: it can be guessed");
            Err(problem(WEBHOOK_SECRET, what))
        }
        secret => Ok(secret.map(Secret::new)),
    }
}

fn absolute(url: String) -> Result<String, Problem> {
    match Api::new(&url) {
        Ok(_) => Ok(url),
        Err(_) => Err(problem(API_URL, "is not an absolute http(s) address")),
    }
}

fn usable(token: Secret) -> Result<Secret, Problem> {
    match Api::new(DEFAULT_BASE).and_then(|api| api.authorized("Bot ", &token)) {
        Ok(_) => Ok(token),
        Err(_) => Err(problem(
            BOT_TOKEN,
            "holds a line break or another control character",
        )),
    }
}

fn problem(name: &'static str, what: impl Into<String>) -> Problem {
    Problem {
        name,
        what: what.into(),
    }
}
