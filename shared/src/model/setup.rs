//! What the gateway needs to pass model calls on.
//!
//! Apart from the rest of its configuration: where the model is not set up, commands are taken
//! all the same (`contextualize` needs no model), and `/health/ready` says what is missing.

use std::time::Duration;

use jiff::Timestamp;

use super::{Claim, Prices, TokenKey};
use crate::gateway::Problem;
use crate::id::{GuildId, JobId, UserId};
use crate::secret::Secret;
use crate::service::Api;

/// Where the service is, unless told otherwise.
const DEFAULT_BASE: &str = "https://api.anthropic.com";
/// The ledgers.
const LEDGERS_BINDING: &str = "LEDGERS";
/// Longer than anybody takes to look at it. No ledger has an account for the job it names, so that
/// it pays for nothing.
const SPECIMEN_LASTS: Duration = Duration::from_mins(1);

/// The configuration as it was found.
#[derive(Debug, Clone)]
pub struct ModelSetup(Result<ModelSettings, Vec<Problem>>);

/// Settings that are complete and well-formed.
#[derive(Debug, Clone)]
pub(super) struct ModelSettings {
    /// `ANTHROPIC_BASE_URL`.
    pub(super) base: String,
    /// `ANTHROPIC_API_KEY`.
    pub(super) key: Secret,
    /// `MODEL_TOKEN_KEY`.
    pub(super) tokens: TokenKey,
    /// `MODEL_PRICES`.
    pub(super) prices: Prices,
    /// `MODEL_SWITCH`: whether calls are passed on.
    pub(super) is_on: bool,
}

impl ModelSetup {
    /// Reads the configuration: `text` looks up a variable or secret, `is_bound` a binding.
    pub fn read(text: impl Fn(&str) -> Option<String>, is_bound: impl Fn(&str) -> bool) -> Self {
        let mut problems = Vec::new();
        let get = |name: &str| {
            let value = text(name).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty())
        };
        let mut wrong = |name, what: String| problems.push(Problem { name, what });
        let missing = || "is missing".to_owned();

        let base = get("ANTHROPIC_BASE_URL").unwrap_or_else(|| DEFAULT_BASE.to_owned());
        if Api::new(&base).is_err() {
            let what = "is not an absolute http(s) address".to_owned();
            wrong("ANTHROPIC_BASE_URL", what);
        }
        let key = get("ANTHROPIC_API_KEY").unwrap_or_else(|| {
            wrong("ANTHROPIC_API_KEY", missing());
            String::new()
        });
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = "holds something other than visible ASCII characters".to_owned();
            wrong("ANTHROPIC_API_KEY", what);
        }
        let tokens = match get("MODEL_TOKEN_KEY").map(|key| TokenKey::new(Secret::new(key))) {
            Some(Ok(tokens)) => Some(tokens),
            Some(Err(what)) => {
                wrong("MODEL_TOKEN_KEY", what.to_owned());
                None
            }
            None => {
                wrong("MODEL_TOKEN_KEY", missing());
                None
            }
        };
        let prices = Prices::parse(&get("MODEL_PRICES").unwrap_or_default());
        let prices = prices.unwrap_or_else(|bad| {
            wrong("MODEL_PRICES", format!("cannot be read: {bad}"));
            Prices::default()
        });
        let is_on = match get("MODEL_SWITCH").as_deref() {
            None | Some("on") => true,
            Some("off") => false,
            Some(_) => {
                wrong("MODEL_SWITCH", "is neither `on` nor `off`".to_owned());
                false
            }
        };
        if !is_bound(LEDGERS_BINDING) {
            wrong(LEDGERS_BINDING, "is not bound".to_owned());
        }
        match tokens {
            Some(tokens) if problems.is_empty() => Self(Ok(ModelSettings {
                base,
                key: Secret::new(key),
                tokens,
                prices,
                is_on,
            })),
            _ => Self(Err(problems)),
        }
    }

    /// What is wrong.
    pub fn problems(&self) -> &[Problem] {
        self.0.as_ref().err().map_or(&[], Vec::as_slice)
    }

    /// Where the service is and what opens it, if all is well.
    pub(crate) fn service(&self) -> Option<(&str, &Secret)> {
        let settings = self.settings()?;
        Some((&settings.base, &settings.key))
    }

    /// Whether calls are passed on; not where anything is wrong.
    pub(crate) fn is_on(&self) -> bool {
        self.settings().is_some_and(|settings| settings.is_on)
    }

    /// A token that a consumer with the same key takes, for a look at the two.
    pub(crate) fn specimen(&self, now: Timestamp) -> Option<Secret> {
        let nobody = Claim::new(
            JobId::new("checkup"),
            GuildId::new(""),
            UserId::new(""),
            SPECIMEN_LASTS,
            now,
        );
        Some(self.settings()?.tokens.token(&nobody))
    }

    pub(super) fn settings(&self) -> Option<&ModelSettings> {
        self.0.as_ref().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn problems(variables: &[(&str, &str)]) -> Vec<String> {
        let usual = [("ANTHROPIC_API_KEY", "sk"), ("MODEL_TOKEN_KEY", KEY)];
        let setup = ModelSetup::read(
            |name| {
                let all = usual.iter().chain(variables).rev();
                let mut found = all.filter(|(known, _)| *known == name);
                found.next().map(|(_, value)| (*value).to_owned())
            },
            |_| true,
        );
        setup.problems().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn two_secrets_are_enough() {
        assert_eq!(problems(&[]), Vec::<String>::new());
    }

    #[test]
    fn every_problem_is_named_and_no_value_is() {
        let found = problems(&[
            ("ANTHROPIC_API_KEY", "s3cret\u{e9}"),
            ("MODEL_TOKEN_KEY", "s3cret"),
            ("MODEL_PRICES", "x"),
            ("MODEL_SWITCH", "maybe"),
            ("ANTHROPIC_BASE_URL", "nowhere"),
        ]);
        assert_eq!(found.len(), 5, "{found:#?}");
        assert!(!found.iter().any(|problem| problem.contains("s3cret")));
    }
}
