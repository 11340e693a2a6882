//! Who may pull: whoever bears the token of all recipients, or one of a recipient's own.
//!
//! `HOOKS_PULL_TOKENS` is a secret, of JSON: `{"alice": "…", "bob": "…"}`. A collector that pulls for
//! several has one token, which each of them is given.
//!
//! Invariant: no text of a problem quotes what the secrets hold: anybody reads it at `/health/ready`.

use std::collections::{BTreeMap, BTreeSet};

use ::http::HeaderMap;

use super::problem;
use crate::gateway::Problem;
use crate::hooks::Recipient;
use crate::hooks::edge::verify::{MIN_SECRET_CHARS, NotVerified, bears};
use crate::secret::Secret;

/// Opens what waits to whoever bears it.
pub const PULL_TOKEN: &str = "HOOKS_PULL_TOKEN";
/// Open what waits for one recipient each.
pub const PULL_TOKENS: &str = "HOOKS_PULL_TOKENS";

/// The tokens as they were found.
#[derive(Debug, Clone, Default)]
pub(in crate::gateway::hooks) struct PullTokens {
    pub(super) all: Option<Secret>,
    pub(super) of: BTreeMap<Recipient, Secret>,
}

/// What a request opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gateway::hooks) enum Opens<'a> {
    Everything,
    Only(BTreeSet<&'a Recipient>),
}

impl Opens<'_> {
    pub(in crate::gateway::hooks) fn covers(&self, recipient: &Recipient) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(recipients) => recipients.contains(recipient),
        }
    }
}

impl PullTokens {
    pub(super) fn read(get: &impl Fn(&str) -> Option<String>, problems: &mut Vec<Problem>) -> Self {
        let all = get(PULL_TOKEN);
        if all.as_deref().is_some_and(is_short) {
            let what = format!("has {SHORT}: it can be guessed");
            problems.push(problem(PULL_TOKEN, what));
        }
        let of = get(PULL_TOKENS).map_or_else(|| Ok(BTreeMap::new()), |text| named(&text));
        let of = of.unwrap_or_else(|wrong| {
            problems.push(problem(PULL_TOKENS, wrong));
            BTreeMap::new()
        });
        Self {
            all: all.map(Secret::new),
            of,
        }
    }

    /// Whether nobody can pull anything.
    pub(super) fn are_none(&self) -> bool {
        self.all.is_none() && self.of.is_empty()
    }

    /// Whether somebody can pull what waits for a recipient.
    pub(super) fn open(&self, recipient: &Recipient) -> bool {
        self.all.is_some() || self.of.contains_key(recipient)
    }

    /// What a request with these headers opens. It is compared with every token, whichever it is.
    pub(in crate::gateway::hooks) fn opened_by(
        &self,
        headers: &HeaderMap,
    ) -> Result<Opens<'_>, NotVerified> {
        let all = self.all.as_ref().map(|token| bears(token, headers));
        let mut not = all.and_then(Result::err);
        let mut only = BTreeSet::new();
        for (recipient, token) in &self.of {
            match bears(token, headers) {
                Ok(()) => drop(only.insert(recipient)),
                Err(error) => not = Some(error),
            }
        }
        match (all, not) {
            (Some(Ok(())), _) => Ok(Opens::Everything),
            (_, Some(not)) if only.is_empty() => Err(not),
            _ => Ok(Opens::Only(only)),
        }
    }
}

/// In words, beside the constant that it is.
const SHORT: &str = "fewer than 16 characters";
const _: () = assert!(MIN_SECRET_CHARS == 16, "SHORT says so");

fn is_short(token: &str) -> bool {
    token.chars().count() < MIN_SECRET_CHARS
}

fn named(text: &str) -> Result<BTreeMap<Recipient, Secret>, String> {
    // The message of a parse error may quote a token: its place will do.
    let tokens: BTreeMap<String, String> = serde_json::from_str(text).map_err(|bad| {
        let (line, column) = (bad.line(), bad.column());
        format!("is no JSON object of recipients and their tokens: line {line}, column {column}")
    })?;
    if tokens.is_empty() {
        return Err("names nobody".to_owned());
    }
    let mut named = BTreeMap::new();
    for (name, token) in tokens {
        let recipient = Recipient::parse(&name);
        let recipient = recipient.map_err(|bad| format!("names a recipient that {bad}"))?;
        if is_short(&token) {
            return Err(format!(
                "gives somebody a token of {SHORT}: it can be guessed"
            ));
        }
        named.insert(recipient, Secret::new(token));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "opens-everything";
    const TEAM: &str = "opens-alice-and-bob";
    const CAROL: &str = "opens-carol-alone";

    fn read(variables: &[(&str, &str)]) -> (PullTokens, String) {
        let mut problems = Vec::new();
        let get = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let tokens = PullTokens::read(&get, &mut problems);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (tokens, said.join("; "))
    }

    fn three() -> PullTokens {
        let named = format!(r#"{{"alice": "{TEAM}", "bob": "{TEAM}", "carol": "{CAROL}"}}"#);
        let (tokens, said) = read(&[(PULL_TOKEN, ALL), (PULL_TOKENS, &named)]);
        assert_eq!(said, "");
        tokens
    }

    fn bearing(token: &str) -> HeaderMap {
        let value = format!("Bearer {token}").parse().unwrap();
        HeaderMap::from_iter([(::http::header::AUTHORIZATION, value)])
    }

    #[test]
    fn a_token_opens_its_recipients_and_the_old_one_all() {
        let tokens = three();
        let opened = |token: &str| {
            let headers = bearing(token);
            let opens = tokens.opened_by(&headers);
            opens.map(|opens| {
                let names = ["alice", "bob", "carol", "nobody"].into_iter();
                let is_open = |name: &&str| opens.covers(&Recipient::parse(name).unwrap());
                names.filter(is_open).collect::<Vec<_>>().join(" ")
            })
        };
        assert_eq!(opened(ALL).unwrap(), "alice bob carol nobody");
        assert_eq!(opened(TEAM).unwrap(), "alice bob");
        assert_eq!(opened(CAROL).unwrap(), "carol");
        let wrong = NotVerified::Wrong("authorization");
        assert_eq!(opened("opens-nothing-at-all"), Err(wrong));
        assert_eq!(opened(""), Err(wrong));
    }

    #[test]
    fn without_a_header_nothing_opens() {
        let missing = NotVerified::Missing("authorization");
        let none = HeaderMap::new();
        assert_eq!(three().opened_by(&none), Err(missing));
        let named = format!(r#"{{"carol": "{CAROL}"}}"#);
        let (tokens, _) = read(&[(PULL_TOKENS, &named)]);
        assert_eq!(tokens.opened_by(&none), Err(missing));
        assert!(tokens.opened_by(&bearing(CAROL)).is_ok());
    }

    #[test]
    fn a_mistake_is_said_without_what_the_secret_holds() {
        let said = |text: &str| {
            let (tokens, said) = read(&[(PULL_TOKENS, text)]);
            assert!(tokens.are_none(), "{text}");
            assert!(!said.contains("7331"), "{said}");
            said
        };
        insta::assert_snapshot!(said("opens-7331-everything"), @"HOOKS_PULL_TOKENS is no JSON object of recipients and their tokens: line 1, column 1");
        insta::assert_snapshot!(said(r#"{"alice": 7331}"#), @"HOOKS_PULL_TOKENS is no JSON object of recipients and their tokens: line 1, column 14");
        insta::assert_snapshot!(said(r#"{"alice": "7331"}"#), @"HOOKS_PULL_TOKENS gives somebody a token of fewer than 16 characters: it can be guessed");
        insta::assert_snapshot!(said(r#"{"../x": "7331733173317331"}"#), @"HOOKS_PULL_TOKENS names a recipient that may not contain '/'");
        insta::assert_snapshot!(said("{}"), @"HOOKS_PULL_TOKENS names nobody");
        assert!(!format!("{:?}", three()).contains("opens-"));
    }
}
