//! The ways in which GitHub says no, with its statuses and bodies.

use std::time::Duration;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde_json::{Value, json};

/// What a REST handler answers.
pub(super) type Answer = Result<Response, Refusal>;

/// A refusal of the REST API.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    errors: Option<Value>,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            errors: None,
            retry_after: None,
        }
    }

    /// Missing, or hidden: GitHub does not tell which.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    pub(super) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Bad credentials")
    }

    pub(super) fn requires_authentication() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Requires authentication")
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 422 with a message of its own.
    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 422 "Validation Failed" with the list of what failed.
    pub(super) fn validation(errors: Value) -> Self {
        Self {
            errors: Some(errors),
            ..Self::unprocessable("Validation Failed")
        }
    }

    /// "Validation Failed" because of one field.
    pub(super) fn invalid_field(resource: &str, field: &str, code: &str) -> Self {
        Self::validation(json!([{ "resource": resource, "field": field, "code": code }]))
    }

    /// "Validation Failed" for a reason in words.
    pub(super) fn custom(resource: &str, message: impl Into<String>) -> Self {
        Self::validation(
            json!([{ "resource": resource, "code": "custom", "message": message.into() }]),
        )
    }

    #[must_use]
    pub(super) fn with_retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.as_str(),
        });
        if let Some(errors) = self.errors {
            body["errors"] = errors;
        }
        let retry_after = self
            .retry_after
            .map(|time| [(header::RETRY_AFTER, time.as_secs().max(1).to_string())]);
        (self.status, retry_after.map(AppendHeaders), Json(body)).into_response()
    }
}

/// 200 with a JSON body.
#[expect(clippy::unnecessary_wraps, reason = "handlers end in it")]
pub(super) fn ok(body: Value) -> Answer {
    Ok(Json(body).into_response())
}

/// 201 with a JSON body.
#[expect(clippy::unnecessary_wraps, reason = "handlers end in it")]
pub(super) fn created(body: Value) -> Answer {
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
