//! Real services in place of fakes: which ones, told by the keys that are there.

use std::collections::BTreeMap;
use std::path::Path;

/// The upstream addresses that the environment of this process may override.
const ADDRESSES: [&str; 7] = [
    "DISCORD_API_URL",
    "LINEAR_API_URL",
    "POSTHOG_HOST",
    "GITHUB_API_URL",
    "GITHUB_URL",
    "ANTHROPIC_BASE_URL",
    "EXECUTOR_URL",
];

/// What `.dev.vars` and the environment say.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    dev_vars: BTreeMap<String, String>,
    addresses: BTreeMap<String, String>,
}

impl Keys {
    /// Reads `.dev.vars` in the project's root, if it is there, and the environment.
    pub fn read(root: &Path) -> Self {
        let dev_vars = std::fs::read_to_string(root.join(".dev.vars")).unwrap_or_default();
        let addresses = ADDRESSES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
            .collect();
        Self {
            dev_vars: parse(&dev_vars),
            addresses,
        }
    }

    /// Whether the service of this key is a real one.
    pub fn has(&self, key: &str) -> bool {
        // A GitHub App stands in for a token.
        let app = key == "GITHUB_TOKEN" && self.dev_vars.contains_key("GITHUB_APP_ID");
        self.dev_vars.contains_key(key) || app
    }

    /// The addresses that the environment overrides.
    pub fn overrides(&self) -> impl Iterator<Item = (String, String)> {
        self.addresses.clone().into_iter()
    }

    /// These, with a fake for the service of this key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.dev_vars.remove(key);
        self
    }

    /// Whether there are only fakes.
    pub fn is_empty(&self) -> bool {
        self.dev_vars.is_empty()
    }
}

/// `NAME=value` lines, as `wrangler dev` reads them; the names alone matter here.
fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.trim_start_matches("export ").split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .filter(|(_, value)| !value.is_empty() && value != "\"\"")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_set_makes_its_service_real() {
        let dev_vars =
            parse("# mine\nLINEAR_API_KEY=\"lin_api_x\"\nGITHUB_APP_ID=7\nPOSTHOG_API_KEY=\n");
        let keys = Keys {
            dev_vars,
            ..Keys::default()
        };
        assert!(keys.has("LINEAR_API_KEY"));
        assert!(keys.has("GITHUB_TOKEN"));
        assert!(!keys.has("POSTHOG_API_KEY"));
        assert!(!keys.is_empty());
    }
}
