//! The JSON of an interaction, and its way into the types that the rest of the code sees.
//!
//! Every field is optional here: which of them a kind needs is said where it is used, with the
//! name of the field, and not by the decoder.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::error::Category;

use super::{
    GivenOption, Incoming, Interaction, Invocation, Kind, ParseError, Place, Target, Value,
};
use crate::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

// Interaction types.
const PING: u64 = 1;
const APPLICATION_COMMAND: u64 = 2;
const MESSAGE_COMPONENT: u64 = 3;
const AUTOCOMPLETE: u64 = 4;
const MODAL_SUBMIT: u64 = 5;

// Command types.
const CHAT_INPUT: u64 = 1;
const MESSAGE: u64 = 3;

// Option types that hold options themselves.
const SUB_COMMAND: u64 = 1;
const SUB_COMMAND_GROUP: u64 = 2;

/// Channel types that are threads: announcement, public, private.
const THREADS: std::ops::RangeInclusive<u64> = 10..=12;

#[derive(Deserialize)]
struct WireInteraction {
    #[serde(rename = "type")]
    kind: Option<u64>,
    id: Option<InteractionId>,
    application_id: Option<ApplicationId>,
    token: Option<String>,
    guild_id: Option<GuildId>,
    channel_id: Option<ChannelId>,
    channel: Option<WireChannel>,
    member: Option<WireMember>,
    user: Option<WireUser>,
    data: Option<WireData>,
}

#[derive(Deserialize)]
struct WireChannel {
    id: Option<ChannelId>,
    #[serde(rename = "type")]
    kind: Option<u64>,
    parent_id: Option<ChannelId>,
}

#[derive(Deserialize)]
struct WireMember {
    user: Option<WireUser>,
    roles: Option<Vec<RoleId>>,
}

#[derive(Deserialize)]
struct WireUser {
    id: Option<UserId>,
    username: Option<String>,
    global_name: Option<String>,
    bot: Option<bool>,
}

/// `data` of all kinds in one: they share names but no meanings.
#[derive(Deserialize)]
struct WireData {
    #[serde(rename = "type")]
    kind: Option<u64>,
    name: Option<String>,
    options: Option<Vec<WireOption>>,
    target_id: Option<MessageId>,
    resolved: Option<WireResolved>,
    custom_id: Option<String>,
    components: Option<Vec<WireRow>>,
}

/// A part of a form: a label with its input, or (the older way) a row of inputs.
#[derive(Deserialize)]
struct WireRow {
    component: Option<WireInput>,
    components: Option<Vec<WireInput>>,
}

#[derive(Deserialize)]
struct WireInput {
    custom_id: Option<String>,
    value: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct WireOption {
    #[serde(rename = "type")]
    kind: Option<u64>,
    name: Option<String>,
    value: Option<serde_json::Value>,
    options: Option<Vec<WireOption>>,
    focused: Option<bool>,
}

#[derive(Deserialize)]
struct WireResolved {
    messages: Option<HashMap<MessageId, WireMessage>>,
}

#[derive(Deserialize)]
struct WireMessage {
    author: Option<WireUser>,
    content: Option<String>,
    timestamp: Option<Timestamp>,
}

pub(super) fn parse(body: &[u8]) -> Result<Incoming, ParseError> {
    let wire: WireInteraction = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Data => ParseError::WrongType { line, column },
            Category::Syntax | Category::Eof | Category::Io => ParseError::NotJson { line, column },
        }
    })?;
    match wire.kind.ok_or(ParseError::Missing("type"))? {
        PING => Ok(Incoming::Ping),
        kind => interaction(kind, wire)
            .map(Box::new)
            .map(Incoming::Interaction),
    }
}

fn interaction(kind: u64, wire: WireInteraction) -> Result<Interaction, ParseError> {
    // In a server the user is inside the member; in a direct message there is no member.
    let (member_user, roles) = match wire.member {
        Some(member) => (member.user, member.roles.unwrap_or_default()),
        None => (None, Vec::new()),
    };
    let user = member_user.or(wire.user);
    Ok(Interaction {
        id: wire.id.ok_or(ParseError::Missing("id"))?,
        application_id: wire
            .application_id
            .ok_or(ParseError::Missing("application_id"))?,
        token: wire
            .token
            .map(crate::secret::Secret::new)
            .ok_or(ParseError::Missing("token"))?,
        guild_id: wire.guild_id,
        place: place(wire.channel, wire.channel_id)?,
        user_id: user
            .and_then(|user| user.id)
            .ok_or(ParseError::Missing("user.id"))?,
        roles,
        kind: match kind {
            APPLICATION_COMMAND => command(data(wire.data)?)?,
            AUTOCOMPLETE => Kind::Autocomplete(invocation(data(wire.data)?)?),
            MESSAGE_COMPONENT => Kind::Component {
                custom_id: custom_id(data(wire.data)?)?,
            },
            MODAL_SUBMIT => modal_submit(data(wire.data)?)?,
            _ => Kind::Unknown,
        },
    })
}

fn data(data: Option<WireData>) -> Result<WireData, ParseError> {
    data.ok_or(ParseError::Missing("data"))
}

fn custom_id(data: WireData) -> Result<String, ParseError> {
    data.custom_id.ok_or(ParseError::Missing("data.custom_id"))
}

fn modal_submit(mut data: WireData) -> Result<Kind, ParseError> {
    let rows = data.components.take().unwrap_or_default();
    let inputs = rows.into_iter().flat_map(|row| {
        let many = row.components.unwrap_or_default();
        row.component.into_iter().chain(many)
    });
    // Inputs of other kinds than text have no text.
    let fields = inputs.filter_map(|input| match (input.custom_id, input.value) {
        (Some(name), Some(serde_json::Value::String(text))) => Some((name, text)),
        _ => None,
    });
    Ok(Kind::ModalSubmit {
        fields: fields.collect(),
        custom_id: custom_id(data)?,
    })
}

fn place(channel: Option<WireChannel>, id: Option<ChannelId>) -> Result<Place, ParseError> {
    let (kind, parent, own_id) = match channel {
        Some(channel) => (channel.kind, channel.parent_id, channel.id),
        None => (None, None, None),
    };
    let here = own_id.or(id).ok_or(ParseError::Missing("channel_id"))?;
    Ok(match parent {
        // A channel has a parent too: its category.
        Some(parent) if kind.is_some_and(|kind| THREADS.contains(&kind)) => Place {
            channel: parent,
            thread: Some(here),
        },
        _ => Place {
            channel: here,
            thread: None,
        },
    })
}

fn command(data: WireData) -> Result<Kind, ParseError> {
    // The type of a slash command may be left out.
    match data.kind.unwrap_or(CHAT_INPUT) {
        CHAT_INPUT => invocation(data).map(Kind::Slash),
        MESSAGE => {
            let name = data.name.ok_or(ParseError::Missing("data.name"))?;
            let id = data
                .target_id
                .ok_or(ParseError::Missing("data.target_id"))?;
            let messages = data.resolved.and_then(|resolved| resolved.messages);
            let message = messages
                .and_then(|mut messages| messages.remove(&id))
                .ok_or(ParseError::Missing("data.resolved.messages[target_id]"))?;
            Ok(Kind::OnMessage {
                name,
                target: target(id, message)?,
            })
        }
        _ => Ok(Kind::Unknown),
    }
}

fn target(id: MessageId, message: WireMessage) -> Result<Target, ParseError> {
    let author = message
        .author
        .ok_or(ParseError::Missing("message.author"))?;
    Ok(Target {
        id,
        author_id: author.id.ok_or(ParseError::Missing("message.author.id"))?,
        author_name: author.global_name.or(author.username).unwrap_or_default(),
        author_is_bot: author.bot.unwrap_or(false),
        content: message.content.unwrap_or_default(),
        timestamp: message
            .timestamp
            .ok_or(ParseError::Missing("message.timestamp"))?,
    })
}

fn invocation(data: WireData) -> Result<Invocation, ParseError> {
    let name = data.name.ok_or(ParseError::Missing("data.name"))?;
    let mut options = data.options.unwrap_or_default();
    let mut subcommands = Vec::new();
    while options.first().is_some_and(is_subcommand) {
        let subcommand = options.swap_remove(0);
        subcommands.push(
            subcommand
                .name
                .ok_or(ParseError::Missing("data.options.name"))?,
        );
        options = subcommand.options.unwrap_or_default();
    }
    let options = options.into_iter().map(given).collect::<Result<_, _>>()?;
    Ok(Invocation {
        name,
        subcommands,
        options,
    })
}

fn is_subcommand(option: &WireOption) -> bool {
    matches!(option.kind, Some(SUB_COMMAND | SUB_COMMAND_GROUP))
}

fn given(option: WireOption) -> Result<GivenOption, ParseError> {
    let focused = option.focused.unwrap_or(false);
    Ok(GivenOption {
        name: option
            .name
            .ok_or(ParseError::Missing("data.options.name"))?,
        value: match option.value {
            Some(serde_json::Value::String(text)) => Value::Text(text),
            Some(serde_json::Value::Number(number)) => Value::Number(number),
            Some(serde_json::Value::Bool(flag)) => Value::Flag(flag),
            // Nothing typed yet.
            None if focused => Value::Text(String::new()),
            _ => return Err(ParseError::Missing("data.options.value")),
        },
        focused,
    })
}
