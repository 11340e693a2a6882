//! What Discord knows about our application.

use ::http::Method;
use serde::Deserialize;

use super::error::checked;
use crate::http::{Request, Response};
use crate::id::ApplicationId;
use crate::service::{Api, ServiceError, decode};

const NEEDS: &str = "the token of a bot";

/// The intent is granted: to a verified application, or to one in fewer than a hundred servers.
/// <https://docs.discord.com/developers/resources/application#application-object-application-flags>
const MESSAGE_CONTENT: u64 = 1 << 18 | 1 << 19;

/// Our application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Its name.
    pub name: String,
    /// The key with which Discord signs for it: 64 hex digits.
    pub verify_key: String,
    /// Where its interactions go, if they go by HTTP.
    #[serde(default)]
    pub interactions_endpoint_url: Option<String>,
    #[serde(default)]
    flags: u64,
}

impl Application {
    /// Whether the bot may read messages that do not mention it.
    pub fn reads_messages(&self) -> bool {
        self.flags & MESSAGE_CONTENT != 0
    }
}

/// Asks which application the token belongs to.
pub fn application_request(api: &Api) -> Request {
    api.call(Method::GET, &["applications", "@me"], &[])
}

/// The application.
pub fn parse_application(response: &Response) -> Result<Application, ServiceError> {
    decode(checked(response, NEEDS)?)
}
