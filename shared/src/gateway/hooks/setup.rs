//! Which hooks there are.
//!
//! `HOOKS` names them. Each has a variable of its own, because a variable holds at most 5 KB
//! (<https://developers.cloudflare.com/workers/platform/limits/>), and a secret: `sentry-prod` has
//! `HOOK_SENTRY_PROD`, an object of JSON, and `HOOK_SENTRY_PROD_SECRET`.
//!
//! Invariant: the hooks are wholly right or none is taken. A mistake closes the hooks alone; it is
//! named with its route and field at `/health/ready`.

mod checks;
mod read;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::BTreeSet;

pub(super) use self::tokens::{Opens, PullTokens};
pub use self::tokens::{PULL_TOKEN, PULL_TOKENS};
use crate::gateway::Problem;
use crate::hooks::edge::Format;
use crate::hooks::{Missing, Recipient, Route, Template};
use crate::id::{ChannelId, GuildId};
use crate::secret::Secret;

/// Names the hooks: `sentry, deploys`.
pub const HOOKS: &str = "HOOKS";
/// The objects.
pub const INBOXES_BINDING: &str = "INBOXES";

/// The configuration as it was found.
#[derive(Debug, Clone)]
pub struct HooksSetup {
    hooks: Result<Vec<Hook>, Vec<Problem>>,
    tokens: PullTokens,
}

/// A route, whose deliveries it takes, and what becomes of them.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) secret: Secret,
    /// The types of deliveries that it takes; without them, all.
    pub(super) events: Option<Vec<String>>,
    pub(super) target: Target,
}

impl Hook {
    /// The variable that describes it.
    fn variable(name: &str) -> String {
        format!("HOOK_{}", name.to_ascii_uppercase().replace('-', "_"))
    }

    /// The secret that its sender has.
    fn secret_variable(&self) -> String {
        format!("{}_SECRET", Self::variable(&self.name))
    }

    /// Whose inbox it fills, if it does.
    fn recipient(&self) -> Option<&Recipient> {
        match &self.target {
            Target::Inbox(route) => Some(&route.recipient),
            Target::Contextualize(_) => None,
        }
    }

    /// Whether it takes deliveries of this type.
    pub(super) fn wants(&self, event_type: Option<&str>) -> bool {
        match (&self.events, event_type) {
            (None, _) => true,
            (Some(wanted), Some(given)) => wanted.iter().any(|it| it == given),
            (Some(_), None) => false,
        }
    }
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
        let tokens = PullTokens::read(&get, &mut problems);
        Self {
            hooks: if problems.is_empty() {
                Ok(hooks)
            } else {
                Err(problems)
            },
            tokens,
        }
    }

    /// The hook of this name; an error where the configuration has a mistake.
    pub(super) fn hook(&self, name: &str) -> Result<Option<&Hook>, &[Problem]> {
        let hooks = self.hooks.as_ref().map_err(Vec::as_slice)?;
        Ok(hooks.iter().find(|hook| hook.name == name))
    }

    /// What opens the events, where they can be pulled.
    pub(super) fn tokens(&self) -> Option<&PullTokens> {
        let is_open = self.hooks.is_ok() && !self.tokens.are_none();
        is_open.then_some(&self.tokens)
    }

    /// What is not as it should be, and what is off: `/health/ready` says so.
    pub fn off(&self) -> Vec<Problem> {
        let hooks = match &self.hooks {
            Ok(hooks) => hooks,
            Err(problems) => return problems.clone(),
        };
        if self.closed(hooks).is_empty() {
            return Vec::new();
        }
        // Anybody reads this: the doctor says who they are.
        vec![if self.tokens.are_none() {
            let what = "is missing: nobody can pull what the hooks put into inboxes".to_owned();
            problem(PULL_TOKEN, what)
        } else {
            let what = "has no token for some recipients: nobody can pull what waits for them";
            problem(PULL_TOKENS, what.to_owned())
        }]
    }

    /// Who is sent events that nobody can pull.
    fn closed<'a>(&self, hooks: &'a [Hook]) -> BTreeSet<&'a Recipient> {
        let filled = hooks.iter().filter_map(Hook::recipient);
        filled.filter(|it| !self.tokens.open(it)).collect()
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
