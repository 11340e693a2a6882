//! Registering our commands.

use ::http::Method;
use serde::Serialize;
use serde::de::IgnoredAny;

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
    let mut path = vec!["applications", application.as_str()];
    if let Some(guild) = guild {
        path.extend(["guilds", guild.as_str()]);
    }
    path.push("commands");
    api.call_json(Method::PUT, &path, commands)
}

/// How many commands there are now.
pub fn parse_registered(response: &Response) -> Result<usize, ServiceError> {
    decode::<Vec<IgnoredAny>>(checked(response, NEEDS)?).map(|commands| commands.len())
}
