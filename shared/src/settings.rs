//! The consumer's settings: read once from the environment, checked whole, so that an operator
//! learns of all mistakes at once and no call fails later for one of them.

use crate::executor::RunLimits;
use crate::fix::AfterLimits;
use crate::github::{GitHubAuth, RepoName};
use crate::ledger::LedgerSettings;
use crate::model::{Prices, TokenKey};
use crate::money::Money;
use crate::policy::Policy;
use crate::redact::{Places, Redaction};
use crate::roles::{Right, Roles};
use crate::secret::Secret;

/// How many rounds a fix has for failing checks, unless the operator says otherwise.
const DEFAULT_FIX_ROUNDS: u32 = 2;
/// More would be an agent that argues with a machine.
const MAX_FIX_ROUNDS: u32 = 5;

/// Everything that the consumer is told by its operator.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `DISCORD_*`.
    pub discord: DiscordSettings,
    /// `LINEAR_*`.
    pub linear: LinearSettings,
    /// `POSTHOG_*`; without them there are no recordings, and packets say so.
    pub posthog: Option<PostHogSettings>,
    /// `GITHUB_*`.
    pub github: GitHubSettings,
    /// `EXECUTOR_*`, `ANTHROPIC_*` and the limits of a run.
    pub runs: RunSettings,
    /// What is done once a pull request is open.
    pub finish: FinishSettings,
    /// `ALLOWED_PATHS` and `DENIED_PATHS`.
    pub policy: Policy,
    /// `USER_FIXES`, `GUILD_FIXES`, `ALL_FIXES`, `USER_DAY_USD`, `GUILD_DAY_USD`.
    pub ledger: LedgerSettings,
    /// `APPROVAL`: whether somebody has to approve a fix before the agent begins.
    pub approval: bool,
    /// `ALLOW_VERIFY`: whether the commands that a repository names are run in the sandbox.
    pub allow_verify: bool,
    /// `*_ALLOWED`: who may do what.
    pub roles: Roles,
    /// `REDACT_SECRETS` and `REDACT_EMAILS`: what is taken out of text on its way to whom.
    pub redaction: Redaction,
}

/// How to reach Discord.
#[derive(Debug, Clone)]
pub struct DiscordSettings {
    /// `DISCORD_API_URL`.
    pub api_url: String,
    /// `DISCORD_BOT_TOKEN`.
    pub bot_token: Secret,
}

/// How to reach Linear, and where new issues go.
#[derive(Debug, Clone)]
pub struct LinearSettings {
    /// `LINEAR_API_URL`.
    pub api_url: String,
    /// `LINEAR_API_KEY`: a personal key, or an OAuth token with its `Bearer `.
    pub api_key: Secret,
    /// `LINEAR_TEAM_KEY`: the key of the team, `ENG`.
    pub team: String,
    /// `LINEAR_STATE`: the name of the workflow state that new issues start in; the team's own
    /// default if not set.
    pub state: Option<String>,
}

/// How to reach PostHog.
#[derive(Debug, Clone)]
pub struct PostHogSettings {
    /// `POSTHOG_HOST`: the address of the app, which deep links start with too.
    pub host: String,
    /// `POSTHOG_API_KEY`: a personal key that may read persons, recordings and queries.
    pub api_key: Secret,
    /// `POSTHOG_PROJECT_ID`.
    pub project: String,
}

/// How to reach GitHub, and which repository is meant when none is named.
#[derive(Debug, Clone)]
pub struct GitHubSettings {
    /// `GITHUB_API_URL`.
    pub api_url: String,
    /// `GITHUB_URL`: where repositories are cloned from.
    pub web_url: String,
    /// `GITHUB_TOKEN`, or `GITHUB_APP_ID`, `GITHUB_APP_PRIVATE_KEY` and
    /// `GITHUB_APP_INSTALLATION_ID`.
    pub auth: GitHubAuth,
    /// `DEFAULT_REPOSITORY`.
    pub default_repository: Option<RepoName>,
    /// `ALLOWED_REPOSITORIES`: with it, no other is worked on; without it, whichever the
    /// credential reaches.
    pub allowed_repositories: Option<Vec<RepoName>>,
}

impl GitHubSettings {
    /// Whether a fix may go there. Anybody in a thread can name a repository.
    pub fn allows(&self, repository: &RepoName) -> bool {
        self.allowed_repositories
            .as_ref()
            .is_none_or(|allowed| allowed.iter().any(|one| one.is(repository)))
    }
}

/// How runs are made.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// `EXECUTOR_URL`: an executor to use instead of a container of our own.
    pub executor_url: Option<String>,
    /// `EXECUTOR_TOKEN`.
    pub executor_token: Option<Secret>,
    /// `AGENT_NETWORK`, `MODEL_PRICES`: settings of the executor, for a container of our own.
    pub executor_settings: Vec<(&'static str, String)>,
    /// `ANTHROPIC_MODEL`: a model other than the agent's default.
    pub model: Option<String>,
    /// `PUBLIC_URL`: where the gateway is, which passes model calls on.
    pub gateway_url: String,
    /// `MODEL_TOKEN_KEY`: makes the tokens that the gateway checks.
    pub model_tokens: TokenKey,
    /// `MAX_JOB_USD`: what a fix may cost in all, however often it is let go on.
    pub max_job: Money,
    /// `RUN_MINUTES`, `RUN_TURNS`, `RUN_BUDGET_USD`.
    pub limits: RunLimits,
}

/// What is done once a pull request is open.
#[derive(Debug, Clone)]
pub struct FinishSettings {
    /// `FIX_ROUNDS` and `DELETE_MERGED_BRANCHES`.
    pub limits: AfterLimits,
    /// `LINEAR_DONE_STATE`: where an issue goes whose fix is merged; the team's first completed
    /// state if not set.
    pub done_state: Option<String>,
    /// `DEPLOY_HOOK_URL`: what `/bugbot deploy` calls. Whoever knows it can deploy.
    pub deploy_hook: Option<Secret>,
}

/// What a fix may cost in all: five times what it gets at first.
const DEFAULT_MAX_JOB: Money = Money::dollars(10);

/// The settings cannot be used; every reason, by the name of its variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings cannot be used: {}", .0.join("; "))]
pub struct BadSettings(pub Vec<String>);

impl Settings {
    /// Reads the settings; `read` gives a variable's or secret's value, if it is set.
    pub fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, BadSettings> {
        let mut env = Env {
            read,
            problems: Vec::new(),
        };
        let settings = Self {
            discord: DiscordSettings {
                api_url: env.or("DISCORD_API_URL", crate::discord::client::DEFAULT_BASE),
                bot_token: env.secret("DISCORD_BOT_TOKEN"),
            },
            linear: LinearSettings {
                api_url: env.or("LINEAR_API_URL", crate::linear::DEFAULT_BASE),
                api_key: env.secret("LINEAR_API_KEY"),
                team: env.required("LINEAR_TEAM_KEY"),
                state: env.get("LINEAR_STATE"),
            },
            posthog: env.posthog(),
            github: env.github(),
            runs: RunSettings {
                executor_url: env.parsed("EXECUTOR_URL", web_address),
                executor_token: env.parsed("EXECUTOR_TOKEN", header_value).map(Secret::new),
                executor_settings: env.executor_settings(),
                model: env.get("ANTHROPIC_MODEL"),
                gateway_url: env.gateway_url(),
                model_tokens: env.model_tokens(),
                max_job: env
                    .parsed("MAX_JOB_USD", Money::parse)
                    .unwrap_or(DEFAULT_MAX_JOB),
                limits: env.limits(),
            },
            finish: env.finish(),
            policy: env.policy(),
            ledger: env.ledger(),
            approval: env.switch("APPROVAL"),
            allow_verify: env.switch("ALLOW_VERIFY"),
            roles: env.roles(),
            redaction: env.redaction(),
        };
        if settings.approval && !settings.roles.has_anybody(Right::Approve) {
            env.problems
                .push("APPROVAL is on, and APPROVE_ALLOWED names nobody".to_owned());
        }
        if env.problems.is_empty() {
            Ok(settings)
        } else {
            Err(BadSettings(env.problems))
        }
    }
}

struct Env<F> {
    read: F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Env<F> {
    /// A value that is set and not blank: wrangler cannot unset a variable, only empty it.
    fn get(&self, name: &str) -> Option<String> {
        (self.read)(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn or(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or_else(|| default.to_owned())
    }

    fn required(&mut self, name: &str) -> String {
        self.get(name).unwrap_or_else(|| {
            self.problems.push(format!("{name} is not set"));
            String::new()
        })
    }

    fn secret(&mut self, name: &str) -> Secret {
        Secret::new(self.required(name))
    }

    fn parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(&self.get(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(format!("{name}: {error}"));
                None
            }
        }
    }

    fn posthog(&mut self) -> Option<PostHogSettings> {
        // Neither is set: PostHog is not used. One is set: the other was forgotten.
        if self.get("POSTHOG_API_KEY").is_none() && self.get("POSTHOG_PROJECT_ID").is_none() {
            return None;
        }
        Some(PostHogSettings {
            host: self.or("POSTHOG_HOST", crate::posthog::DEFAULT_HOST),
            api_key: self.secret("POSTHOG_API_KEY"),
            project: self.required("POSTHOG_PROJECT_ID"),
        })
    }

    fn github(&mut self) -> GitHubSettings {
        let settings = GitHubSettings {
            api_url: self.or("GITHUB_API_URL", crate::github::DEFAULT_BASE),
            web_url: self.or("GITHUB_URL", "https://github.com"),
            auth: self.github_auth(),
            default_repository: self.parsed("DEFAULT_REPOSITORY", RepoName::parse),
            allowed_repositories: self.parsed("ALLOWED_REPOSITORIES", |list| {
                list.split([',', ' '])
                    .filter(|name| !name.is_empty())
                    .map(RepoName::parse)
                    .collect()
            }),
        };
        if let Some(default) = &settings.default_repository
            && !settings.allows(default)
        {
            self.problems.push(format!(
                "DEFAULT_REPOSITORY: {default} is not one of ALLOWED_REPOSITORIES"
            ));
        }
        settings
    }

    fn github_auth(&mut self) -> GitHubAuth {
        if let Some(token) = self.get("GITHUB_TOKEN") {
            return GitHubAuth::Token(Secret::new(token));
        }
        if self.get("GITHUB_APP_ID").is_none() {
            self.problems.push(
                "neither GITHUB_TOKEN nor GITHUB_APP_ID (with GITHUB_APP_PRIVATE_KEY and \
                 GITHUB_APP_INSTALLATION_ID) is set"
                    .to_owned(),
            );
            return GitHubAuth::Token(Secret::new(""));
        }
        GitHubAuth::App {
            app_id: self.required("GITHUB_APP_ID"),
            // `wrangler secret put` takes one line: `\n` stands for the line breaks then.
            private_key_pem: Secret::new(
                self.required("GITHUB_APP_PRIVATE_KEY").replace("\\n", "\n"),
            ),
            installation_id: self.required("GITHUB_APP_INSTALLATION_ID"),
        }
    }

    /// As they are set here: an executor that runs elsewhere has its own.
    fn executor_settings(&mut self) -> Vec<(&'static str, String)> {
        let network = self.parsed("AGENT_NETWORK", |text| match text {
            "closed" | "open" => Ok(text.to_owned()),
            _ => Err("it is `closed` or `open`"),
        });
        let prices = self.parsed("MODEL_PRICES", |text| {
            Prices::parse(text).map(|_| text.to_owned())
        });
        let named = [("AGENT_NETWORK", network), ("MODEL_PRICES", prices)];
        let set = named.into_iter();
        set.filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    fn limits(&mut self) -> RunLimits {
        let default = RunLimits::default();
        let minutes = self.parsed("RUN_MINUTES", |text| within(text, 1.0, 120.0));
        let turns = self.parsed("RUN_TURNS", |text| {
            text.parse()
                .map_err(|_| format!("{text:?} is not a whole number above zero"))
        });
        let budget = self.parsed("RUN_BUDGET_USD", |text| within(text, 0.01, 100.0));
        RunLimits {
            wall_clock: minutes.map_or(default.wall_clock, |minutes| {
                std::time::Duration::from_secs_f64(minutes * 60.0)
            }),
            max_turns: turns.unwrap_or(default.max_turns),
            max_budget_usd: budget.unwrap_or(default.max_budget_usd),
            ..default
        }
    }

    /// Without a slash at its end.
    fn gateway_url(&mut self) -> String {
        if self.get("PUBLIC_URL").is_none() {
            self.problems.push(
                "PUBLIC_URL is not set: the address of the gateway, \
                 such as https://bugbot-gateway.you.workers.dev"
                    .to_owned(),
            );
        }
        let url = self.parsed("PUBLIC_URL", web_address);
        url.unwrap_or_default().trim_end_matches('/').to_owned()
    }

    fn model_tokens(&mut self) -> TokenKey {
        let key = self.secret("MODEL_TOKEN_KEY");
        // One that is not set is named already.
        let is_set = !key.expose().is_empty();
        TokenKey::new(key).unwrap_or_else(|what| {
            if is_set {
                self.problems.push(format!("MODEL_TOKEN_KEY {what}"));
            }
            TokenKey::none()
        })
    }

    fn ledger(&mut self) -> LedgerSettings {
        LedgerSettings::from_env(&self.read).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            LedgerSettings::default()
        })
    }

    /// `on` or `off`; off where it is not set.
    fn switch(&mut self, name: &str) -> bool {
        let read = |text: &str| match text {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err(format!("{other:?} is neither `on` nor `off`")),
        };
        self.parsed(name, read).unwrap_or(false)
    }

    fn roles(&mut self) -> Roles {
        let roles = Roles::from_env(|name| self.get(name));
        roles.unwrap_or_else(|problems| {
            self.problems.extend(problems);
            Roles::default()
        })
    }

    fn redaction(&mut self) -> Redaction {
        let secrets = self.parsed("REDACT_SECRETS", Places::parse);
        let emails = self.parsed("REDACT_EMAILS", Places::parse);
        Redaction::new(secrets, emails)
    }

    fn finish(&mut self) -> FinishSettings {
        let rounds = self.parsed("FIX_ROUNDS", |text| match text.parse() {
            Ok(rounds) if rounds <= MAX_FIX_ROUNDS => Ok(rounds),
            _ => Err(format!(
                "{text:?} is not a number from 0 to {MAX_FIX_ROUNDS}"
            )),
        });
        let delete = self.parsed("DELETE_MERGED_BRANCHES", |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!("{text:?} is neither true nor false")),
        });
        FinishSettings {
            limits: AfterLimits {
                fix_rounds: rounds.unwrap_or(DEFAULT_FIX_ROUNDS),
                delete_merged_branches: delete.unwrap_or(false),
            },
            done_state: self.get("LINEAR_DONE_STATE"),
            deploy_hook: self
                .parsed("DEPLOY_HOOK_URL", secret_address)
                .map(Secret::new),
        }
    }

    fn policy(&mut self) -> Policy {
        let allowed = self.get("ALLOWED_PATHS");
        let denied = self.get("DENIED_PATHS");
        Policy::parse(
            allowed.as_deref().unwrap_or_default(),
            denied.as_deref().unwrap_or_default(),
        )
        .unwrap_or_else(|error| {
            self.problems
                .push(format!("ALLOWED_PATHS or DENIED_PATHS: {error}"));
            Policy::default()
        })
    }
}

fn web_address(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is not an address on the web")),
    }
}

/// Says nothing of the value: it is secret.
fn secret_address(text: &str) -> Result<String, &'static str> {
    web_address(text).map_err(|_| "it is not an address on the web")
}

/// Says nothing of the value: it is secret.
fn header_value(text: &str) -> Result<String, &'static str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("it holds something other than visible ASCII characters")
    }
}

fn within(text: &str, min: f64, max: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(format!("{text:?} is not a number from {min} to {max}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMUM: [(&str, &str); 6] = [
        ("DISCORD_BOT_TOKEN", "bot"),
        ("LINEAR_API_KEY", "lin"),
        ("LINEAR_TEAM_KEY", "ENG"),
        ("GITHUB_TOKEN", "ghp"),
        ("PUBLIC_URL", "https://gateway.test/"),
        ("MODEL_TOKEN_KEY", "0123456789abcdef0123456789abcdef"),
    ];

    fn settings(extra: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        Settings::from_env(|name| {
            MINIMUM
                .iter()
                .chain(extra)
                .rev()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_minimum_is_enough_and_the_rest_has_its_defaults() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.discord.api_url, "https://discord.com/api/v10");
        assert!(settings.posthog.is_none());
        assert_eq!(settings.runs.limits, RunLimits::default());
        assert_eq!(settings.policy, Policy::default());
        assert_eq!(settings.redaction, Redaction::default());
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let Err(BadSettings(problems)) = Settings::from_env(|name| match name {
            "POSTHOG_API_KEY" => Some("phx".to_owned()),
            "RUN_BUDGET_USD" => Some("1e9".to_owned()),
            "RUN_TURNS" => Some("0".to_owned()),
            "REDACT_EMAILS" => Some("modell".to_owned()),
            "DEFAULT_REPOSITORY" => Some("not a repository".to_owned()),
            _ => None,
        }) else {
            panic!("these settings cannot be used");
        };
        for name in [
            "DISCORD_BOT_TOKEN",
            "LINEAR_API_KEY",
            "LINEAR_TEAM_KEY",
            "POSTHOG_PROJECT_ID",
            "GITHUB_TOKEN",
            "DEFAULT_REPOSITORY",
            "PUBLIC_URL",
            "MODEL_TOKEN_KEY",
            "RUN_BUDGET_USD",
            "RUN_TURNS",
            "REDACT_EMAILS",
        ] {
            assert!(
                problems.iter().any(|problem| problem.contains(name)),
                "{name}: {problems:?}"
            );
        }
    }

    #[test]
    fn a_container_is_told_what_is_set_for_its_executor() {
        let told = |extra: &[_]| settings(extra).map(|it| it.runs.executor_settings);
        assert_eq!(told(&[]), Ok(vec![]));
        let (network, prices) = (("AGENT_NETWORK", "open"), ("MODEL_PRICES", "next=4/20"));
        let both = [network, prices].map(|(name, value)| (name, value.to_owned()));
        assert_eq!(told(&[network, prices]), Ok(both.to_vec()));
        assert!(told(&[("AGENT_NETWORK", "opne")]).is_err());
        assert!(told(&[("MODEL_PRICES", "next")]).is_err());
    }

    #[test]
    fn an_allow_list_closes_every_other_repository() {
        let open = settings(&[]).unwrap().github;
        let listed = [("ALLOWED_REPOSITORIES", "acme/shop, Acme/Web")];
        let closed = settings(&listed).unwrap().github;
        let repo = |name| RepoName::parse(name).unwrap();
        assert!(open.allows(&repo("any/thing")));
        assert!(closed.allows(&repo("acme/web")) && !closed.allows(&repo("acme/payroll")));
        let contradiction = [listed[0], ("DEFAULT_REPOSITORY", "acme/payroll")];
        assert!(settings(&contradiction).is_err());
        assert!(settings(&[("ALLOWED_REPOSITORIES", "acme")]).is_err());
    }

    #[test]
    fn an_executor_that_no_request_could_reach_is_a_mistake() {
        for (name, value) in [
            ("EXECUTOR_URL", "mailto:a@b"),
            ("EXECUTOR_URL", "localhost:8080"),
            ("EXECUTOR_TOKEN", "s3cret\nx"),
        ] {
            let error = settings(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_blank_variable_is_not_set() {
        assert!(settings(&[("LINEAR_TEAM_KEY", " ")]).is_err());
        assert!(
            settings(&[("EXECUTOR_URL", "")])
                .unwrap()
                .runs
                .executor_url
                .is_none()
        );
    }

    #[test]
    fn debug_of_the_settings_shows_no_secret() {
        let shown = format!(
            "{:?}",
            settings(&[("LINEAR_API_KEY", "lin_s3cret")]).unwrap()
        );
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
