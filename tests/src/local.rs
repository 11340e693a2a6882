//! The whole of bugbot on this machine: both workers in real workerd, the real executor with the
//! real Claude Code, and a fake of every outside service, over loopback sockets.
//!
//! What the demo, `cargo xtask dev` and the end-to-end tests start.

mod executor;
mod keys;
mod story;

use std::path::{Path, PathBuf};

use shared::address::GITHUB_WEBHOOK_PATH;
use shared::id::{ChannelId, UserId};

pub use self::executor::{AgentProcess, Executor};
pub use self::keys::Keys;
pub use self::story::Told;
use crate::anthropic::{Anthropic, Script};
use crate::clock::TestClock;
use crate::discord::{self, Discord};
use crate::fake::{Served, Sockets};
use crate::github::{GitHub, Webhook};
use crate::linear::Linear;
use crate::posthog::PostHog;
use crate::sample;
use crate::stack::{Options, Stack};

/// The repository that the sample is hosted as.
pub const REPOSITORY: &str = "acme/shop";
/// Where the interactions go.
pub const ENDPOINT: &str = "/discord/interactions";

const LINEAR_KEY: &str = "lin_api_0nlyForTheFakeOfLinear";
const GITHUB_TOKEN: &str = "ghp_0nlyForTheFakeOfGitHub000000000000";
const WEBHOOK_SECRET: &str = "0nly-the-fake-of-GitHub-knows-this";
const MODEL_KEY: &str = "sk-ant-only-for-the-fake-of-the-model";
const MODEL_TOKEN_KEY: &str = "only-the-local-workers-know-this-key";
const EXECUTOR_TOKEN: &str = "only-for-the-local-executor";

/// How a local bugbot is started.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where everything is kept: the executor's data, the repositories, the workers' state.
    pub state: PathBuf,
    /// Whether the workers' state outlives them.
    pub persist: bool,
    /// The gateway's port; any free one if not given.
    pub gateway_port: Option<u16>,
    /// What the scripted model plays.
    pub script: Script,
    /// Real services in place of fakes.
    pub keys: Keys,
    /// Variables of both workers, over all others.
    pub consumer: Vec<(String, String)>,
    /// Variables of the gateway alone.
    pub gateway: Vec<(String, String)>,
}

impl Setup {
    /// Fakes only, nothing kept, and a model that fixes the sample's bug.
    pub fn new(state: impl Into<PathBuf>) -> Self {
        Self {
            state: state.into(),
            persist: false,
            gateway_port: None,
            script: Script::fixes_the_sample(),
            keys: Keys::default(),
            consumer: Vec::new(),
            gateway: Vec::new(),
        }
    }

    /// Sets a variable of the consumer.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.consumer.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running local bugbot. Everything of it ends when this is dropped.
#[derive(Debug)]
pub struct Local {
    /// The workers.
    pub stack: Stack,
    /// Discord.
    pub discord: Discord,
    /// Linear.
    pub linear: Linear,
    /// PostHog.
    pub posthog: PostHog,
    /// GitHub, over a real repository.
    pub github: GitHub,
    /// The model.
    pub anthropic: Anthropic,
    /// The executor.
    pub executor: Executor,
    /// Where everything is kept.
    pub state: PathBuf,
    served: Vec<(&'static str, Served)>,
}

/// What everybody in the fake server may do.
const ROLES: [&str; 4] = [
    "FIX_ALLOWED",
    "APPROVE_ALLOWED",
    "CANCEL_ALLOWED",
    "DEPLOY_ALLOWED",
];

impl Local {
    /// Starts everything and returns when it answers.
    #[expect(
        clippy::too_many_lines,
        reason = "a list of what each service is told, in the order of starting"
    )]
    pub async fn start(setup: Setup) -> anyhow::Result<Self> {
        let clock = TestClock::system;
        let discord = Discord::new(clock());
        let linear = Linear::new(clock()).with_key(LINEAR_KEY);
        let posthog = PostHog::new(clock());
        let github = GitHub::at(setup.state.join("github"), clock())
            .with_repository(REPOSITORY, sample::folder().as_path())
            .with_token(GITHUB_TOKEN);
        let anthropic = Anthropic::new(MODEL_KEY, setup.script.clone());
        let served = vec![
            ("discord", Served::start(discord.router()).await?),
            ("linear", Served::start(linear.router()).await?),
            ("posthog", Served::start(posthog.router()).await?),
            ("github", Served::start(github.router()).await?),
            ("anthropic", Served::start(anthropic.router()).await?),
        ];
        let executor = Executor::start(&setup.state.join("executor"), EXECUTOR_TOKEN)?;
        let at = |service: &str| {
            let found = served.iter().find(|(name, _)| *name == service);
            found.expect("it is served").1.origin()
        };

        let gateway_port = match setup.gateway_port {
            None | Some(0) => free_port()?,
            Some(port) => port,
        };
        let mut options = Options {
            persist: setup.persist.then(|| setup.state.join("workers")),
            gateway_port: Some(gateway_port),
            dev_vars: !setup.keys.is_empty(),
            ..Options::default()
        };
        // Each service by the key that makes it a real one, and what makes it a fake.
        let fakes = [
            (
                "DISCORD_BOT_TOKEN",
                vec![
                    (
                        "DISCORD_API_URL",
                        format!("{}{}", at("discord"), discord::API_PATH),
                    ),
                    ("DISCORD_BOT_TOKEN", discord.bot_token().expose().to_owned()),
                    ("DISCORD_PUBLIC_KEY", discord.public_key()),
                    ("DISCORD_APPLICATION_ID", discord.application().to_string()),
                ],
            ),
            (
                "LINEAR_API_KEY",
                vec![
                    ("LINEAR_API_URL", at("linear")),
                    ("LINEAR_API_KEY", LINEAR_KEY.to_owned()),
                    ("LINEAR_TEAM_KEY", "ENG".to_owned()),
                ],
            ),
            (
                "POSTHOG_API_KEY",
                vec![
                    ("POSTHOG_HOST", at("posthog")),
                    ("POSTHOG_API_KEY", posthog.key().expose().to_owned()),
                    ("POSTHOG_PROJECT_ID", posthog.project()),
                ],
            ),
            (
                "GITHUB_TOKEN",
                vec![
                    ("GITHUB_API_URL", at("github")),
                    ("GITHUB_URL", at("github")),
                    ("GITHUB_TOKEN", GITHUB_TOKEN.to_owned()),
                    ("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
                    ("DEFAULT_REPOSITORY", REPOSITORY.to_owned()),
                ],
            ),
            (
                "EXECUTOR_URL",
                vec![
                    ("EXECUTOR_URL", executor.url().to_owned()),
                    ("EXECUTOR_TOKEN", EXECUTOR_TOKEN.to_owned()),
                ],
            ),
        ];
        let needed = fakes.into_iter().filter(|(key, _)| !setup.keys.has(key));
        for (name, value) in needed.flat_map(|(_, variables)| variables) {
            options = options.both(name, value);
        }
        // Whoever reaches the local stack is its operator; on real services that is to be said.
        if !setup.keys.has("DISCORD_BOT_TOKEN") {
            for name in ROLES {
                options = options.both(name, "everyone".to_owned());
            }
        }
        for (name, value) in setup.keys.overrides().chain(setup.consumer) {
            options = options.both(&name, value);
        }
        // The gateway alone knows the model's key; where the gateway is, the consumer has to know
        // before either starts.
        if !setup.keys.has("ANTHROPIC_API_KEY") {
            options = options
                .gateway("ANTHROPIC_BASE_URL", at("anthropic"))
                .gateway("ANTHROPIC_API_KEY", MODEL_KEY);
        }
        options = options
            .both("MODEL_TOKEN_KEY", MODEL_TOKEN_KEY)
            .consumer("PUBLIC_URL", format!("http://127.0.0.1:{gateway_port}"));
        for (name, value) in setup.gateway {
            options = options.gateway(&name, value);
        }
        let stack = Stack::start(options).await?;
        Ok(Self {
            stack,
            discord,
            linear,
            posthog,
            github,
            anthropic,
            executor,
            state: setup.state,
            served,
        })
    }

    /// The address of a fake by its service's name.
    pub fn address(&self, service: &str) -> Option<String> {
        let found = self.served.iter().find(|(name, _)| *name == service);
        found.map(|(_, served)| served.origin())
    }

    /// All addresses, by name.
    pub fn addresses(&self) -> serde_json::Value {
        let mut addresses = serde_json::Map::new();
        addresses.insert("gateway".to_owned(), self.stack.gateway.clone().into());
        addresses.insert("consumer".to_owned(), self.stack.consumer.clone().into());
        addresses.insert("executor".to_owned(), self.executor.url().into());
        for (name, served) in &self.served {
            addresses.insert((*name).to_owned(), served.origin().into());
        }
        addresses.into()
    }

    /// Discord's end of the interactions endpoint.
    pub fn endpoint(&self) -> discord::Endpoint<Sockets> {
        self.discord
            .endpoint(Sockets::new(), format!("{}{ENDPOINT}", self.stack.gateway))
    }

    /// The webhook of the repository.
    pub fn webhook(&self) -> Webhook<Sockets> {
        let url = format!("{}{GITHUB_WEBHOOK_PATH}", self.stack.gateway);
        self.github.webhook(Sockets::new(), &url, WEBHOOK_SECRET)
    }

    /// A thread in which somebody has reported the sample's bug, and that person.
    pub fn reported(&self) -> (ChannelId, UserId) {
        let ann = self.discord.person("Ann");
        let channel = self.discord.channel("shop-feedback");
        let thread = self.discord.thread(&channel, "Eleven mugs", &ann);
        (thread, ann)
    }

    /// The secrets in play: nothing that the agent can see may hold one.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![
            MODEL_TOKEN_KEY.to_owned(),
            LINEAR_KEY.to_owned(),
            MODEL_KEY.to_owned(),
            EXECUTOR_TOKEN.to_owned(),
            WEBHOOK_SECRET.to_owned(),
            self.discord.bot_token().expose().to_owned(),
            self.posthog.key().expose().to_owned(),
        ];
        secrets.extend(self.github.tokens());
        secrets
    }

    /// Fails on anything that a fake was asked wrongly, or that was left unsettled.
    pub fn finish(&self) {
        self.discord.finish();
        self.linear.finish();
        self.posthog.finish();
        self.github.finish();
        self.anthropic.finish();
    }
}

/// A port of this machine that nobody listens on.
fn free_port() -> std::io::Result<u16> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// A fresh directory at this path.
pub fn fresh(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    std::fs::create_dir_all(path)
}
