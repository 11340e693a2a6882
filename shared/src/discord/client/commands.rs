//! Registering our commands.

use ::http::Method;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::error::checked;
use crate::http::{Request, Response};
use crate::id::{ApplicationId, GuildId};
use crate::service::{Api, ServiceError, decode};

const NEEDS: &str = "the applications.commands scope in that server";

/// Replaces all commands of the application, everywhere or in one server. Idempotent.
pub fn register_commands_request(
    api: &Api,
    application: &ApplicationId,
    guild: Option<&GuildId>,
    commands: &impl Serialize,
) -> Request {
    api.call_json(Method::PUT, &path(application, guild), commands)
}

/// Lists all commands of the application, everywhere or in one server.
pub fn list_commands_request(
    api: &Api,
    application: &ApplicationId,
    guild: Option<&GuildId>,
) -> Request {
    api.call(Method::GET, &path(application, guild), &[])
}

fn path<'a>(application: &'a ApplicationId, guild: Option<&'a GuildId>) -> Vec<&'a str> {
    let mut path = vec!["applications", application.as_str()];
    if let Some(guild) = guild {
        path.extend(["guilds", guild.as_str()]);
    }
    path.push("commands");
    path
}

/// The commands as Discord has them, with what it adds.
pub fn parse_commands(response: &Response) -> Result<Vec<Value>, ServiceError> {
    decode(checked(response, NEEDS)?)
}

/// How many commands there are now.
pub fn parse_registered(response: &Response) -> Result<usize, ServiceError> {
    decode::<Vec<IgnoredAny>>(checked(response, NEEDS)?).map(|commands| commands.len())
}
