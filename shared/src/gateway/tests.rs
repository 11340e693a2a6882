use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use ed25519_dalek::{Signer as _, SigningKey};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::http::Unreachable;
use crate::id::{IssueKey, ThreadId};
use crate::job::Job;
use crate::ports::QueueRefused;

mod buttons;
mod commands;
mod endpoint;
mod github;
mod offers;

const NOW: i64 = 1_780_000_000;

/// What surrounds the gateway, with every call it made.
#[derive(Default)]
pub(crate) struct World {
    discord: RefCell<VecDeque<Result<Response, Unreachable>>>,
    asked: RefCell<Vec<(String, Duration)>>,
    queue_refuses: Cell<bool>,
    queued: RefCell<Vec<(String, Duration)>>,
    memory: RefCell<Option<Known>>,
    log: RefCell<Vec<String>>,
}

impl Http for World {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        let token = request.headers()["authorization"].to_str().unwrap();
        assert_eq!(token, "Bot bot-token");
        self.asked
            .borrow_mut()
            .push((format!("{} {}", request.method(), request.uri()), within));
        self.discord
            .borrow_mut()
            .pop_front()
            .unwrap_or(Err(Unreachable::TimedOut(within)))
    }
}

impl Queue for World {
    async fn send(&self, body: &str, delay: Duration) -> Result<(), QueueRefused> {
        if self.queue_refuses.get() {
            return Err(QueueRefused("over its limit".into()));
        }
        self.queued.borrow_mut().push((body.to_owned(), delay));
        Ok(())
    }
}

impl ThreadMemory for World {
    async fn known(&self, thread: &ThreadId) -> Result<Known, MemoryFailed> {
        assert_eq!(thread.as_str(), "645027906669510667");
        self.memory
            .borrow()
            .clone()
            .ok_or_else(|| MemoryFailed("reset".into()))
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }
}

impl Log for World {
    fn write(&self, _level: crate::ports::Level, line: &str) {
        self.log.borrow_mut().push(line.to_owned());
    }
}

/// No test here gets that far: the portal has its own.
impl hub::Hubs for World {
    async fn ask_hub(&self, _: hub::Shard, _: &hub::Question) -> Result<hub::Answer, String> {
        Err("there is no hub here".to_owned())
    }
}

impl crate::ports::Entropy for World {
    fn fill(&self, _: &mut [u8]) {
        unreachable!("nobody logs in here")
    }
}

impl portal::Ports for World {
    fn http(&self) -> &impl Http {
        self
    }
    fn hubs(&self) -> &impl hub::Hubs {
        self
    }
    fn clock(&self) -> &impl Clock {
        self
    }
    fn entropy(&self) -> &impl crate::ports::Entropy {
        self
    }
    fn log(&self) -> &impl Log {
        self
    }
}

impl Ports for World {
    fn inboxes(&self) -> &impl edge::Inboxes {
        &operator::Nothing
    }
    fn http(&self) -> &impl Http {
        self
    }
    fn queue(&self) -> &impl Queue {
        self
    }
    fn memory(&self) -> &impl ThreadMemory {
        self
    }
    fn back(&self) -> &impl operator::Back {
        &operator::Nothing
    }
    fn hub(&self) -> &impl portal::Ports {
        self
    }
    fn clock(&self) -> &impl Clock {
        self
    }
    fn log(&self) -> &impl Log {
        self
    }
}

impl World {
    pub(crate) fn logged(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    fn with_history(messages: &Value) -> Self {
        let world = Self::default();
        let answer = ::http::Response::new(messages.to_string().into_bytes());
        world.discord.borrow_mut().push_back(Ok(answer));
        world
    }

    fn knowing(issues: &[(&str, &str)], repositories: &[&str]) -> Self {
        let world = Self::default();
        *world.memory.borrow_mut() = Some(Known {
            issues: issues
                .iter()
                .map(|(key, title)| KnownIssue {
                    key: IssueKey::new(*key),
                    title: (*title).into(),
                })
                .collect(),
            repositories: repositories.iter().map(|name| (*name).to_owned()).collect(),
            ..Known::default()
        });
        world
    }

    fn handle(&self, request: &Request) -> Response {
        run(handle(request, &setup(), self))
    }

    /// Sends a signed interaction; answers with its status and JSON.
    fn interact(&self, body: &Value) -> Value {
        let response = self.handle(&signed(body.to_string().as_bytes()));
        assert_eq!(response.status(), 200, "{}", text_of(&response));
        assert_eq!(response.headers()["content-type"], "application/json");
        serde_json::from_slice(response.body()).unwrap()
    }

    fn only_job(&self) -> Job {
        let queued = self.queued.borrow();
        let [(body, Duration::ZERO)] = queued.as_slice() else {
            panic!("{queued:?}")
        };
        Job::decode(body).unwrap()
    }
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn setup() -> Setup {
    Setup::read(configured, |_| true)
}

fn configured(name: &str) -> Option<String> {
    match name {
        "DISCORD_PUBLIC_KEY" => Some(hex::encode(signing_key().verifying_key().as_bytes())),
        "DISCORD_BOT_TOKEN" => Some("bot-token".into()),
        "DISCORD_API_URL" => Some("http://discord.test/api/v10".into()),
        _ => None,
    }
}

pub(crate) fn request(method: &str, path: &str, body: &[u8]) -> Request {
    ::http::Request::builder()
        .method(method)
        .uri(format!("https://gateway.test{path}"))
        .body(body.to_vec())
        .unwrap()
}

fn signed(body: &[u8]) -> Request {
    signed_at(NOW, body)
}

fn signed_at(seconds: i64, body: &[u8]) -> Request {
    let timestamp = seconds.to_string();
    let signature = signing_key()
        .sign(&[timestamp.as_bytes(), body].concat())
        .to_bytes();
    let mut request = request("POST", "/discord/interactions", body);
    request
        .headers_mut()
        .insert(SIGNATURE_HEADER, hex::encode(signature).parse().unwrap());
    request
        .headers_mut()
        .insert(TIMESTAMP_HEADER, timestamp.parse().unwrap());
    request
}

pub(crate) fn text_of(response: &Response) -> String {
    String::from_utf8(response.body().clone()).unwrap()
}

fn interaction(kind: u8, data: &Value) -> Value {
    json!({
        "type": kind,
        "id": "1198622483471925248",
        "application_id": "845027738276462632",
        "token": "interaction-token",
        "guild_id": "290926798626357999",
        "channel_id": "645027906669510667",
        "channel": {"id": "645027906669510667", "type": 11, "parent_id": "545027906669510667"},
        "member": {"user": {"id": "53908232506183680", "username": "mason"}},
        "data": data,
    })
}

fn slash(subcommand: &str, options: &Value) -> Value {
    let subcommand = json!({"name": subcommand, "type": 1, "options": options});
    interaction(
        2,
        &json!({"id": "1", "name": "bugbot", "type": 1, "options": [subcommand]}),
    )
}

fn option(name: &str, value: &str) -> Value {
    json!({"name": name, "type": 3, "value": value})
}

fn on_message(name: &str) -> Value {
    interaction(
        2,
        &json!({
            "id": "2", "name": name, "type": 3, "target_id": "11",
            "resolved": {"messages": {"11": message("11", "9", "Save is dead, see https://linear.app/acme/issue/ENG-7/x")}},
        }),
    )
}

fn message(id: &str, author: &str, content: &str) -> Value {
    json!({
        "id": id, "content": content, "timestamp": "2026-07-22T12:34:56.789000+00:00",
        "author": {"id": author, "username": "ann", "bot": author == "845027738276462632"},
    })
}
