//! The built gateway in real workerd, spoken to as Discord speaks to it.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use serde_json::json;
use shared::http::{Http, Response};
use tests::clock::TestClock;
use tests::discord::{Act, Discord, Endpoint};
use tests::fake::{Served, Sockets};
use tests::stack::{Options, Stack};

const WITHIN: Duration = Duration::from_secs(30);

/// A gateway in workerd, and the Discord that it is registered with.
struct Stage {
    discord: Discord,
    stack: Stack,
    /// Serves the REST API as long as it lives.
    _api: Served,
}

impl Stage {
    async fn set() -> Self {
        let discord = Discord::new(TestClock::system());
        let api = Served::start(discord.router()).await.unwrap();
        let options = Options::default()
            .both("DISCORD_PUBLIC_KEY", discord.public_key())
            .both("DISCORD_BOT_TOKEN", discord.bot_token().expose())
            .both("ANTHROPIC_API_KEY", "sk-nobody-calls-the-model-here")
            .both("MODEL_TOKEN_KEY", "0123456789abcdef0123456789abcdef")
            .both("GITHUB_WEBHOOK_SECRET", "only the fake GitHub knows it")
            .both("DISCORD_API_URL", format!("{}/api/v10", api.origin()));
        let stack = Stack::start(options).await.unwrap();
        Self {
            discord,
            stack,
            _api: api,
        }
    }

    fn endpoint(&self) -> Endpoint<Sockets> {
        let url = format!("{}/discord/interactions", self.stack.gateway);
        self.discord.endpoint(Sockets::new(), url)
    }

    async fn get(&self, path: &str) -> (u16, String) {
        get(&self.stack, path).await
    }
}

async fn get(stack: &Stack, path: &str) -> (u16, String) {
    let request = http::Request::get(format!("{}{path}", stack.gateway)).body(Vec::new());
    seen(&Sockets::new().send(request.unwrap(), WITHIN).await.unwrap())
}

fn seen(response: &Response) -> (u16, String) {
    let body = String::from_utf8(response.body().clone()).unwrap();
    (response.status().as_u16(), body)
}

#[tokio::test]
async fn discord_would_accept_the_endpoint() {
    let stage = Stage::set().await;
    stage.endpoint().is_accepted().await.unwrap();
    let ready = r#"{"off":["HUB_FORGES is missing: no volunteer can log in to the hub"],"problems":[],"ready":true}"#;
    let ready = (200, ready.to_owned());
    assert_eq!(stage.get("/health/ready").await, ready);
}

#[tokio::test]
async fn without_its_secrets_the_gateway_says_which_it_lacks() {
    let stack = Stack::start(Options::default()).await.unwrap();
    let expected = r#"{"problems":["DISCORD_BOT_TOKEN is missing","DISCORD_PUBLIC_KEY is missing"],"ready":false}"#;
    assert_eq!(
        get(&stack, "/health/ready").await,
        (503, expected.to_owned())
    );
    assert_eq!(get(&stack, "/health").await, (200, "ok".to_owned()));
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_no_further() {
    let stage = Stage::set().await;
    let url = format!("{}/", stage.stack.gateway);
    for (padding, expected) in [
        (200_000, (200, r#"{"type":1}"#)),
        (300_000, (413, "body too large")),
    ] {
        let body = json!({"type": 1, "padding": "x".repeat(padding)});
        let request = stage.discord.sign(&url, &body);
        let response = Sockets::new().send(request, WITHIN).await.unwrap();
        assert_eq!(seen(&response), (expected.0, expected.1.to_owned()));
    }
}

#[tokio::test]
async fn a_command_is_answered_in_time_with_what_its_thread_says() {
    let stage = Stage::set().await;
    let alice = stage.discord.person("Alice");
    let bugs = stage.discord.channel("bugs");
    let thread = stage.discord.thread(&bugs, "Checkout is broken", &alice);
    stage.discord.say(&thread, &alice, "ENG-3 is back");
    let endpoint = stage.endpoint();

    // The thread's object knows no issue yet; but it does answer.
    let typing = Act::slash("bugbot fix").typing("issue", "EN");
    let offered = endpoint.act(&alice, &thread, typing).await;
    assert_eq!(offered.choices(), Vec::<String>::new());

    let command = Act::slash("bugbot contextualize");
    let sent = endpoint.act(&alice, &thread, command).await;
    assert_eq!(*sent.taken(), json!({"type": 5}));
    let logs = stage.stack.logs();
    let accepted = logs
        .wait_for(WITHIN, |line| line["message"] == "job accepted")
        .await;
    assert_eq!(accepted["job"], sent.id.as_str());

    // Everything that was asked on the way did answer.
    let failed = ["nothing to offer", "history not read"];
    for line in logs.lines() {
        assert!(
            failed.iter().all(|failure| line["message"] != *failure),
            "{line}"
        );
    }
}
