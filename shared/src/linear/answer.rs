//! Reading Linear's answers: errors first, whatever the status, because Linear reports some of
//! them under 200 and a rate limit under 400.
//!
//! <https://linear.app/developers/rate-limiting>

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::Response;
use crate::service::{ServiceError, decode, refusal, retry_at, snippet};

/// The budgets that a call counts against; each has its own `-Remaining` and `-Reset` header.
const BUDGETS: [&str; 3] = ["requests", "complexity", "endpoint-requests"];

/// The most errors that we look at.
const MAX_ERRORS: usize = 10;

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<GraphQlError>,
}

#[derive(Deserialize)]
struct GraphQlError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Extensions {
    code: Option<String>,
    r#type: Option<String>,
    user_presentable_message: Option<String>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// The `data` of an answer without errors.
pub(super) fn data<T: DeserializeOwned>(
    response: &Response,
    now: Timestamp,
) -> Result<T, ServiceError> {
    let errors =
        serde_json::from_slice(response.body()).map_or_else(|_| Vec::new(), |e: Errors| e.errors);
    if let Some(worst) = worst(&errors) {
        return Err(worst.meaning(response, now));
    }
    if !response.status().is_success() {
        return Err(refusal(response, &snippet(response.body())));
    }
    decode::<Data<T>>(response).map(|answer| answer.data)
}

/// The error that decides: one that names what to do, else the first.
fn worst(errors: &[GraphQlError]) -> Option<&GraphQlError> {
    let considered = &errors[..errors.len().min(MAX_ERRORS)];
    considered
        .iter()
        .find(|error| matches!(error.code(), "RATELIMITED" | "AUTHENTICATION_ERROR"))
        .or(considered.first())
}

impl GraphQlError {
    fn code(&self) -> &str {
        self.extensions.code.as_deref().unwrap_or_default()
    }

    fn meaning(&self, response: &Response, now: Timestamp) -> ServiceError {
        let sentence = self
            .extensions
            .user_presentable_message
            .as_ref()
            .unwrap_or(&self.message);
        let sentence = snippet(sentence.as_bytes());
        match self.code() {
            "RATELIMITED" => ServiceError::RateLimited {
                retry_after: retry_at(reset(response, now), now),
            },
            "AUTHENTICATION_ERROR" | "FORBIDDEN" => ServiceError::Unauthorized(sentence),
            _ if self.message.contains("Entity not found") => ServiceError::NotFound,
            // Linear's own failures come under 200 as well; as a 5xx they are tried again.
            "INTERNAL_SERVER_ERROR" | "LOCK_TIMEOUT" => self.failure(response, &sentence),
            _ if self.extensions.r#type.as_deref() == Some("internal error") => {
                self.failure(response, &sentence)
            }
            _ if response.status().is_server_error() => self.failure(response, &sentence),
            _ => ServiceError::Refused(sentence),
        }
    }

    fn failure(&self, response: &Response, sentence: &str) -> ServiceError {
        let status = response.status().as_u16().max(500);
        let detail = format!("{} {sentence}", self.code());
        ServiceError::Unexpected {
            status,
            detail: detail.trim_start().to_owned(),
        }
    }
}

/// When the budget that is used up is full again: the latest of those that are, else the earliest
/// reset that is named at all.
fn reset(response: &Response, now: Timestamp) -> Option<Timestamp> {
    let header = |budget: &str, what: &str| -> Option<i64> {
        let name = format!("x-ratelimit-{budget}-{what}");
        response
            .headers()
            .get(name)?
            .to_str()
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    let resets = BUDGETS.iter().filter_map(|budget| {
        let reset = Timestamp::from_millisecond(header(budget, "reset")?).ok()?;
        Some((header(budget, "remaining") == Some(0), reset))
    });
    let (used_up, others): (Vec<_>, Vec<_>) = resets.partition(|(used_up, _)| *used_up);
    let latest = used_up.into_iter().map(|(_, reset)| reset).max();
    latest.or_else(|| {
        others
            .into_iter()
            .map(|(_, reset)| reset)
            .filter(|at| *at > now)
            .min()
    })
}

/// `success` of a mutation: Linear says `false` without an error when nothing was done.
pub(super) fn succeeded(success: bool) -> Result<(), ServiceError> {
    if success {
        Ok(())
    } else {
        Err(ServiceError::Refused(
            "Linear did nothing and does not say why".to_owned(),
        ))
    }
}
