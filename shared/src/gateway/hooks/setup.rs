//! Which hooks there are.
//!
//! `HOOKS` names them. Each has a variable of its own, because a variable holds at most 5 KB
//! (<https://developers.cloudflare.com/workers/platform/limits/>), and a secret: `sentry-prod` has
//! `HOOK_SENTRY_PROD`, an object of JSON, and `HOOK_SENTRY_PROD_SECRET`.
//!
//! Invariant: the hooks are wholly right or none is taken. A mistake closes the hooks alone; it is
//! named with its route and field at `/health/ready`.

mod read;
#[cfg(test)]
mod tests;

use crate::gateway::Problem;
use crate::hooks::{Missing, Route, Template};
use crate::id::{ChannelId, GuildId};
use crate::secret::Secret;

use crate::hooks::edge::Format;
use crate::hooks::edge::verify::MIN_SECRET_CHARS;

/// Names the hooks: `sentry, deploys`.
pub const HOOKS: &str = "HOOKS";
/// Opens what waits to whoever bears it.
pub const PULL_TOKEN: &str = "HOOKS_PULL_TOKEN";
/// The objects.
pub const INBOXES_BINDING: &str = "INBOXES";

/// The configuration as it was found.
#[derive(Debug, Clone)]
pub struct HooksSetup {
    hooks: Result<Vec<Hook>, Vec<Problem>>,
    pull_token: Option<Secret>,
}

/// A route, whose deliveries it takes, and what becomes of them.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) secret: Secret,
    pub(super) target: Target,
}

/// What becomes of a delivery.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// An event in somebody's inbox.
    Inbox(Route),
    /// A thread in a channel, about what the template says, which is contextualized.
    Contextualize(Alerting),
}

/// Where threads are begun.
#[derive(Debug, Clone)]
pub(super) struct Alerting {
    pub(super) guild: GuildId,
    pub(super) channel: ChannelId,
    pub(super) template: Template,
    pub(super) missing: Missing,
}

impl HooksSetup {
    /// Reads the configuration: `text` looks up a variable or secret, `is_bound` a binding.
    pub fn read(text: impl Fn(&str) -> Option<String>, is_bound: impl Fn(&str) -> bool) -> Self {
        let get = |name: &str| {
            let value = text(name).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty())
        };
        let mut problems = Vec::new();
        let mut hooks = Vec::new();
        for name in names(&get(HOOKS).unwrap_or_default()) {
            match read::hook(name, &get) {
                Ok(_) if hooks.iter().any(|hook: &Hook| hook.name == name) => {
                    problems.push(problem(HOOKS, format!("names {name:?} twice")));
                }
                Ok(hook) => hooks.push(hook),
                Err(wrong) => problems.push(problem(HOOKS, wrong)),
            }
        }
        let is_used = !hooks.is_empty() || !problems.is_empty();
        if is_used && !is_bound(INBOXES_BINDING) {
            problems.push(problem(INBOXES_BINDING, "is not bound".to_owned()));
        }
        let pull_token = get(PULL_TOKEN);
        if let Some(token) = &pull_token
            && token.chars().count() < MIN_SECRET_CHARS
        {
            let what = format!("has fewer than {MIN_SECRET_CHARS} characters: it can be guessed");
            problems.push(problem(PULL_TOKEN, what));
        }
        Self {
            hooks: if problems.is_empty() {
                Ok(hooks)
            } else {
                Err(problems)
            },
            pull_token: pull_token.map(Secret::new),
        }
    }

    /// The hook of this name; an error where the configuration has a mistake.
    pub(super) fn hook(&self, name: &str) -> Result<Option<&Hook>, &[Problem]> {
        let hooks = self.hooks.as_ref().map_err(Vec::as_slice)?;
        Ok(hooks.iter().find(|hook| hook.name == name))
    }

    /// What opens the events, where they can be pulled.
    pub(super) fn pull_token(&self) -> Option<&Secret> {
        self.pull_token.as_ref().filter(|_| self.hooks.is_ok())
    }

    /// What is not as it should be, and what is off: `/health/ready` says so.
    pub fn off(&self) -> Vec<Problem> {
        let hooks = match &self.hooks {
            Ok(hooks) => hooks,
            Err(problems) => return problems.clone(),
        };
        let fills = hooks
            .iter()
            .any(|hook| matches!(hook.target, Target::Inbox(_)));
        if fills && self.pull_token.is_none() {
            let what = "is missing: nobody can pull what the hooks put into inboxes".to_owned();
            return vec![problem(PULL_TOKEN, what)];
        }
        Vec::new()
    }
}

fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

fn problem(name: &'static str, what: String) -> Problem {
    Problem { name, what }
}
