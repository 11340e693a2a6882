//! What is known of the organisation: it turns guesses into certainty.

use std::collections::BTreeSet;

/// The keys and hosts that belong to us. An empty scope knows nothing: bare identifiers are then
/// judged by their looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The keys of all Linear teams (`ENG`), upper-case. `None`: not known.
    pub team_keys: Option<BTreeSet<String>>,
    /// Hosts of a self-hosted PostHog, with the port if it is not the scheme's own.
    pub posthog_hosts: BTreeSet<String>,
}

impl Scope {
    /// A scope that knows all team keys.
    pub fn of_teams<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self {
            team_keys: Some(
                keys.into_iter()
                    .map(|key| key.as_ref().trim().to_ascii_uppercase())
                    .collect(),
            ),
            ..Self::default()
        }
    }

    /// The same scope with the PostHog at this address (or bare host) known as ours.
    #[must_use]
    pub fn with_posthog(mut self, address: &str) -> Self {
        let host = url::Url::parse(address)
            .ok()
            .and_then(|url| host_and_port(&url));
        self.posthog_hosts
            .insert(host.unwrap_or_else(|| address.to_ascii_lowercase()));
        self
    }

    /// Whether `key` is a team's. `None`: nobody knows.
    pub(crate) fn is_team(&self, key: &str) -> Option<bool> {
        self.team_keys.as_ref().map(|keys| keys.contains(key))
    }
}

/// `host` or `host:port`, the port only if it is not the scheme's own.
pub(crate) fn host_and_port(url: &url::Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
