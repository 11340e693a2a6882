//! Channels and their messages, by the bot's token.

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use http::StatusCode;
use serde_json::Value;

use super::snowflake;
use crate::discord::body::Posted;
use crate::discord::front::Bot;
use crate::discord::limits::{breaches, check_message};
use crate::discord::message::Message;
use crate::discord::refusal::{FormErrors, Refusal};
use crate::discord::state::State;
use crate::fake::Fake;

type Answer = Result<Json<Value>, Refusal>;

pub(super) async fn read_channel(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path(channel): Path<String>,
) -> Answer {
    let channel = snowflake("channel_id", &channel)?;
    let state = fake.lock();
    Ok(Json(state.channel_json(state.visible_channel(channel)?)))
}

pub(super) async fn list(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path(channel): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Answer {
    let channel = snowflake("channel_id", &channel)?;
    let mut limit = 50;
    // Exclusive bounds; the page is the newest below `before`, or the oldest above `after`.
    let (mut before, mut after) = (u64::MAX, None);
    for (name, value) in &query {
        match name.as_str() {
            "limit" => limit = page_size(value)?,
            "before" => before = snowflake("before", value)?,
            "after" => after = Some(snowflake("after", value)?),
            _ => fake.violation(format!("GET messages has no parameter {name:?}")),
        }
    }
    let state = fake.lock();
    state.visible_channel(channel)?;
    let floor = after.map_or(0, |id| id.saturating_add(1));
    let within = state.messages.range(floor..before).map(|(_, m)| m);
    let shown = within.filter(|m| m.channel == channel && m.only_for.is_none());
    let mut page: Vec<&Message> = if after.is_some() {
        shown.take(limit).collect()
    } else {
        let mut newest: Vec<_> = shown.rev().take(limit).collect();
        newest.reverse();
        newest
    };
    page.reverse();
    Ok(Json(
        page.into_iter()
            .map(|m| state.read_message_json(m))
            .collect(),
    ))
}

fn page_size(text: &str) -> Result<usize, Refusal> {
    let mut errors = FormErrors::default();
    match text.parse() {
        Ok(limit @ 1..=100) => return Ok(limit),
        Ok(0) => errors.add(
            "limit",
            "NUMBER_TYPE_MIN",
            "int value should be greater than or equal to 1.",
        ),
        Ok(_) => errors.add(
            "limit",
            "NUMBER_TYPE_MAX",
            "int value should be less than or equal to 100.",
        ),
        Err(_) => errors.add(
            "limit",
            "NUMBER_TYPE_COERCE",
            format!("Value \"{text}\" is not int."),
        ),
    }
    Err(errors.check().expect_err("an error was added"))
}

pub(super) async fn read(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path((channel, message)): Path<(String, String)>,
) -> Answer {
    let (channel, message) = (
        snowflake("channel_id", &channel)?,
        snowflake("message_id", &message)?,
    );
    let state = fake.lock();
    Ok(Json(state.read_message_json(
        state.public_message(channel, message)?,
    )))
}

pub(super) async fn create(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path(channel): Path<String>,
    posted: Posted,
) -> Answer {
    let channel = snowflake("channel_id", &channel)?;
    for breach in breaches(&posted.json) {
        fake.violation(format!("POST messages: {breach}"));
    }
    let mut state = fake.lock();
    state.writable_channel(channel)?;
    check_message(&posted)?;
    let nonce = Some(&posted.json["nonce"]).filter(|n| !n.is_null());
    if let (Some(nonce), true) = (nonce, posted.json["enforce_nonce"] == true)
        && let Some(first) = state.by_nonce(channel, nonce)
    {
        return Ok(Json(state.message_json(first)));
    }
    let author = state.application;
    let mut message = Message::blank(&mut state, channel, author);
    message.nonce = nonce.cloned();
    message.reply_to = replied_to(&state, channel, &posted.json["message_reference"])?;
    state.finish_message(message, &posted).map(Json)
}

/// The message that a reply names, if it still exists or need not.
fn replied_to(state: &State, channel: u64, reference: &Value) -> Result<Option<u64>, Refusal> {
    let Some(id) = reference["message_id"].as_str() else {
        return Ok(None);
    };
    let id = snowflake("message_reference.message_id", id)?;
    if state.public_message(channel, id).is_ok() {
        return Ok(Some(id));
    }
    if reference["fail_if_not_exists"] == false {
        return Ok(None);
    }
    let mut errors = FormErrors::default();
    errors.add(
        "message_reference",
        "MESSAGE_REFERENCE_UNKNOWN_MESSAGE",
        "Unknown message",
    );
    Err(errors.check().expect_err("an error was added"))
}

pub(super) async fn edit(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path((channel, message)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (channel, message) = (
        snowflake("channel_id", &channel)?,
        snowflake("message_id", &message)?,
    );
    for breach in breaches(&posted.json) {
        fake.violation(format!("PATCH message: {breach}"));
    }
    let mut state = fake.lock();
    let found = state.public_message(channel, message)?;
    if found.author != state.application {
        return Err(Refusal::not_the_author());
    }
    state.awake_channel(channel)?;
    check_message(&posted)?;
    state.edit_message(message, &posted).map(Json)
}

pub(super) async fn delete(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path((channel, message)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let (channel, message) = (
        snowflake("channel_id", &channel)?,
        snowflake("message_id", &message)?,
    );
    let mut state = fake.lock();
    if state.public_message(channel, message)?.author != state.application {
        // The bot is not invited with the right to delete what others wrote.
        return Err(Refusal::missing_permissions());
    }
    state.awake_channel(channel)?;
    state.messages.remove(&message);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn start_thread(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path((channel, message)): Path<(String, String)>,
    posted: Posted,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let (channel, message) = (
        snowflake("channel_id", &channel)?,
        snowflake("message_id", &message)?,
    );
    let mut errors = FormErrors::default();
    errors.text("name", &posted.json["name"], 100, true);
    let minutes = &posted.json["auto_archive_duration"];
    if !minutes.is_null() && ![60, 1440, 4320, 10080].iter().any(|m| minutes == m) {
        let message = "Value must be one of (60, 1440, 4320, 10080).";
        errors.add("auto_archive_duration", "BASE_TYPE_CHOICES", message);
    }
    errors.check()?;
    let mut state = fake.lock();
    state.writable_channel(channel)?;
    state.public_message(channel, message)?;
    let owner = state.application;
    let name = posted.json["name"].as_str().unwrap_or_default().to_owned();
    state.start_thread(channel, message, owner, &name)?;
    Ok((
        StatusCode::CREATED,
        Json(state.channel_json(state.visible_channel(message)?)),
    ))
}
