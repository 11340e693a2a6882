//! The limits that a ledger holds people to, as the operator sets them.

use super::LedgerName;
use crate::money::Money;

/// How many fixes there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// At a time.
    pub at_once: u32,
    /// Begun within an hour.
    pub hour: u32,
    /// Begun within 24 hours.
    pub day: u32,
}

impl Quota {
    /// Reads `3/now 10/hour 30/day`; what is not named keeps its default.
    fn parse(text: &str, default: Self) -> Result<Self, String> {
        let mut quota = default;
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        for word in words {
            let wrong = || format!("{word:?} is none of N/now, N/hour and N/day");
            let (most, window) = word.split_once('/').ok_or_else(wrong)?;
            let most = most.parse().map_err(|_| wrong())?;
            match window {
                "now" => quota.at_once = most,
                "hour" => quota.hour = most,
                "day" => quota.day = most,
                _ => return Err(wrong()),
            }
        }
        Ok(quota)
    }
}

/// Everything that the operator says about limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSettings {
    /// `USER_FIXES`: of one person in a server.
    pub user_fixes: Quota,
    /// `GUILD_FIXES`: of a server.
    pub guild_fixes: Quota,
    /// `ALL_FIXES`: of all of bugbot.
    pub all_fixes: Quota,
    /// `USER_DAY_USD`: what the fixes of one person in a server may cost in a day.
    pub user_day: Money,
    /// `GUILD_DAY_USD`: what those of a server may.
    pub guild_day: Money,
}

impl Default for LedgerSettings {
    /// A team of ten that uses it a lot stays below; a loop or a stranger does not stay
    /// unnoticed. At once run as many as `wrangler.toml` has containers.
    fn default() -> Self {
        let quota = |at_once, hour, day| Quota { at_once, hour, day };
        Self {
            user_fixes: quota(3, 12, 40),
            guild_fixes: quota(6, 40, 200),
            all_fixes: quota(10, 120, 1_000),
            user_day: Money::dollars(20),
            guild_day: Money::dollars(100),
        }
    }
}

impl LedgerSettings {
    /// Reads the limits; `read` gives a variable's value, if it is set. Every mistake is named
    /// with its variable.
    pub fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let default = Self::default();
        let mut problems = Vec::new();
        let get = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        let mut quota = |name: &str, default| match get(name) {
            None => default,
            Some(text) => Quota::parse(&text, default).unwrap_or_else(|problem| {
                problems.push(format!("{name}: {problem}"));
                default
            }),
        };
        let (user_fixes, guild_fixes, all_fixes) = (
            quota("USER_FIXES", default.user_fixes),
            quota("GUILD_FIXES", default.guild_fixes),
            quota("ALL_FIXES", default.all_fixes),
        );
        let mut money = |name: &str, default| match get(name) {
            None => default,
            Some(text) => Money::parse(&text).unwrap_or_else(|problem| {
                problems.push(format!("{name}: {problem}"));
                default
            }),
        };
        let (user_day, guild_day) = (
            money("USER_DAY_USD", default.user_day),
            money("GUILD_DAY_USD", default.guild_day),
        );
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            user_fixes,
            guild_fixes,
            all_fixes,
            user_day,
            guild_day,
        })
    }

    /// What the ledger of this name holds people to.
    pub fn rules(&self, ledger: &LedgerName) -> Rules {
        if ledger.is_global() {
            Rules {
                is_global: true,
                user_fixes: None,
                all_fixes: self.all_fixes,
                user_day: None,
                all_day: None,
            }
        } else {
            Rules {
                is_global: false,
                user_fixes: Some(self.user_fixes),
                all_fixes: self.guild_fixes,
                user_day: Some(self.user_day),
                all_day: Some(self.guild_day),
            }
        }
    }
}

/// What one ledger holds people to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether it speaks for all of bugbot.
    pub is_global: bool,
    /// Fixes of one person.
    pub user_fixes: Option<Quota>,
    /// Fixes of all people that it knows.
    pub all_fixes: Quota,
    /// Money of one person's day.
    pub user_day: Option<Money>,
    /// Money of everybody's day.
    pub all_day: Option<Money>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<LedgerSettings, Vec<String>> {
        LedgerSettings::from_env(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let settings = read(&[("USER_FIXES", "1/now, 5/day"), ("GUILD_DAY_USD", " ")]).unwrap();
        let default = LedgerSettings::default();
        let user = Quota {
            at_once: 1,
            day: 5,
            ..default.user_fixes
        };
        assert_eq!(
            settings,
            LedgerSettings {
                user_fixes: user,
                ..default
            }
        );
    }

    #[test]
    fn every_mistake_is_named_with_its_variable() {
        let problems = read(&[
            ("USER_FIXES", "3"),
            ("GUILD_FIXES", "3/week"),
            ("ALL_FIXES", "many/now"),
            ("USER_DAY_USD", "-1"),
        ])
        .unwrap_err();
        let names = ["USER_FIXES", "GUILD_FIXES", "ALL_FIXES", "USER_DAY_USD"];
        assert_eq!(problems.len(), names.len());
        for (problem, name) in problems.iter().zip(names) {
            assert!(problem.starts_with(name), "{problem}");
        }
    }
}
