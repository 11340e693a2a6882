//! The errors of the Messages API. <https://docs.anthropic.com/en/api/errors>

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Refusal {
    /// What the service says with this status.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let (kind, message) = match status.as_u16() {
            400 => ("invalid_request_error", "The request was refused."),
            401 => ("authentication_error", "invalid x-api-key"),
            403 => (
                "permission_error",
                "Your API key may not use this resource.",
            ),
            404 => ("not_found_error", "Not found"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => (
                "rate_limit_error",
                "This request would exceed your rate limit.",
            ),
            529 => ("overloaded_error", "Overloaded"),
            _ => ("api_error", "Internal server error"),
        };
        Self {
            status,
            kind,
            message: message.to_owned(),
        }
    }

    pub(super) fn unauthenticated() -> Self {
        Self::of_status(StatusCode::UNAUTHORIZED)
    }

    pub(super) fn not_found() -> Self {
        Self::of_status(StatusCode::NOT_FOUND)
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::of_status(StatusCode::BAD_REQUEST)
        }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "error",
            "error": { "type": self.kind, "message": self.message },
            "request_id": "req_fake",
        });
        (self.status, [("request-id", "req_fake")], Json(body)).into_response()
    }
}
