//! The product's own gateway behind the fake's endpoint, with the fake's history before it.

use shared::gateway::{self, Known, KnownIssue, MemoryFailed, Ports, Setup, ThreadMemory};
use shared::http::Unreachable;
use shared::id::{IssueKey, ThreadId};
use shared::job::Job;
use shared::operator::{Back, Nothing};
use shared::ports::{Clock, Level, Log, Queue, QueueRefused};

use super::*;
use crate::discord::{Act, Endpoint};

/// The gateway with its platform: an HTTP service by itself.
#[derive(Clone)]
struct Gateway {
    setup: Setup,
    to_discord: Wired,
    clock: TestClock,
    queued: std::rc::Rc<std::cell::RefCell<Vec<Job>>>,
    hub: crate::hub::Portal,
}

impl Http for Gateway {
    async fn send(&self, request: Request, _within: Duration) -> Result<Response, Unreachable> {
        Ok(gateway::handle(&request, &self.setup, self).await)
    }
}

impl Queue for Gateway {
    async fn send(&self, body: &str, _delay: Duration) -> Result<(), QueueRefused> {
        self.queued
            .borrow_mut()
            .push(serde_json::from_str(body).unwrap());
        Ok(())
    }
}

impl ThreadMemory for Gateway {
    async fn known(&self, _thread: &ThreadId) -> Result<Known, MemoryFailed> {
        let issue = KnownIssue {
            key: IssueKey::new("ENG-7"),
            title: "Checkout".to_owned(),
        };
        Ok(Known {
            issues: vec![issue],
            repositories: Vec::new(),
            ..Known::default()
        })
    }
}

impl Log for Gateway {
    fn write(&self, level: Level, line: &str) {
        // A signature that does not verify is worth a warning: Discord probes with such.
        assert_ne!(level, Level::Error, "{line}");
    }
}

impl Ports for Gateway {
    fn http(&self) -> &impl Http {
        &self.to_discord
    }
    fn queue(&self) -> &impl Queue {
        self
    }
    fn memory(&self) -> &impl ThreadMemory {
        self
    }
    fn back(&self) -> &impl Back {
        &Nothing
    }
    fn hub(&self) -> &impl shared::hub::portal::Ports {
        &self.hub
    }
    fn inboxes(&self) -> &impl shared::hooks::edge::Inboxes {
        &Nothing
    }
    fn clock(&self) -> &impl Clock {
        &self.clock
    }
    fn log(&self) -> &impl Log {
        self
    }
}

fn stage() -> (World, Gateway, Endpoint<Gateway>) {
    let world = World::new();
    let settings = [
        ("DISCORD_PUBLIC_KEY", world.discord.public_key()),
        (
            "DISCORD_BOT_TOKEN",
            world.discord.bot_token().expose().to_owned(),
        ),
    ];
    let setting = |name: &str| {
        settings
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value.clone())
    };
    let setup = Setup::read(setting, |_| true);
    let queued = std::rc::Rc::default();
    let gateway = Gateway {
        setup,
        to_discord: world.http.clone(),
        clock: world.clock.clone(),
        queued,
        hub: crate::hub::Portal::new(),
    };
    let endpoint = world
        .discord
        .endpoint(gateway.clone(), "https://gateway.test/discord/interactions");
    (world, gateway, endpoint)
}

#[tokio::test]
async fn the_gateway_would_be_accepted_by_discord() {
    let (world, _, endpoint) = stage();
    endpoint.is_accepted().await.unwrap();
    world.discord.finish();
}

#[tokio::test]
async fn a_command_becomes_a_job_with_its_thread() {
    let (world, gateway, endpoint) = stage();
    world.discord.converse(
        &world.thread,
        &[("Alice", "ENG-3 crashes"), ("Bob", "Same here")],
    );
    let sent = endpoint
        .act(
            &world.alice,
            &world.thread,
            Act::slash("bugbot contextualize"),
        )
        .await;
    assert_eq!(sent.taken()["type"], 5);
    let jobs = gateway.queued.borrow();
    let [job] = jobs.as_slice() else {
        panic!("one job: {jobs:?}")
    };
    let context = &job.discord_context;
    assert_eq!(
        (&context.channel_id, context.conversation()),
        (&world.bugs, &world.thread)
    );
    assert_eq!(
        (&context.user_id, &context.guild_id),
        (&world.alice, &world.discord.guild())
    );
    let said: Vec<_> = context
        .recent_messages
        .iter()
        .map(|m| m.content.as_str())
        .collect();
    assert!(said.contains(&"ENG-3 crashes"), "{said:?}");
    assert_eq!(job.interaction.token, sent.token);
    assert!(
        world
            .discord
            .transcript(&world.thread)
            .contains("bugbot is thinking…")
    );
    assert_eq!(world.discord.take_violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_command_takes_its_target_and_help_is_for_one_person() {
    let (world, gateway, endpoint) = stage();
    let report = world
        .discord
        .say(&world.bugs, &world.alice, "The cart is empty");
    let sent = endpoint
        .act(&world.alice, &world.bugs, Act::menu("Add context", &report))
        .await;
    assert_eq!(sent.taken()["type"], 5);
    assert_eq!(
        gateway.queued.borrow()[0].discord_context.message_content,
        "The cart is empty"
    );

    let sent = endpoint
        .act(&world.alice, &world.thread, Act::slash("bugbot nonsense"))
        .await;
    assert_eq!(sent.taken()["type"], 4);
    let seen = world.discord.transcript(&world.thread);
    assert!(seen.contains("(only Alice can see this)"), "{seen}");
    let typing = Act::slash("bugbot fix").typing("issue", "ENG");
    let sent = endpoint.act(&world.alice, &world.thread, typing).await;
    assert!(sent.choices()[0].contains("ENG-7"), "{:?}", sent.choices());
    assert_eq!(world.discord.take_violations(), Vec::<String>::new());
}
