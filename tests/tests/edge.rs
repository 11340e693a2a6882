//! Hooks at the edge in real workerd, over real objects and a real queue: what only they can show.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::hooks::Recipient;
use shared::hooks::edge::{EdgeClient, EdgeError, Format, InboxName};
use shared::http::Http as _;
use shared::id::ChannelId;
use shared::secret::Secret;
use tests::clock::TestClock;
use tests::discord::{self, Discord};
use tests::edge::{Tool, sentry_alert};
use tests::fake::{Served, Sockets};
use tests::linear::Linear;
use tests::stack::{Options, Stack};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const SECRET: &str = "the secret of every hook";
const PULL_TOKEN: &str = "whoever-pulls-from-workerd";
const LINEAR_KEY: &str = "lin_api_0nlyForTheFakeOfLinear";

/// Both workers with two hooks of Sentry's: one fills an inbox, one begins threads in a channel.
struct Stage {
    stack: Stack,
    discord: Discord,
    linear: Linear,
    channel: ChannelId,
    _served: [Served; 2],
}

impl Stage {
    async fn set() -> Self {
        let discord = Discord::new(TestClock::system());
        let linear = Linear::new(TestClock::system()).with_key(LINEAR_KEY);
        let channel = discord.channel("alerts");
        let served = [
            Served::start(discord.router()).await.unwrap(),
            Served::start(linear.router()).await.unwrap(),
        ];
        let guild = discord.guild();
        let to_inbox = json!({
            "format": "sentry", "to": {"inbox": "alice"}, "type": "NEEDS-RESPONSE",
            "priority": "urgent", "template": "{{ .data.event.title }}",
        });
        let to_thread = json!({
            "format": "sentry",
            "to": {"contextualize": {"guild": guild.as_str(), "channel": channel.as_str()}},
            "template": "{{ .data.event.title }}\n{{ .data.event.web_url }}",
        });
        let both = [
            (
                "DISCORD_API_URL",
                format!("{}{}", served[0].origin(), discord::API_PATH),
            ),
            ("DISCORD_BOT_TOKEN", discord.bot_token().expose().to_owned()),
            ("LINEAR_API_URL", served[1].origin()),
            ("LINEAR_API_KEY", LINEAR_KEY.to_owned()),
            ("LINEAR_TEAM_KEY", "ENG".to_owned()),
            ("GITHUB_API_URL", "http://127.0.0.1:9".to_owned()),
            ("GITHUB_TOKEN", "ghp".to_owned()),
            ("PUBLIC_URL", "http://127.0.0.1:9".to_owned()),
            ("MODEL_TOKEN_KEY", "0123456789abcdef".repeat(2)),
        ];
        let options = both
            .into_iter()
            .fold(Options::default(), |options, (name, value)| {
                options.both(name, value)
            })
            .gateway("HOOKS", "sentry, alerts")
            .gateway("HOOK_SENTRY", to_inbox.to_string())
            .gateway("HOOK_SENTRY_SECRET", SECRET)
            .gateway("HOOK_ALERTS", to_thread.to_string())
            .gateway("HOOK_ALERTS_SECRET", SECRET)
            .gateway("HOOKS_PULL_TOKEN", PULL_TOKEN);
        Self {
            stack: Stack::start(options).await.unwrap(),
            discord,
            linear,
            channel,
            _served: served,
        }
    }

    fn tool(&self, hook: &str) -> Tool {
        let url = format!("{}/hooks/{hook}", self.stack.gateway);
        Tool::new(Format::Sentry, SECRET, url)
    }

    async fn send(&self, request: shared::http::Request) -> (u16, Value) {
        let response = Sockets::new().send(request, PATIENCE).await.unwrap();
        let body = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), body)
    }

    fn puller(&self, token: &str) -> EdgeClient<Sockets> {
        let token = Secret::new(token);
        EdgeClient::new(Sockets::new(), &self.stack.gateway, &token).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_equal_signed_alerts_at_once_one_is_an_event_which_outlives_its_object() {
    let stage = Stage::set().await;
    let tool = stage.tool("sentry");
    let alert = sentry_alert("TypeError: ü", "e1");
    let stranger = Tool::new(
        Format::Sentry,
        "another secret of theirs",
        format!("{}/hooks/sentry", stage.stack.gateway),
    );
    let (status, said) = stage.send(stranger.delivery("d-1", &alert)).await;
    assert_eq!(
        (status, &said["error"]),
        (401, &json!("wrong sentry-hook-signature"))
    );

    let answers = join_all((0..30).map(|_| stage.send(tool.delivery("d-1", &alert)))).await;
    let is_new = |(status, said): &&(u16, Value)| {
        assert_eq!((*status, &said["id"]), (202, &answers[0].1["id"]), "{said}");
        said["repeated"].is_null()
    };
    assert_eq!(answers.iter().filter(is_new).count(), 1);

    let alice = Recipient::parse("alice").unwrap();
    let name = InboxName::Of(alice.clone()).name();
    stage.stack.evict("InboxObject", &name).await.unwrap();
    let (_, again) = stage.send(tool.delivery("d-1", &alert)).await;
    assert_eq!(again["repeated"], true);

    let closed = stage.puller("another token of theirs");
    assert_eq!(closed.page(&alice, 0).await, Err(EdgeError::Unauthorized));
    let puller = stage.puller(PULL_TOKEN);
    let page = puller.page(&alice, 0).await.unwrap();
    assert_eq!((page.events.len(), page.more), (1, false));
    let event = &page.events[0];
    assert_eq!(event.id.as_str(), answers[0].1["id"]);
    assert_eq!(event.payload, "TypeError: ü");
    assert_eq!(event.source.as_deref(), Some("webhook:/hooks/sentry"));
    assert_eq!(puller.ack(&alice, event.seq).await, Ok(0));
    stage.stack.evict("InboxObject", &name).await.unwrap();
    assert!(puller.page(&alice, 0).await.unwrap().events.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_alert_becomes_a_thread_with_its_issue() {
    let stage = Stage::set().await;
    let tool = stage.tool("alerts");
    let alert = sentry_alert("TypeError: total is undefined", "e1");
    let (status, said) = stage.send(tool.delivery("d-1", &alert)).await;
    assert_eq!(status, 202, "{said}");
    let begun = Instant::now();
    let thread = loop {
        let posted = stage.discord.said_by_bot(&stage.channel);
        let thread = posted
            .first()
            .map(|message| ChannelId::new(message["id"].as_str().unwrap()));
        let ended = |thread: &ChannelId| {
            let said = stage.discord.said_by_bot(thread);
            said.iter()
                .any(|it| it["content"].as_str().unwrap().starts_with("✅"))
        };
        if let Some(thread) = thread.filter(ended) {
            break thread;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", stage.stack.logs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // Once more, from whoever has recorded it: the same thread.
    let (_, again) = stage.send(tool.delivery("d-2", &alert)).await;
    assert_eq!(
        (&again["id"], &again["repeated"]),
        (&said["id"], &json!(true))
    );
    assert_eq!(stage.discord.said_by_bot(&stage.channel).len(), 1);
    assert!(!stage.discord.transcript(&thread).is_empty());
    let issues = stage.linear.issues();
    assert_eq!(issues.len(), 1, "{issues:#?}");
    assert_eq!(issues[0].title, "TypeError: total is undefined");
}
