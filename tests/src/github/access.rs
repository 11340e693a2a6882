//! Who may do what: tokens, their repositories and permissions, and the App behind them.

mod jwt;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub(super) use self::jwt::verify_app_jwt;
pub use self::jwt::{APP_ID, APP_KEY_PEM};
use super::refusal::Refusal;

/// How far a permission goes; each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// May look.
    Read,
    /// May change.
    Write,
}

/// Permissions by GitHub's names: `contents`, `pull_requests`, `issues`, ...
pub type Permissions = BTreeMap<String, Level>;

/// The installation of the App on the one account that owns the repositories.
pub const INSTALLATION_ID: u64 = 5_001;

/// The login of the App as an author.
pub const APP_LOGIN: &str = "bugbot-dev[bot]";

/// How long an installation's token lives.
const INSTALLATION_TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// What a token opens.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// Who acts with it.
    pub(super) login: String,
    /// Whether it is an installation's, rather than a person's.
    pub(super) is_installation: bool,
    /// Full names in lower case; `None` is every repository.
    pub(super) repositories: Option<Vec<String>>,
    pub(super) permissions: Permissions,
    pub(super) expires_at: Option<Timestamp>,
}

impl Grant {
    /// Whether the repository exists as far as this token can tell.
    pub(super) fn sees(&self, full_name: &str) -> bool {
        let name = full_name.to_lowercase();
        self.repositories
            .as_ref()
            .is_none_or(|names| names.contains(&name))
    }

    pub(super) fn allows(&self, permission: &str, level: Level) -> bool {
        // Every token may read metadata.
        permission == "metadata"
            || self
                .permissions
                .get(permission)
                .is_some_and(|had| *had >= level)
    }

    /// The refusal in words that depend on the kind of token.
    pub(super) fn require(&self, permission: &str, level: Level) -> Result<(), Refusal> {
        if self.allows(permission, level) {
            return Ok(());
        }
        Err(Refusal::forbidden(self.inaccessible()))
    }

    pub(super) fn inaccessible(&self) -> &'static str {
        if self.is_installation {
            "Resource not accessible by integration"
        } else {
            "Resource not accessible by personal access token"
        }
    }
}

/// Every token there is.
#[derive(Debug)]
pub(super) struct Access {
    tokens: BTreeMap<String, Grant>,
    issued: u64,
    /// What the App was granted when it was installed.
    pub(super) app_permissions: Permissions,
}

impl Access {
    /// No tokens yet, and an App with these permissions.
    pub(super) fn new(app_permissions: Permissions) -> Self {
        Self {
            tokens: BTreeMap::new(),
            issued: 0,
            app_permissions,
        }
    }

    /// A person's token, for every repository.
    pub(super) fn add_personal(&mut self, token: &str, login: &str, permissions: Permissions) {
        let grant = Grant {
            login: login.to_owned(),
            is_installation: false,
            repositories: None,
            permissions,
            expires_at: None,
        };
        self.tokens.insert(token.to_owned(), grant);
    }

    /// A new token of the installation.
    pub(super) fn issue(
        &mut self,
        repositories: Option<Vec<String>>,
        permissions: Permissions,
        now: Timestamp,
    ) -> (String, Timestamp) {
        self.issued += 1;
        let expires_at = now + INSTALLATION_TOKEN_LIFE;
        // Longer than the 40 characters that older programs reserved, as GitHub has announced.
        let token = format!(
            "ghs_{:06}_{}",
            self.issued,
            "f4keInstallationT0ken".repeat(3)
        );
        let grant = Grant {
            login: APP_LOGIN.to_owned(),
            is_installation: true,
            repositories,
            permissions,
            expires_at: Some(expires_at),
        };
        self.tokens.insert(token.clone(), grant);
        (token, expires_at)
    }

    /// What a token opens, if it is still good.
    pub(super) fn grant(&self, token: &str, now: Timestamp) -> Option<&Grant> {
        let grant = self.tokens.get(token)?;
        grant
            .expires_at
            .is_none_or(|end| now < end)
            .then_some(grant)
    }

    /// Withdraws a token: it is bad from now on.
    pub(super) fn revoke(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    /// Every token that was ever good, for tests that look for leaks.
    pub(super) fn all(&self) -> Vec<String> {
        self.tokens.keys().cloned().collect()
    }
}

/// Permissions from pairs.
pub fn permissions<'a>(pairs: impl IntoIterator<Item = (&'a str, Level)>) -> Permissions {
    pairs
        .into_iter()
        .map(|(name, level)| (name.to_owned(), level))
        .collect()
}
