//! What the first answer to an interaction does, given in the HTTP response or by the callback.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object>

use serde_json::Value;

use super::body::Posted;
use super::form::check_form;
use super::limits::{breaches, check_message};
use super::message::{CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, EPHEMERAL, LOADING, Message};
use super::refusal::{FormErrors, Refusal};
use super::state::{Answer, Interaction, State};

/// The types of interaction.
pub(super) const COMMAND: u8 = 2;
pub(super) const COMPONENT: u8 = 3;
pub(super) const AUTOCOMPLETE: u8 = 4;
pub(super) const MODAL_SUBMIT: u8 = 5;

/// Applies the answer. Gives back what of it breaks our own rules.
pub(super) fn answer(
    state: &mut State,
    token: &str,
    posted: &Posted,
) -> Result<Vec<String>, Refusal> {
    let interaction = state
        .interactions
        .get(token)
        .ok_or_else(Refusal::unknown_interaction)?
        .clone();
    if interaction.answer != Answer::Awaited {
        return Err(Refusal::already_acknowledged());
    }
    let data = Posted {
        json: posted.json["data"].clone(),
        files: Vec::new(),
    };
    let mut found = Vec::new();
    let answered = match (posted.json["type"].as_u64(), interaction.kind) {
        (Some(4), COMMAND | COMPONENT | MODAL_SUBMIT) => {
            check_message(&data)?;
            found = breaches(&data.json);
            let message = response_message(state, &interaction, &data.json);
            let id = message.id;
            state.finish_message(message, &data)?;
            Answer::Message(id)
        }
        (Some(5), COMMAND | COMPONENT | MODAL_SUBMIT) => {
            if deferred_says_more(&data.json) {
                found.push("a deferred answer shows nothing but the EPHEMERAL flag".to_owned());
            }
            let mut message = response_message(state, &interaction, &data.json);
            message.flags |= LOADING;
            let id = message.id;
            state.messages.insert(id, message);
            Answer::Message(id)
        }
        (Some(6), COMPONENT | MODAL_SUBMIT) => {
            interaction.source.map_or(Answer::Silent, Answer::Message)
        }
        (Some(7), COMPONENT | MODAL_SUBMIT) => {
            let source = interaction.source.ok_or_else(wrong_type)?;
            check_message(&data)?;
            found = breaches(&data.json);
            state.edit_message(source, &data)?;
            Answer::Message(source)
        }
        (Some(8), AUTOCOMPLETE) => {
            check_choices(&data.json)?;
            Answer::Silent
        }
        (Some(9), COMMAND | COMPONENT) => {
            check_form(&data.json)?;
            Answer::Modal(data.json)
        }
        _ => return Err(wrong_type()),
    };
    if let Some(interaction) = state.interactions.get_mut(token) {
        interaction.answer = answered;
    }
    Ok(found)
}

fn response_message(state: &mut State, interaction: &Interaction, data: &Value) -> Message {
    let author = state.application;
    let mut message = Message::blank(state, interaction.channel, author);
    message.interaction = Some(interaction.id);
    match (interaction.kind, interaction.target) {
        (COMMAND, None) => message.kind = CHAT_INPUT_COMMAND,
        (COMMAND, Some(target)) => {
            message.kind = CONTEXT_MENU_COMMAND;
            message.reply_to = Some(target);
        }
        _ => {}
    }
    if data["flags"]
        .as_u64()
        .is_some_and(|flags| flags & EPHEMERAL != 0)
    {
        message.flags = EPHEMERAL;
        message.only_for = Some(interaction.user);
    }
    message
}

fn deferred_says_more(data: &Value) -> bool {
    let keys = data.as_object().into_iter().flat_map(|o| o.keys());
    let other_flags = data["flags"]
        .as_u64()
        .is_some_and(|flags| flags & !EPHEMERAL != 0);
    other_flags
        || keys
            .into_iter()
            .any(|key| key != "flags" && key != "allowed_mentions")
}

fn wrong_type() -> Refusal {
    let mut errors = FormErrors::default();
    errors.add(
        "type",
        "BASE_TYPE_CHOICES",
        "This type of response is not allowed for this interaction.",
    );
    errors.check().expect_err("an error was added")
}

fn check_choices(data: &Value) -> Result<(), Refusal> {
    let mut errors = FormErrors::default();
    if !data["choices"].is_array() {
        errors.add(
            "data.choices",
            "BASE_TYPE_REQUIRED",
            "This field is required",
        );
    }
    for (n, choice) in errors
        .list("data.choices", &data["choices"], 25)
        .iter()
        .enumerate()
    {
        errors.text(
            &format!("data.choices.{n}.name"),
            &choice["name"],
            100,
            true,
        );
        if !choice["value"].is_number() {
            errors.text(
                &format!("data.choices.{n}.value"),
                &choice["value"],
                100,
                true,
            );
        }
    }
    errors.check()
}
