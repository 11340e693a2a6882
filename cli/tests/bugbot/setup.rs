//! `bugbot setup`, with a wrangler and a cargo that write down what they are asked.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use tests::clock::TestClock;
use tests::discord::{API_PATH, Discord};
use tests::fake::Served;
use tests::github::GitHub;
use tests::linear::Linear;
use tests::posthog::PostHog;
use tests::sample;

use crate::stage::{Ran, program, ran};

const NPX: &str = include_str!("npx.sh");
const CARGO: &str = "#!/bin/sh\necho \"cargo $*\" >> \"$FAKE/asked\"\n";
const LINEAR_KEY: &str = "lin_api_of-the-setup";
const GITHUB_TOKEN: &str = "ghp_of-the-setup";

/// A project's folder, an account at Cloudflare, and every service.
struct Stage {
    folder: tempfile::TempDir,
    discord: Discord,
    _served: Vec<Served>,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for (name, script) in [("npx", NPX), ("cargo", CARGO)] {
            let file = at.join("bin").join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, script).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::fs::create_dir(at.join("cloudflare")).unwrap();
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../wrangler.toml");
        std::fs::copy(config, at.join("wrangler.toml")).unwrap();

        let clock = TestClock::system;
        let discord = Discord::new(clock());
        let linear = Linear::new(clock()).with_key(LINEAR_KEY);
        let posthog = PostHog::new(clock());
        let github = GitHub::at(at.join("github"), clock())
            .with_repository("acme/shop", sample::folder().as_path())
            .with_token(GITHUB_TOKEN);
        let routers = [
            discord.router(),
            linear.router(),
            posthog.router(),
            github.router(),
        ];
        let mut served = Vec::new();
        for router in routers {
            served.push(Served::start(router).await.unwrap());
        }
        let secrets = format!(
            "# of the setup\n\
             DISCORD_PUBLIC_KEY={}\nDISCORD_BOT_TOKEN={}\nDISCORD_API_URL={}{API_PATH}\n\
             LINEAR_API_KEY={LINEAR_KEY}\nLINEAR_TEAM_KEY=ENG\nLINEAR_API_URL={}\n\
             POSTHOG_API_KEY={}\nPOSTHOG_PROJECT_ID={}\nPOSTHOG_HOST={}\n\
             GITHUB_TOKEN={GITHUB_TOKEN}\nDEFAULT_REPOSITORY=acme/shop\nGITHUB_API_URL={}\n\
             PUBLIC_URL=https://bugbot-gateway.acme.workers.dev\n\
             ANTHROPIC_API_KEY=\"sk-of-the-setup\"\n",
            discord.public_key(),
            discord.bot_token().expose(),
            served[0].origin(),
            served[1].origin(),
            posthog.key().expose(),
            posthog.project(),
            served[2].origin(),
            served[3].origin(),
        );
        std::fs::write(at.join("secrets"), secrets).unwrap();
        Self {
            folder,
            discord,
            _served: served,
        }
    }

    async fn setup(&self, more: &[&str]) -> Ran {
        let at = self.folder.path();
        let mut command = program(&[&["setup", "--secrets", "secrets"], more].concat());
        command
            .current_dir(at)
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", at.join("bin").display()),
            )
            .env("FAKE", at.join("cloudflare"));
        ran(&mut command).await
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap_or_default()
    }

    fn put(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// What wrangler and cargo were asked since the last look.
    fn asked(&self) -> String {
        let asked = self.text("cloudflare/asked");
        self.put("cloudflare/asked", "");
        asked
    }

    fn has(&self, file: &str) -> bool {
        Path::exists(&self.folder.path().join(file))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_zero_to_deployed_and_a_repeat_makes_nothing_twice() {
    let stage = Stage::new().await;
    let said = stage.setup(&["--deploy"]).await.done();
    insta::assert_snapshot!(said, @r"
    ok     account           Acme
    done   key-value store   0123456789abcdef0123456789abcdef is in wrangler.toml now
    done   queue             bugbot-commands is made
    done   queue             bugbot-commands-dlq is made
    done   variables         DISCORD_API_URL, DEFAULT_REPOSITORY, GITHUB_API_URL, LINEAR_API_URL, LINEAR_TEAM_KEY, POSTHOG_HOST, POSTHOG_PROJECT_ID, PUBLIC_URL are in wrangler.toml now
    done   random secrets    OPERATOR_TOKEN, MODEL_TOKEN_KEY: made, and added to secrets
    ok     credentials       every service lets bugbot in
    done   secrets           gateway has DISCORD_PUBLIC_KEY, DISCORD_BOT_TOKEN, OPERATOR_TOKEN, ANTHROPIC_API_KEY, MODEL_TOKEN_KEY
    done   secrets           consumer has DISCORD_BOT_TOKEN, MODEL_TOKEN_KEY, LINEAR_API_KEY, POSTHOG_API_KEY, GITHUB_TOKEN
    done   commands          3 commands of bugbot are registered everywhere.
    done   deployment        both workers are deployed
    --     doctor            `bugbot doctor` looks at the whole once BUGBOT_URL is set
    ");
    let asked = stage.asked();
    insta::assert_snapshot!(asked, @r"
    whoami --json
    kv namespace list
    kv namespace create BUGBOT_KV
    kv namespace list
    queues info bugbot-commands
    queues create bugbot-commands
    queues info bugbot-commands-dlq
    queues create bugbot-commands-dlq
    secret bulk --env gateway
    secret bulk --env consumer
    cargo xtask deploy
    ");

    let config = stage.text("wrangler.toml");
    assert_eq!(
        config
            .matches("\"0123456789abcdef0123456789abcdef\"")
            .count(),
        2
    );
    assert!(
        config.contains("LINEAR_TEAM_KEY = \"ENG\" # Required"),
        "comments stay"
    );
    assert!(!config.contains(LINEAR_KEY) && !asked.contains(LINEAR_KEY));
    let gateway: Value = serde_json::from_str(&stage.text("cloudflare/secrets-gateway")).unwrap();
    let consumer: Value = serde_json::from_str(&stage.text("cloudflare/secrets-consumer")).unwrap();
    assert_eq!(consumer["LINEAR_API_KEY"], LINEAR_KEY);
    assert_eq!(
        consumer["OPERATOR_TOKEN"],
        Value::Null,
        "it is the gateway's alone"
    );
    let token = gateway["OPERATOR_TOKEN"].as_str().unwrap();
    assert_eq!(token.len(), 64);
    assert!(stage.text("secrets").contains(token) && !said.contains(token));
    assert_eq!(stage.discord.commands(None).len(), 3);

    let again = stage.setup(&[]).await.done();
    let made = |text: &str| text.lines().filter(|line| line.starts_with("done")).count();
    assert_eq!(
        made(&again),
        2,
        "the secrets of two workers are set anew: {again}"
    );
    assert!(!stage.asked().contains("create"));
    assert_eq!(stage.text("wrangler.toml"), config);
    stage.discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_makes_and_changes_nothing() {
    let stage = Stage::new().await;
    let before = (stage.text("wrangler.toml"), stage.text("secrets"));
    let said = stage.setup(&["--dry-run", "--deploy"]).await.done();
    insta::assert_snapshot!(said, @r"
    ok     account           Acme
    would  key-value store   BUGBOT_KV would be made
    would  queue             bugbot-commands would be made
    would  queue             bugbot-commands-dlq would be made
    would  variables         DISCORD_API_URL, DEFAULT_REPOSITORY, GITHUB_API_URL, LINEAR_API_URL, LINEAR_TEAM_KEY, POSTHOG_HOST, POSTHOG_PROJECT_ID, PUBLIC_URL would be put into wrangler.toml
    would  random secrets    OPERATOR_TOKEN, MODEL_TOKEN_KEY would be made and added to secrets
    ok     credentials       every service lets bugbot in
    would  secrets           gateway would get DISCORD_PUBLIC_KEY, DISCORD_BOT_TOKEN, ANTHROPIC_API_KEY
    would  secrets           consumer would get DISCORD_BOT_TOKEN, LINEAR_API_KEY, POSTHOG_API_KEY, GITHUB_TOKEN
    would  commands          Nothing was changed everywhere: this was a dry run.
    would  deployment        both workers would be deployed
    --     doctor            `bugbot doctor` looks at the whole once BUGBOT_URL is set
    ");
    assert_eq!((stage.text("wrangler.toml"), stage.text("secrets")), before);
    for order in ["create", "bulk", "cargo"] {
        assert!(!stage.text("cloudflare/asked").contains(order), "{order}");
    }
    assert!(stage.discord.commands(None).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_at_what_is_wrong_and_goes_on_from_there() {
    let stage = Stage::new().await;
    stage.put("cloudflare/logged-out", "");
    let out = stage.setup(&[]).await;
    assert_eq!(out.code, 4);
    assert!(out.err.contains("npx wrangler login"), "{}", out.err);
    std::fs::remove_file(stage.folder.path().join("cloudflare/logged-out")).unwrap();

    stage.put("cloudflare/no-queues", "");
    let stopped = stage.setup(&[]).await;
    assert_eq!(stopped.code, 1);
    insta::assert_snapshot!(stopped.err, @r"
    bugbot: setup stopped

    ok     account           Acme
    done   key-value store   0123456789abcdef0123456789abcdef is in wrangler.toml now

    `npx wrangler queues create` did not work: X [ERROR] Queues is currently not enabled on this account.
      → Mend it and give setup again: it goes on from here. `npx wrangler whoami` shows the account and its permissions.
    ");
    std::fs::remove_file(stage.folder.path().join("cloudflare/no-queues")).unwrap();

    // The wrong key is found before it is set anywhere.
    let good = stage.text("secrets");
    stage.put(
        "secrets",
        &good.replace(LINEAR_KEY, "lin_api_of-somebody-else"),
    );
    let refused = stage.setup(&[]).await;
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(
        refused.err.contains("API key") && !refused.err.contains("lin_api"),
        "{}",
        refused.err
    );
    assert!(!stage.has("cloudflare/secrets-consumer"));

    stage.put("secrets", &good);
    let said = stage.setup(&[]).await.done();
    assert!(said.contains("ok     key-value store"), "{said}");
    assert!(stage.has("cloudflare/secrets-consumer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_means_nothing_is_a_mistake() {
    let stage = Stage::new().await;
    let secrets = stage.text("secrets");
    stage.put("secrets", &format!("{secrets}LINEAR_KEY=x\n"));
    let refused = stage.setup(&["--json"]).await;
    assert_eq!(refused.code, 1);
    insta::assert_snapshot!(refused.out, @r#"
    {
      "error": {
        "code": "failed",
        "fix": "Correct the name, or take the line out.",
        "message": "secrets: LINEAR_KEY is neither a secret nor a variable of wrangler.toml"
      }
    }
    "#);
    assert!(!stage.has("cloudflare/asked"));
}
