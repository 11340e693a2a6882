//! What `bugbot doctor` reads of the hooks: what each takes and where to, and what to mend.

use super::{HOOKS, Hook, HooksSetup, PULL_TOKEN, PULL_TOKENS, PullTokens, Target};
use crate::checkup::Check;
use crate::hooks::Recipient;
use crate::secret::Secret;

const AREA: &str = "hooks";

impl HooksSetup {
    /// A line for each hook, and one for each finding. None holds a secret.
    pub fn checks(&self) -> Vec<Check> {
        let hooks = match &self.hooks {
            Ok(hooks) if hooks.is_empty() => {
                return vec![Check::ok(AREA, HOOKS, "names none")];
            }
            Ok(hooks) => hooks,
            Err(problems) => {
                let fix = "Correct it in wrangler.toml and deploy, or set the secret that it names \
                           with `npx wrangler secret put NAME --env gateway`. Until then no hook \
                           takes anything, and nothing can be pulled.";
                let checks = problems.iter();
                return checks
                    .map(|problem| Check::fail(AREA, problem.name, &problem.what, fix))
                    .collect();
            }
        };
        hooks
            .iter()
            .map(described)
            .chain(self.no_token_for(hooks))
            .chain(shared_by_hooks(hooks))
            .chain(shared_with_tokens(hooks, &self.tokens))
            .chain(unused(hooks, &self.tokens))
            .collect()
    }

    fn no_token_for(&self, hooks: &[Hook]) -> Option<Check> {
        let closed = self.closed(hooks).into_iter();
        let closed: Vec<&str> = closed.map(Recipient::as_str).collect();
        if closed.is_empty() {
            return None;
        }
        let name = if self.tokens.are_none() {
            PULL_TOKEN
        } else {
            PULL_TOKENS
        };
        let found = format!(
            "has nothing for {}: nobody can pull what waits",
            closed.join(", ")
        );
        let fix = format!(
            "npx wrangler secret put {name} --env gateway; then the same token in the collector's \
             token_file."
        );
        Some(Check::fail(AREA, name, found, &fix))
    }
}

fn described(hook: &Hook) -> Check {
    let takes = hook.events.as_ref().map(|events| events.join(", "));
    let takes = takes.map_or_else(String::new, |events| format!(" ({events})"));
    let to = match &hook.target {
        Target::Inbox(route) => format!("the inbox of {}", route.recipient.as_str()),
        Target::Contextualize(at) => format!("threads in channel {}", at.channel),
    };
    let found = format!("{}{takes} to {to}", hook.format.as_str());
    Check::ok(AREA, &hook.name, found)
}

/// What one tool has signed, the hook of another takes.
fn shared_by_hooks(hooks: &[Hook]) -> Vec<Check> {
    let mut checks = Vec::new();
    for (nth, hook) in hooks.iter().enumerate() {
        let same = hooks[..nth]
            .iter()
            .find(|it| is_same(&it.secret, &hook.secret));
        if let Some(other) = same {
            let found = format!(
                "has the secret of {}: each takes what is for the other",
                other.name
            );
            let fix = format!(
                "Give one of the two tools a secret of its own, then npx wrangler secret put \
                 {} --env gateway",
                hook.secret_variable()
            );
            checks.push(Check::warn(AREA, &hook.name, found, &fix));
        }
    }
    checks
}

/// Whoever sends could pull.
fn shared_with_tokens(hooks: &[Hook], tokens: &PullTokens) -> Vec<Check> {
    let fix = "openssl rand -hex 32, and npx wrangler secret put NAME --env gateway";
    let mut checks = Vec::new();
    let all = tokens.all.as_ref().map(|token| (PULL_TOKEN, token));
    let named = tokens.of.values().map(|token| (PULL_TOKENS, token));
    for (name, token) in all.into_iter().chain(named) {
        let sender = hooks.iter().find(|hook| is_same(&hook.secret, token));
        if let Some(hook) = sender {
            let found = format!(
                "holds the secret of {}, whose tool can pull with it",
                hook.name
            );
            checks.push(Check::fail(AREA, name, found, fix));
        }
    }
    for (recipient, token) in &tokens.of {
        if tokens.all.as_ref().is_some_and(|all| is_same(all, token)) {
            let whose = recipient.as_str();
            let found = format!("gives {whose} the token of {PULL_TOKEN}, which opens all inboxes");
            checks.push(Check::warn(AREA, PULL_TOKENS, found, fix));
        }
    }
    checks
}

/// Most likely a name that is spelled in two ways.
fn unused(hooks: &[Hook], tokens: &PullTokens) -> Option<Check> {
    let is_filled = |it: &&Recipient| hooks.iter().any(|hook| hook.recipient() == Some(*it));
    let unused = tokens.of.keys().filter(|it| !is_filled(it));
    let unused: Vec<&str> = unused.map(Recipient::as_str).collect();
    if unused.is_empty() {
        return None;
    }
    let found = format!(
        "has a token for {}, to whom no hook sends",
        unused.join(", ")
    );
    let fix = "Correct the name there or in the hook's `to.inbox`, or leave it out.";
    Some(Check::warn(AREA, PULL_TOKENS, found, fix))
}

/// Both are the operator's: nobody is there to measure how long it takes.
fn is_same(one: &Secret, other: &Secret) -> bool {
    one.expose() == other.expose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkup::Health;

    const ALICES: &str = r#"{"format": "github", "to": {"inbox": "alice"}, "type": "INFO",
                             "events": ["issues", "push"], "template": "x"}"#;
    const BOBS: &str = r#"{"format": "bearer", "to": {"inbox": "bob"}, "type": "INFO",
                           "template": "x"}"#;
    const ALERTS: &str = r#"{"format": "sentry", "template": "x",
                             "to": {"contextualize": {"guild": "1", "channel": "2"}}}"#;

    /// What is found where all is well but for this; `""` takes a variable away.
    fn found(changed: &[(&str, &str)]) -> String {
        let well = [
            ("HOOKS", "alices, bobs, alerts"),
            ("HOOK_ALICES", ALICES),
            ("HOOK_ALICES_SECRET", "alices-own-secret"),
            ("HOOK_BOBS", BOBS),
            ("HOOK_BOBS_SECRET", "bobs-own-secret!"),
            ("HOOK_ALERTS", ALERTS),
            ("HOOK_ALERTS_SECRET", "alerts-own-secret"),
            ("HOOKS_PULL_TOKEN", "all-open-to-this"),
        ];
        let text = |name: &str| {
            let mut known = changed.iter().chain(&well);
            let found = known.find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let setup = HooksSetup::read(text, |_| true);
        let line = |check: Check| {
            assert_eq!(check.area, "hooks");
            assert_eq!(check.fix.is_some(), check.health != Health::Ok, "{check:?}");
            format!("{:?} {}: {}", check.health, check.name, check.found)
        };
        let lines: Vec<String> = setup.checks().into_iter().map(line).collect();
        let text = lines.join("\n");
        assert!(
            !text.contains("-own-") && !text.contains("-open-"),
            "{text}"
        );
        text
    }

    /// The same without the lines of a setup in which all is well.
    fn besides(changed: &[(&str, &str)]) -> String {
        let found = found(changed);
        let is_new = |line: &&str| !line.starts_with("Ok ");
        found.lines().filter(is_new).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn hooks_that_are_well_are_named_with_what_they_take_and_where_to() {
        insta::assert_snapshot!(found(&[]), @r"
        Ok alices: github (issues, push) to the inbox of alice
        Ok bobs: bearer to the inbox of bob
        Ok alerts: sentry to threads in channel 2
        ");
        assert_eq!(found(&[("HOOKS", "")]), "Ok HOOKS: names none");
    }

    #[test]
    fn a_hook_without_its_secret_or_with_a_name_that_cannot_be_one_is_a_failure() {
        insta::assert_snapshot!(found(&[("HOOK_BOBS_SECRET", "")]), @"Fail HOOKS: wants the secret HOOK_BOBS_SECRET, which is missing");
        insta::assert_snapshot!(found(&[("HOOKS", "Alices, events")]), @r#"
        Fail HOOKS: names "Alices": a name is of lower-case letters, digits and -, and begins with a letter
        Fail HOOKS: names "events", which is taken
        "#);
    }

    #[test]
    fn inboxes_that_nobody_can_pull_are_a_failure() {
        insta::assert_snapshot!(besides(&[("HOOKS_PULL_TOKEN", "")]), @"Fail HOOKS_PULL_TOKEN: has nothing for alice, bob: nobody can pull what waits");
        let alices = ("HOOKS_PULL_TOKENS", r#"{"alice": "alice-own-token!"}"#);
        insta::assert_snapshot!(besides(&[("HOOKS_PULL_TOKEN", ""), alices]), @"Fail HOOKS_PULL_TOKENS: has nothing for bob: nobody can pull what waits");
        assert_eq!(besides(&[alices]), "", "the token of all opens bob's");
        // Threads need none.
        assert_eq!(
            besides(&[("HOOKS", "alerts"), ("HOOKS_PULL_TOKEN", "")]),
            ""
        );
    }

    #[test]
    fn secrets_that_open_more_than_one_thing_are_named() {
        insta::assert_snapshot!(besides(&[("HOOK_BOBS_SECRET", "alices-own-secret")]), @"Warn bobs: has the secret of alices: each takes what is for the other");
        insta::assert_snapshot!(besides(&[("HOOKS_PULL_TOKEN", "bobs-own-secret!")]), @"Fail HOOKS_PULL_TOKEN: holds the secret of bobs, whose tool can pull with it");
        let both = r#"{"alice": "bobs-own-secret!", "bob": "all-open-to-this"}"#;
        insta::assert_snapshot!(besides(&[("HOOKS_PULL_TOKENS", both)]), @r"
        Fail HOOKS_PULL_TOKENS: holds the secret of bobs, whose tool can pull with it
        Warn HOOKS_PULL_TOKENS: gives bob the token of HOOKS_PULL_TOKEN, which opens all inboxes
        ");
    }

    #[test]
    fn a_token_for_somebody_to_whom_nothing_is_sent_is_named() {
        let tokens = r#"{"alcie": "alice-own-token!", "bob": "bob-has-his-own-token"}"#;
        insta::assert_snapshot!(besides(&[("HOOKS_PULL_TOKENS", tokens)]), @"Warn HOOKS_PULL_TOKENS: has a token for alcie, to whom no hook sends");
    }
}
