//! Which secrets there are, and which worker gets which. `wrangler.toml` says what each is for.

/// The workers, as `wrangler.toml` calls them.
pub(crate) const ENVIRONMENTS: [&str; 2] = ["gateway", "consumer"];

/// What opens the operator API.
pub(crate) const OPERATOR_TOKEN: &str = shared::operator::TOKEN_VARIABLE;

/// What makes and checks the tokens of jobs.
const MODEL_TOKEN_KEY: &str = "MODEL_TOKEN_KEY";

/// Secrets that are nobody's to make up: 32 random bytes each.
pub(crate) const RANDOM: [&str; 2] = [OPERATOR_TOKEN, MODEL_TOKEN_KEY];

/// Each secret, whether the gateway gets it, and whether the consumer does.
pub(crate) const SECRETS: [(&str, bool, bool); 14] = [
    ("DISCORD_PUBLIC_KEY", true, false),
    ("DISCORD_BOT_TOKEN", true, true),
    (OPERATOR_TOKEN, true, false),
    ("GITHUB_WEBHOOK_SECRET", true, false),
    ("ANTHROPIC_API_KEY", true, false),
    (MODEL_TOKEN_KEY, true, true),
    ("LINEAR_API_KEY", false, true),
    ("POSTHOG_API_KEY", false, true),
    ("GITHUB_TOKEN", false, true),
    ("GITHUB_APP_ID", false, true),
    ("GITHUB_APP_INSTALLATION_ID", false, true),
    ("GITHUB_APP_PRIVATE_KEY", false, true),
    ("EXECUTOR_TOKEN", false, true),
    ("DEPLOY_HOOK_URL", false, true),
];

/// Whether this worker gets that secret.
pub(crate) fn goes_to(name: &str, environment: &str) -> bool {
    SECRETS.iter().any(|(known, gateway, consumer)| {
        *known == name
            && (environment == "gateway" && *gateway || environment == "consumer" && *consumer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The comment at the top of `wrangler.toml` is the operator's list of them.
    #[test]
    fn every_secret_is_described_in_the_configuration() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../wrangler.toml");
        let text = std::fs::read_to_string(root).unwrap();
        let head: String = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .collect();
        for (name, ..) in SECRETS {
            assert!(head.contains(name), "{name}");
        }
    }
}
