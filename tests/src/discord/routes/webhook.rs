//! What an interaction's token is good for: its first answer, edits of it, and follow-ups.

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::Value;

use super::snowflake;
use crate::discord::answer::answer;
use crate::discord::body::Posted;
use crate::discord::limits::{breaches, check_message};
use crate::discord::message::{EPHEMERAL, Message};
use crate::discord::refusal::Refusal;
use crate::discord::state::{Answer, FIRST_ANSWER_WITHIN, State};
use crate::fake::Fake;

/// The first answer, given by a request of its own instead of in the response.
pub(super) async fn callback(
    Shared(fake): Shared<Fake<State>>,
    Path((id, token)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let id = snowflake("interaction_id", &id)?;
    let mut state = fake.lock();
    let now = state.now();
    let interaction = state.interactions.get(&token).filter(|i| i.id == id);
    let interaction = interaction.ok_or_else(Refusal::unknown_interaction)?;
    if interaction.answer == Answer::Awaited && now.duration_since(interaction.created) > too_late()
    {
        return Err(Refusal::unknown_interaction());
    }
    let breaches = answer(&mut state, &token, &posted)?;
    drop(state);
    for breach in breaches {
        fake.violation(format!("callback: {breach}"));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn too_late() -> jiff::SignedDuration {
    FIRST_ANSWER_WITHIN.try_into().expect("a few seconds")
}

pub(super) async fn follow_up(
    Shared(fake): Shared<Fake<State>>,
    Path((application, token)): Path<(String, String)>,
    posted: Posted,
) -> Result<Json<Value>, Refusal> {
    for breach in breaches(&posted.json) {
        fake.violation(format!("POST follow-up: {breach}"));
    }
    let mut state = fake.lock();
    let interaction = state.webhook(&application, &token)?.clone();
    check_message(&posted)?;
    if let Answer::Message(original) = interaction.answer
        && state
            .messages
            .get(&original)
            .is_some_and(Message::is_loading)
    {
        // Discord edits the loading message instead, "for backwards compatibility".
        fake.violation(
            "POST follow-up: the first after a deferred answer must be a PATCH of @original",
        );
        return state.edit_message(original, &posted).map(Json);
    }
    let author = state.application;
    let mut message = Message::blank(&mut state, interaction.channel, author);
    message.interaction = Some(interaction.id);
    if posted.json["flags"]
        .as_u64()
        .is_some_and(|f| f & EPHEMERAL != 0)
    {
        message.flags |= EPHEMERAL;
        message.only_for = Some(interaction.user);
    }
    state.finish_message(message, &posted).map(Json)
}

pub(super) async fn read(
    Shared(fake): Shared<Fake<State>>,
    Path((application, token, message)): Path<(String, String, String)>,
) -> Result<Json<Value>, Refusal> {
    let state = fake.lock();
    let id = state.webhook_message(state.webhook(&application, &token)?, &message)?;
    Ok(Json(state.message_json(&state.messages[&id])))
}

pub(super) async fn edit(
    Shared(fake): Shared<Fake<State>>,
    Path((application, token, message)): Path<(String, String, String)>,
    posted: Posted,
) -> Result<Json<Value>, Refusal> {
    for breach in breaches(&posted.json) {
        fake.violation(format!("PATCH {message}: {breach}"));
    }
    let mut state = fake.lock();
    let interaction = state.webhook(&application, &token)?;
    let (id, channel) = (
        state.webhook_message(interaction, &message)?,
        interaction.channel,
    );
    state.awake_channel(channel)?;
    check_message(&posted)?;
    state.edit_message(id, &posted).map(Json)
}

pub(super) async fn delete(
    Shared(fake): Shared<Fake<State>>,
    Path((application, token, message)): Path<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    let mut state = fake.lock();
    let interaction = state.webhook(&application, &token)?;
    let (id, channel) = (
        state.webhook_message(interaction, &message)?,
        interaction.channel,
    );
    state.awake_channel(channel)?;
    state.messages.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}
