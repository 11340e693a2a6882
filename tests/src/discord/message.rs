//! A message, and what a request's body does to it.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::body::{Posted, Upload};
use super::state::State;

/// Only one person sees it.
pub(super) const EPHEMERAL: u64 = 1 << 6;
/// "bugbot is thinking…"
pub(super) const LOADING: u64 = 1 << 7;
/// No embed of it is shown, its own ones included.
pub(super) const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// The flags that a request may set: suppress embeds, suppress notifications.
const SETTABLE: u64 = SUPPRESS_EMBEDS | 1 << 12;

/// The kinds of message that occur here, by Discord's numbers.
pub(super) const DEFAULT: u8 = 0;
pub(super) const CHAT_INPUT_COMMAND: u8 = 20;
pub(super) const THREAD_STARTER: u8 = 21;
pub(super) const CONTEXT_MENU_COMMAND: u8 = 23;
/// Not a message: a line that Discord itself shows to one person. No route gives it out.
pub(super) const NOTICE: u8 = u8::MAX;

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) kind: u8,
    pub(super) channel: u64,
    pub(super) author: u64,
    pub(super) content: String,
    pub(super) embeds: Vec<Value>,
    pub(super) components: Vec<Value>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) flags: u64,
    pub(super) created: Timestamp,
    pub(super) edited: Option<Timestamp>,
    pub(super) nonce: Option<Value>,
    /// The message that it replies to; for a thread's first, the one that the thread was made from.
    pub(super) reply_to: Option<u64>,
    /// The interaction that it answers or follows up on.
    pub(super) interaction: Option<u64>,
    /// Who sees it, when not everybody does.
    pub(super) only_for: Option<u64>,
}

#[derive(Debug, Clone)]
pub(super) struct Attachment {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) content_type: Option<String>,
    pub(super) content: Bytes,
}

impl Message {
    /// A new message without anything in it.
    pub(super) fn blank(state: &mut State, channel: u64, author: u64) -> Self {
        Self {
            id: state.snowflake(),
            kind: DEFAULT,
            channel,
            author,
            content: String::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            attachments: Vec::new(),
            flags: 0,
            created: state.now(),
            edited: None,
            nonce: None,
            reply_to: None,
            interaction: None,
            only_for: None,
        }
    }

    /// Writes what the body holds into the message; what it leaves out stays as it is.
    pub(super) fn write(&mut self, state: &mut State, posted: &Posted) {
        let body = &posted.json;
        if let Some(content) = body.get("content") {
            // Discord strips the blanks around a message.
            content
                .as_str()
                .unwrap_or_default()
                .trim()
                .clone_into(&mut self.content);
        }
        if let Some(embeds) = body.get("embeds") {
            self.embeds = embeds
                .as_array()
                .map(|all| all.iter().map(as_stored).collect())
                .unwrap_or_default();
        }
        if let Some(components) = body.get("components") {
            self.components = components.as_array().cloned().unwrap_or_default();
            number(&mut self.components, &mut 1);
        }
        if let Some(flags) = body.get("flags").and_then(Value::as_u64) {
            self.flags = self.flags & !SETTABLE | flags & SETTABLE;
        }
        if let Some(kept) = body.get("attachments").and_then(Value::as_array) {
            let kept = |id: u64| {
                kept.iter()
                    .any(|a| a["id"].as_str() == Some(&id.to_string()))
            };
            self.attachments.retain(|a| kept(a.id));
        }
        for upload in &posted.files {
            let attachment = attach(state, upload);
            self.attachments.push(attachment);
        }
        self.flags &= !LOADING;
    }

    /// Whether nobody could see anything of it.
    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty()
            && self.embeds.is_empty()
            && self.components.is_empty()
            && self.attachments.is_empty()
    }

    /// Whether it is still "thinking".
    pub(super) fn is_loading(&self) -> bool {
        self.flags & LOADING != 0
    }
}

fn attach(state: &mut State, upload: &Upload) -> Attachment {
    Attachment {
        id: state.snowflake(),
        name: upload.name.clone(),
        content_type: upload.content_type.clone(),
        content: upload.content.clone(),
    }
}

/// An embed as Discord gives it back: with its type, and every field with its `inline`.
fn as_stored(embed: &Value) -> Value {
    let mut embed = embed.clone();
    if let Some(object) = embed.as_object_mut() {
        object.retain(|_, value| !value.is_null());
        object.insert("type".to_owned(), json!("rich"));
    }
    for field in embed
        .get_mut("fields")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(field) = field.as_object_mut() {
            field.entry("inline").or_insert(json!(false));
        }
    }
    embed
}

/// Gives each component that came without an id the next free one, as Discord does.
fn number(components: &mut [Value], next: &mut u64) {
    for component in components {
        if let Some(object) = component.as_object_mut() {
            object.entry("id").or_insert(json!(*next));
            *next += 1;
            if let Some(Value::Array(inner)) = object.get_mut("components") {
                number(inner, next);
            }
        }
    }
}
