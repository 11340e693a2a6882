//! Discord's errors: a JSON code says more than the status.
//!
//! <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>

use serde::Deserialize;
use serde_json::Value;

use crate::http::Response;
use crate::service::{ServiceError, refusal, retry_after, snippet};

/// The most faulty fields that an error names.
const MAX_FAULTS: usize = 5;
/// How deep the tree of faulty fields is followed.
const MAX_DEPTH: usize = 12;

/// The codes that change what the caller can do.
pub(super) mod code {
    pub(in crate::discord::client) const UNKNOWN_CHANNEL: u64 = 10_003;
    pub(in crate::discord::client) const UNKNOWN_MESSAGE: u64 = 10_008;
    pub(in crate::discord::client) const UNKNOWN_WEBHOOK: u64 = 10_015;
    pub(in crate::discord::client) const UNKNOWN_INTERACTION: u64 = 10_062;
    pub(in crate::discord::client) const MISSING_ACCESS: u64 = 50_001;
    pub(in crate::discord::client) const MISSING_PERMISSIONS: u64 = 50_013;
    pub(in crate::discord::client) const INVALID_WEBHOOK_TOKEN: u64 = 50_027;
    pub(in crate::discord::client) const INVALID_FORM_BODY: u64 = 50_035;
    pub(in crate::discord::client) const THREAD_ARCHIVED: u64 = 50_083;
    pub(in crate::discord::client) const THREAD_EXISTS: u64 = 160_004;
}

/// The body of a failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DiscordError {
    pub(super) code: u64,
    message: String,
    retry_after: Option<f64>,
    errors: Value,
}

impl DiscordError {
    /// The failure that a response describes; without a code if it is none, or not Discord's
    /// JSON (a proxy in front of it answers in HTML).
    pub(super) fn of(response: &Response) -> Self {
        if response.status().is_success() {
            return Self::default();
        }
        serde_json::from_slice(response.body()).unwrap_or_default()
    }

    /// What the caller can do about it. `needs` names the permissions that the call takes, for
    /// the operator.
    pub(super) fn into_service_error(self, response: &Response, needs: &str) -> ServiceError {
        match self.code {
            code::UNKNOWN_WEBHOOK | code::UNKNOWN_INTERACTION | code::INVALID_WEBHOOK_TOKEN => {
                ServiceError::Expired
            }
            code::UNKNOWN_MESSAGE | code::UNKNOWN_CHANNEL => ServiceError::NotFound,
            code::MISSING_ACCESS => ServiceError::Unauthorized(format!(
                "the bot cannot see the channel (50001): it needs {needs} there"
            )),
            code::MISSING_PERMISSIONS => ServiceError::Unauthorized(format!(
                "the bot lacks a permission (50013): it needs {needs}"
            )),
            code::INVALID_FORM_BODY => ServiceError::Refused(format!(
                "Discord finds fault with the request (50035): {}",
                faults(&self.errors)
            )),
            code::THREAD_ARCHIVED => {
                ServiceError::Refused("the thread is archived (50083)".to_owned())
            }
            _ if response.status() == 429 && self.retry_after.is_some() => {
                ServiceError::RateLimited {
                    retry_after: retry_after(self.retry_after),
                }
            }
            _ if response.status() == 401 => {
                ServiceError::Unauthorized("Discord does not accept the bot token".to_owned())
            }
            _ => refusal(response, &self.sentence(response)),
        }
    }

    fn sentence(&self, response: &Response) -> String {
        if self.message.is_empty() {
            snippet(response.body())
        } else {
            format!("{} ({})", snippet(self.message.as_bytes()), self.code)
        }
    }
}

/// The answer if its status is a success, else the failure.
pub(super) fn checked<'a>(
    response: &'a Response,
    needs: &str,
) -> Result<&'a Response, ServiceError> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(DiscordError::of(response).into_service_error(response, needs))
    }
}

/// `errors` nests objects by field down to `_errors: [{code, message}]`.
fn faults(errors: &Value) -> String {
    fn walk(value: &Value, path: &str, depth: usize, found: &mut Vec<String>) {
        let Some(object) = value.as_object() else {
            return;
        };
        for (key, inner) in object {
            if found.len() >= MAX_FAULTS || depth >= MAX_DEPTH {
                return;
            }
            if key == "_errors" {
                let code = inner
                    .pointer("/0/code")
                    .and_then(Value::as_str)
                    .unwrap_or("?");
                found.push(format!("{path}: {code}"));
            } else {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                walk(inner, &path, depth + 1, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(errors, "", 0, &mut found);
    if found.is_empty() {
        "it does not say which".to_owned()
    } else {
        found.join(", ")
    }
}
