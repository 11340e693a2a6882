mod client;
mod commands;
mod gateway;
mod interactions;
mod messages;
mod refusals;
mod rendering;
mod schema;
mod twilight;

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use shared::http::{Http, Request, Response, USER_AGENT};
use shared::id::{ChannelId, UserId};

use super::{Discord, ORIGIN};
use crate::clock::TestClock;
use crate::fake::Wired;

/// A Discord with one thread and one person, and a program that speaks to it.
struct World {
    discord: Discord,
    clock: TestClock,
    http: Wired,
    bugs: ChannelId,
    thread: ChannelId,
    alice: UserId,
}

impl World {
    fn new() -> Self {
        let clock = TestClock::story();
        let discord = Discord::new(clock.clone());
        let http = Wired::new().at(ORIGIN, discord.router());
        let alice = discord.person("Alice");
        let bugs = discord.channel("bugs");
        let thread = discord.thread(&bugs, "Checkout is broken", &alice);
        Self {
            discord,
            clock,
            http,
            bugs,
            thread,
            alice,
        }
    }

    /// A request as a well-behaved bot sends it.
    fn request(&self, method: Method, path: &str, body: &Value) -> Request {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{ORIGIN}/api/v10{path}"))
            .header("user-agent", USER_AGENT)
            .header(
                "authorization",
                format!("Bot {}", self.discord.bot_token().expose()),
            );
        if body.is_null() {
            request.body(Vec::new()).unwrap()
        } else {
            request
                .header("content-type", "application/json")
                .body(body.to_string().into_bytes())
                .unwrap()
        }
    }

    async fn send(&self, request: Request) -> Response {
        self.http
            .send(request, Duration::from_secs(1))
            .await
            .unwrap()
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let response = self.send(self.request(method, path, &body)).await;
        (
            response.status().as_u16(),
            serde_json::from_slice(response.body()).unwrap_or_default(),
        )
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, body).await
    }

    async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PATCH, path, body).await
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, Value::Null).await
    }

    fn clock_seconds(&self) -> i64 {
        shared::ports::Clock::now(&self.clock).as_second()
    }

    fn messages_path(&self) -> String {
        format!("/channels/{}/messages", self.thread)
    }

    async fn post_text(&self, text: &str) -> (u16, Value) {
        self.post(&self.messages_path(), quiet(json!({"content": text})))
            .await
    }
}

/// The body with nobody to ping.
fn quiet(mut body: Value) -> Value {
    body["allowed_mentions"] = json!({"parse": []});
    body
}

fn contents(page: &Value) -> Vec<&str> {
    page.as_array()
        .unwrap()
        .iter()
        .map(|m| m["content"].as_str().unwrap())
        .collect()
}
