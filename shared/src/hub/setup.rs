//! What the portal is configured with.

use std::time::Duration;

use super::claim::DEFAULT_TTL;
use super::forge::Forges;

/// The objects of the hub.
pub const HUB_BINDING: &str = "HUB";

const FORGES: &str = "HUB_FORGES";
const DEVELOPMENT: &str = "HUB_DEVELOPMENT";
const MINUTES: &str = "HUB_CLAIM_MINUTES";
const LOGINS: &str = "HUB_LOGINS_PER_MINUTE";

/// Logins a minute from one address, unless set otherwise: several people share one.
const LOGINS_PER_MINUTE: u32 = 30;

/// One thing that is wrong with the configuration, or not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {what}")]
pub struct Lack {
    /// The variable or binding.
    pub name: &'static str,
    /// What is wrong with it.
    pub what: String,
}

/// The configuration as it was found.
#[derive(Debug, Clone)]
pub struct HubSetup(Result<HubSettings, Vec<Lack>>);

/// Settings that are complete and well-formed.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// Who is asked who somebody is. With none nobody logs in.
    pub forges: Forges,
    /// How long a claim lasts without a sign of life.
    pub ttl: Duration,
    /// Logins a minute from one address.
    pub logins_per_minute: u32,
}

impl HubSetup {
    /// Reads the configuration: `text` looks up a variable, `is_bound` a binding.
    pub fn read(text: impl Fn(&str) -> Option<String>, is_bound: impl Fn(&str) -> bool) -> Self {
        let mut problems = Vec::new();
        let get = |name: &str| {
            let value = text(name).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty())
        };
        let mut wrong = |name, what: String| problems.push(Lack { name, what });
        let is_development = match get(DEVELOPMENT).as_deref() {
            None | Some("off") => false,
            Some("on") => true,
            Some(_) => {
                wrong(DEVELOPMENT, "is neither `on` nor `off`".to_owned());
                false
            }
        };
        let forges = Forges::parse(&get(FORGES).unwrap_or_default(), is_development);
        let forges = forges.unwrap_or_else(|bad| {
            wrong(FORGES, format!("cannot be used: {bad}"));
            Forges::default()
        });
        let mut number = |name, default: u32, most: u32| match get(name) {
            None => default,
            Some(given) => match given.parse() {
                Ok(number) if (1..=most).contains(&number) => number,
                _ => {
                    wrong(name, format!("is not a number from 1 to {most}"));
                    default
                }
            },
        };
        let default_minutes = u32::try_from(DEFAULT_TTL.as_secs() / 60).unwrap_or(30);
        let minutes = number(MINUTES, default_minutes, 24 * 60);
        let logins_per_minute = number(LOGINS, LOGINS_PER_MINUTE, 10_000);
        if !is_bound(HUB_BINDING) {
            wrong(HUB_BINDING, "is not bound".to_owned());
        }
        Self(if problems.is_empty() {
            Ok(HubSettings {
                forges,
                ttl: Duration::from_mins(minutes.into()),
                logins_per_minute,
            })
        } else {
            Err(problems)
        })
    }

    /// The settings, if all is well.
    pub fn settings(&self) -> Result<&HubSettings, &[Lack]> {
        self.0.as_ref().map_err(Vec::as_slice)
    }

    /// What is not as it should be, and what is off: `/health/ready` says so.
    pub fn off(&self) -> Vec<Lack> {
        match &self.0 {
            Err(problems) => problems.clone(),
            Ok(settings) if settings.forges.is_empty() => vec![Lack {
                name: FORGES,
                what: "is missing: no volunteer can log in to the hub".to_owned(),
            }],
            Ok(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], is_bound: bool) -> HubSetup {
        let text = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        HubSetup::read(text, |_| is_bound)
    }

    fn said(variables: &[(&str, &str)], is_bound: bool) -> String {
        let off = read(variables, is_bound).off();
        let lines: Vec<String> = off.iter().map(ToString::to_string).collect();
        lines.join("; ")
    }

    #[test]
    fn without_settings_claims_last_half_an_hour_and_nobody_logs_in() {
        let setup = read(&[], true);
        let settings = setup.settings().unwrap();
        assert_eq!(settings.ttl, Duration::from_mins(30));
        assert!(settings.forges.is_empty());
        insta::assert_snapshot!(said(&[], true), @"HUB_FORGES is missing: no volunteer can log in to the hub");
        insta::assert_snapshot!(said(&[("HUB_FORGES", "https://codeberg.org")], true), @"");
    }

    #[test]
    fn a_mistake_is_named() {
        insta::assert_snapshot!(said(&[("HUB_FORGES", "http://codeberg.org")], true), @r#"HUB_FORGES cannot be used: "http://codeberg.org" is not https"#);
        insta::assert_snapshot!(said(&[("HUB_CLAIM_MINUTES", "0")], true), @"HUB_CLAIM_MINUTES is not a number from 1 to 1440");
        insta::assert_snapshot!(said(&[("HUB_DEVELOPMENT", "yes")], true), @"HUB_DEVELOPMENT is neither `on` nor `off`");
        insta::assert_snapshot!(said(&[], false), @"HUB is not bound");
    }
}
