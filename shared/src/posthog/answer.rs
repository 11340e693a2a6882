//! Reading PostHog's answers. A failure is `{type, code, detail, attr}`.
//!
//! <https://posthog.com/docs/api#responses>

use serde::Deserialize;

use crate::http::Response;
use crate::service::{ServiceError, refusal, snippet};

/// The answer if its status is a success, else what the caller can do.
pub(super) fn checked(response: &Response) -> Result<&Response, ServiceError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Failure {
        detail: String,
    }
    if response.status().is_success() {
        return Ok(response);
    }
    let failure: Failure = serde_json::from_slice(response.body()).unwrap_or_default();
    // Of a key without a scope the detail names the scope: for the operator.
    let sentence = match failure.detail.as_bytes() {
        [] => snippet(response.body()),
        detail => snippet(detail),
    };
    Err(refusal(response, &sentence))
}
