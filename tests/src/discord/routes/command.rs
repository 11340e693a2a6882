//! The commands that the application offers, globally or in one server.

use axum::Json;
use axum::extract::{Path, State as Shared};
use serde_json::{Value, json};

use super::snowflake;
use crate::discord::body::Posted;
use crate::discord::command::check_commands;
use crate::discord::front::Bot;
use crate::discord::refusal::Refusal;
use crate::discord::shape::merge;
use crate::discord::state::State;
use crate::fake::Fake;

type Answer = Result<Json<Value>, Refusal>;

pub(super) async fn list_global(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path(app): Path<String>,
) -> Answer {
    list(&fake, &app, None)
}

pub(super) async fn list_guild(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path((app, guild)): Path<(String, String)>,
) -> Answer {
    list(&fake, &app, Some(snowflake("guild_id", &guild)?))
}

pub(super) async fn replace_global(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path(app): Path<String>,
    posted: Posted,
) -> Answer {
    replace(&fake, &app, None, &posted.json)
}

pub(super) async fn replace_guild(
    Shared(fake): Shared<Fake<State>>,
    _: Bot,
    Path((app, guild)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    replace(
        &fake,
        &app,
        Some(snowflake("guild_id", &guild)?),
        &posted.json,
    )
}

fn list(fake: &Fake<State>, app: &str, guild: Option<u64>) -> Answer {
    let state = fake.lock();
    check_scope(&state, app, guild)?;
    Ok(Json(
        state
            .commands
            .get(&guild)
            .cloned()
            .unwrap_or_default()
            .into(),
    ))
}

fn check_scope(state: &State, app: &str, guild: Option<u64>) -> Result<(), Refusal> {
    if app != state.application.to_string() {
        return Err(Refusal::missing_access());
    }
    match guild {
        Some(guild) if guild != state.guild => Err(Refusal::unknown_guild()),
        _ => Ok(()),
    }
}

/// Replaces all commands of the scope. One that keeps its name and type keeps its id.
fn replace(fake: &Fake<State>, app: &str, guild: Option<u64>, commands: &Value) -> Answer {
    let mut state = fake.lock();
    check_scope(&state, app, guild)?;
    check_commands(commands)?;
    let before = state.commands.remove(&guild).unwrap_or_default();
    let mut stored = Vec::new();
    for command in commands.as_array().into_iter().flatten() {
        let kind = command["type"].as_u64().unwrap_or(1);
        let same = before
            .iter()
            .find(|b| b["name"] == command["name"] && b["type"] == kind);
        let id = same.map_or_else(|| json!(state.snowflake().to_string()), |b| b["id"].clone());
        let mut full = json!({
            "id": id,
            "application_id": app,
            "version": state.snowflake().to_string(),
            "type": kind,
            "description": "",
            "default_member_permissions": null,
            "dm_permission": true,
            "nsfw": false,
            "integration_types": [0],
            "contexts": null,
        });
        if let Some(guild) = guild {
            full["guild_id"] = json!(guild.to_string());
        }
        let mut command = command.clone();
        if command["description"].is_null() {
            command["description"] = json!("");
        }
        merge(&mut full, command);
        full["type"] = json!(kind);
        stored.push(full);
    }
    state.commands.insert(guild, stored.clone());
    Ok(Json(stored.into()))
}
