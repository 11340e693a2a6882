//! Who may use the operator API.

use ::http::HeaderMap;
use ::http::header::AUTHORIZATION;

use crate::id::UserId;
use crate::proof::is_same;
use crate::secret::Secret;

/// The secret that opens the API.
pub const TOKEN_VARIABLE: &str = "OPERATOR_TOKEN";
/// In which the token comes, as `Bearer …`.
pub const AUTHORIZATION_HEADER: &str = "authorization";
/// In which an operator says who they are: for the records, not for access.
pub const OPERATOR_HEADER: &str = "x-bugbot-operator";

/// A shorter token could be guessed: the API stays closed.
const MIN_TOKEN_CHARS: usize = 16;
/// The most of an operator's name.
const MAX_NAME_CHARS: usize = 64;

/// What the gateway knows about its operator API, and of itself for it.
#[derive(Debug, Clone)]
pub struct OperatorSetup {
    access: Option<Access>,
    /// Each secret, variable and binding of the gateway by name, and whether it is there.
    found: Vec<(&'static str, bool)>,
}

/// The secrets and bindings of the gateway that an operator wants to know about.
const TEXTS: [&str; 5] = [
    "DISCORD_PUBLIC_KEY",
    "DISCORD_BOT_TOKEN",
    TOKEN_VARIABLE,
    "ANTHROPIC_API_KEY",
    "MODEL_TOKEN_KEY",
];
const BINDINGS: [&str; 7] = [
    "COMMANDS",
    "BUGBOT_KV",
    "THREADS",
    "JOBS",
    "AUDIT",
    "LEDGERS",
    "HUB",
];

impl OperatorSetup {
    /// Reads the environment: `text` looks up a variable or secret, `is_bound` a binding.
    pub fn read(text: impl Fn(&str) -> Option<String>, is_bound: impl Fn(&str) -> bool) -> Self {
        let texts = TEXTS.map(|name| (name, text(name).is_some()));
        let bindings = BINDINGS.map(|name| (name, is_bound(name)));
        let token = text(TOKEN_VARIABLE).map(|token| token.trim().to_owned());
        Self {
            access: token
                .filter(|token| token.chars().count() >= MIN_TOKEN_CHARS)
                .map(|token| Access(Secret::new(token))),
            found: texts.into_iter().chain(bindings).collect(),
        }
    }

    pub(super) fn access(&self) -> Option<&Access> {
        self.access.as_ref()
    }

    pub(super) fn found(&self) -> &[(&'static str, bool)] {
        &self.found
    }
}

/// The open door.
#[derive(Debug, Clone)]
pub(super) struct Access(Secret);

impl Access {
    /// The operator, if the request carries the token.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Option<Operator> {
        let given = headers.get(AUTHORIZATION)?.as_bytes();
        let token = given.strip_prefix(b"Bearer ")?;
        is_same(token, self.0.expose().as_bytes()).then(|| Operator::of(headers))
    }
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator(UserId);

impl Operator {
    fn of(headers: &HeaderMap) -> Self {
        let name = headers.get(OPERATOR_HEADER);
        let name = name.and_then(|name| name.to_str().ok()).unwrap_or_default();
        Self::named(name)
    }

    /// An operator who calls themselves so; only what a name needs is kept of it.
    pub fn named(name: &str) -> Self {
        let may = |c: &char| c.is_ascii_alphanumeric() || "._@+-".contains(*c);
        let name: String = name.chars().filter(may).take(MAX_NAME_CHARS).collect();
        let name = if name.is_empty() { "unnamed" } else { &name };
        Self(UserId::of_operator(name))
    }

    /// As objects, records and messages know them.
    pub fn id(&self) -> &UserId {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn setup(token: &str) -> OperatorSetup {
        let text = |name: &str| (name == TOKEN_VARIABLE).then(|| token.to_owned());
        OperatorSetup::read(text, |_| true)
    }

    fn admitted(authorization: &str) -> Option<Operator> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        headers.insert(OPERATOR_HEADER, "ann<@1>".parse().unwrap());
        setup(TOKEN).access().unwrap().admit(&headers)
    }

    #[test]
    fn only_the_whole_token_opens() {
        let ann = admitted("Bearer 0123456789abcdef").unwrap();
        assert_eq!(ann.id().as_str(), "operator:ann@1");
        for wrong in [
            "Bearer 0123456789abcde",
            "Bearer 0123456789abcdeF",
            "Bearer 0123456789abcdef0",
            "Bearer ",
            "bearer 0123456789abcdef",
            "0123456789abcdef",
        ] {
            assert_eq!(admitted(wrong), None, "{wrong}");
        }
        let none = setup(TOKEN).access().unwrap().admit(&HeaderMap::new());
        assert_eq!(none, None);
    }

    #[test]
    fn a_short_token_or_none_keeps_it_closed() {
        assert!(setup("").access().is_none());
        assert!(setup("0123456789abcde").access().is_none());
        assert!(setup("  0123456789abcde ").access().is_none());
    }

    #[test]
    fn an_operator_has_a_name_of_harmless_characters() {
        let named = |name| Operator::named(name).id().to_string();
        assert_eq!(named(""), "operator:unnamed");
        assert_eq!(named("@everyone\n```"), "operator:@everyone");
        assert_eq!(named(&"x".repeat(99)).len(), "operator:".len() + 64);
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", setup(TOKEN)).contains(TOKEN));
    }
}
