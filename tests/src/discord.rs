//! A stateful fake of Discord: its REST API v10, and its side of the interactions endpoint.
//!
//! Invariant: what the real service refuses is refused with its status, code and message, and a
//! sender's mistake is a violation; so is a message that could ping people.
//!
//! Not modelled: the gateway socket, voice, forums, roles, polls, stickers, components v2,
//! reactions. A request for one of these is a 404 and a violation.

mod act;
mod answer;
mod body;
mod bucket;
mod command;
mod endpoint;
mod form;
mod front;
mod limits;
mod message;
mod payload;
mod refusal;
mod render;
mod routes;
mod seed;
mod shape;
mod state;
mod store;
#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::response::IntoResponse;
use http::StatusCode;
use serde_json::{Value, json};
use shared::id::{ApplicationId, ChannelId, GuildId, MessageId, UserId};
use shared::secret::Secret;

pub use self::act::{Act, Slash};
use self::bucket::Buckets;
pub use self::bucket::Scope;
pub use self::endpoint::{Endpoint, Exchange};
use self::message::NOTICE;
pub use self::state::{Denied, State};
use crate::clock::TestClock;
use crate::fake::{Dialect, Fake};
use crate::fault::{Canned, Fault};

/// Where a program reaches the fake in-process: the production address.
pub const ORIGIN: &str = "https://discord.com";

/// The path under which the API lies on any origin.
pub const API_PATH: &str = "/api/v10";

/// One Discord with one server in it. Clones are the same Discord.
#[derive(Debug, Clone)]
pub struct Discord(Fake<State>);

impl Deref for Discord {
    type Target = Fake<State>;

    fn deref(&self) -> &Fake<State> {
        &self.0
    }
}

impl Discord {
    /// An empty server with the bot in it.
    pub fn new(clock: TestClock) -> Self {
        Self(Fake::new(DIALECT, State::new(clock)))
    }

    /// The service, with its faults and its journal.
    pub fn router(&self) -> Router {
        self.0.equip(
            routes::routes().layer(middleware::from_fn_with_state(self.0.clone(), front::front)),
        )
    }

    /// The application, and its bot user's id.
    pub fn application(&self) -> ApplicationId {
        ApplicationId::new(self.lock().application.to_string())
    }

    /// The bot's token.
    pub fn bot_token(&self) -> Secret {
        Secret::new(self.lock().bot_token.clone())
    }

    /// The key that interactions are verified with, in hex, as the portal shows it.
    pub fn public_key(&self) -> String {
        hex::encode(self.lock().key.verifying_key().as_bytes())
    }

    /// The server.
    pub fn guild(&self) -> GuildId {
        GuildId::new(self.lock().guild.to_string())
    }

    /// The channel as a person would see it.
    pub fn transcript(&self, channel: &ChannelId) -> String {
        render::transcript(&self.lock(), number_of(channel))
    }

    /// The messages of a channel as JSON, oldest first, with those that only one person sees.
    pub fn messages(&self, channel: &ChannelId) -> Vec<Value> {
        let (state, channel) = (self.lock(), number_of(channel));
        let messages = state
            .messages
            .values()
            .filter(|m| m.channel == channel && m.kind != NOTICE);
        messages.map(|m| state.message_json(m)).collect()
    }

    /// What the bot has said in a channel, as JSON, oldest first.
    pub fn said_by_bot(&self, channel: &ChannelId) -> Vec<Value> {
        let bot = self.application();
        let mut messages = self.messages(channel);
        messages.retain(|m| m["author"]["id"] == bot.as_str());
        messages
    }

    /// The newest button of this label in a channel, that `person` can see and press: its message
    /// and its id. Panics if there is none.
    pub fn button(&self, channel: &ChannelId, person: &UserId, label: &str) -> (MessageId, String) {
        let (state, channel, person) = (self.lock(), number_of(channel), number_of(person));
        let seen = state
            .messages
            .values()
            .rev()
            .filter(|m| m.channel == channel && m.only_for.is_none_or(|only| only == person));
        let buttons = seen.flat_map(|m| {
            let rows = m.components.iter();
            let all = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
            all.map(move |button| (m.id, button))
        });
        let mut named = buttons.filter(|(_, b)| b["label"] == label && b["custom_id"].is_string());
        let Some((message, button)) = named.next() else {
            drop(named);
            panic!(
                "no button {label:?}: {}",
                render::transcript(&state, channel)
            );
        };
        let id = button["custom_id"].as_str().unwrap_or_default();
        (MessageId::new(message.to_string()), id.to_owned())
    }

    /// The labels of the buttons that can be pressed under the bot's newest message in a channel.
    pub fn buttons(&self, channel: &ChannelId) -> Vec<String> {
        let newest = self.said_by_bot(channel).pop().unwrap_or_default();
        let rows = newest["components"].as_array().cloned().unwrap_or_default();
        let all = rows
            .iter()
            .flat_map(|row| row["components"].as_array().into_iter().flatten());
        all.filter(|button| button["custom_id"].is_string())
            .filter_map(|button| button["label"].as_str().map(str::to_owned))
            .collect()
    }

    /// The id of the form that was opened last before a person.
    pub fn open_form(&self, channel: &ChannelId, person: &UserId) -> Option<String> {
        let (state, channel, person) = (self.lock(), number_of(channel), number_of(person));
        let form = state.newest_form(person, channel)?;
        form["custom_id"].as_str().map(str::to_owned)
    }

    /// The bytes of an attachment.
    pub fn attachment(&self, message: &MessageId, name: &str) -> Option<Vec<u8>> {
        let state = self.lock();
        let message = state.messages.get(&number(message.as_str()))?;
        message
            .attachments
            .iter()
            .find(|a| a.name == name)
            .map(|a| a.content.to_vec())
    }

    /// The commands that are registered, globally or in the server.
    pub fn commands(&self, guild: Option<&GuildId>) -> Vec<Value> {
        let guild = guild.map(|g| number(g.as_str()));
        self.lock()
            .commands
            .get(&guild)
            .cloned()
            .unwrap_or_default()
    }

    /// Panics on a violation, a fault that never struck, or a message that still "thinks".
    pub fn finish(&self) {
        let unsettled: Vec<String> = {
            let state = self.lock();
            let thinking = state.messages.values().filter(|m| m.is_loading());
            thinking
                .map(|m| format!("message {} in channel {} still thinks", m.id, m.channel))
                .collect()
        };
        self.0.finish(&unsettled);
    }
}

/// What goes wrong, besides faults.
impl Discord {
    /// Every interaction token so far is from now on too old.
    pub fn expire_tokens(&self) {
        let mut state = self.lock();
        let now = state.now();
        for interaction in state.interactions.values_mut() {
            interaction.expires = now;
        }
    }

    /// Takes a permission from the bot, or gives it back.
    pub fn deny(&self, channel: &ChannelId, what: Option<Denied>) {
        let mut state = self.lock();
        state
            .channels
            .get_mut(&number_of(channel))
            .expect("the channel exists")
            .denied = what;
    }

    /// A person deletes a message.
    pub fn delete(&self, message: &MessageId) {
        self.lock()
            .messages
            .remove(&number(message.as_str()))
            .expect("the message exists");
    }

    /// A thread is archived; writing in it wakes it unless it is locked as well.
    pub fn archive(&self, thread: &ChannelId, locked: bool) {
        self.lock().archive(number_of(thread), locked);
    }

    /// The application has its interactions sent there.
    pub fn set_interactions_endpoint(&self, url: &str) {
        self.lock().interactions_endpoint = Some(url.to_owned());
    }

    /// The application lacks the Message Content intent: what others wrote reads as empty.
    pub fn withhold_content(&self) {
        self.lock().content_intent = false;
    }

    /// From now on, every bucket holds so many requests for so long.
    pub fn limit_rates(&self, requests: u32, per: Duration) {
        self.lock().buckets = Buckets::sized(requests, per);
    }

    /// A rate limit of another scope than [`Fault::RateLimit`], which is this route's.
    pub fn rate_limit(retry_after: Duration, scope: Scope) -> Fault {
        let (headers, body) = bucket::rate_limit_parts(retry_after, scope);
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let mut canned = Canned::json(429, &body);
        canned.headers.extend(headers);
        Fault::Answer(canned)
    }

    /// What an address gets that sent too many invalid requests: 429 in HTML, from Cloudflare.
    pub fn banned() -> Fault {
        let page = "<!doctype html><title>Access denied | discord.com used Cloudflare to restrict access</title>";
        Fault::Answer(Canned {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers: vec![
                (
                    http::header::CONTENT_TYPE,
                    http::HeaderValue::from_static("text/html"),
                ),
                (
                    http::header::RETRY_AFTER,
                    http::HeaderValue::from_static("3600"),
                ),
            ],
            body: page.into(),
        })
    }
}

const DIALECT: Dialect = Dialect {
    service: "Discord",
    failure: |status| {
        let message = format!(
            "{}: {}",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default()
        );
        (status, axum::Json(json!({"message": message, "code": 0}))).into_response()
    },
    rate_limited: |after| bucket::rate_limited(after, Scope::User),
};

fn number_of(id: &(impl std::fmt::Display + ?Sized)) -> u64 {
    number(&id.to_string())
}

/// The number of an id that the fake itself gave out.
fn number(id: &str) -> u64 {
    id.parse()
        .unwrap_or_else(|_| panic!("{id:?} is not an id of this Discord"))
}
