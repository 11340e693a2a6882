//! How `PostHog` says no: `{type, code, detail, attr}`.
//! <https://posthog.com/docs/api#errors>

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::state::State;
use crate::fake::{Dialect, Fake};

/// A request that is not carried out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    detail: String,
    is_mistake: bool,
}

/// Rides on a response; never leaves the fake.
#[derive(Debug, Clone)]
struct Mistake(String);

impl Refusal {
    fn new(
        status: StatusCode,
        kind: &'static str,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            code,
            detail: detail.into(),
            is_mistake: true,
        }
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "invalid_request",
            "not_found",
            detail,
        )
    }

    /// What is not there any more, or never was: no mistake of the sender's.
    pub(super) fn gone() -> Self {
        Self {
            is_mistake: false,
            ..Self::not_found("Not found.")
        }
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "validation_error",
            "invalid_input",
            detail,
        )
    }

    /// One parameter that the service's schema does not take, in the words of its validator.
    pub(super) fn invalid_parameter(kind: &str, name: &str, message: &str, input: &Value) -> Self {
        let url = format!("https://errors.pydantic.dev/2.10/v/{kind}");
        let error =
            json!({"type": kind, "loc": [name], "msg": message, "input": input, "url": url});
        Self::invalid(json!([error]).to_string())
    }

    /// Passes who has the key, for the project, with the scope.
    pub(super) fn guard(
        state: &State,
        headers: &HeaderMap,
        project: &str,
        scope: &str,
    ) -> Result<(), Self> {
        let unauthenticated = |code, detail: &str| {
            Self::new(
                StatusCode::UNAUTHORIZED,
                "authentication_error",
                code,
                detail,
            )
        };
        let sent = headers
            .get(AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.strip_prefix("Bearer "));
        match sent {
            None => {
                let detail = "Authentication credentials were not provided.";
                return Err(unauthenticated("not_authenticated", detail));
            }
            Some(key) if key != state.key => {
                let detail = "Personal API key found in request Authorization header is invalid.";
                return Err(unauthenticated("authentication_failed", detail));
            }
            Some(_) => {}
        }
        if project != state.project {
            return Err(Self::not_found("Project not found."));
        }
        if !state.scopes.contains(scope) {
            let detail = format!("API key missing required scope '{scope}'");
            let refusal = Self::new(
                StatusCode::FORBIDDEN,
                "authentication_error",
                "permission_denied",
                detail,
            );
            // The operator's matter, not the program's.
            return Err(Self {
                is_mistake: false,
                ..refusal
            });
        }
        Ok(())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = body(self.kind, self.code, &self.detail);
        let mut response = (self.status, Json(body)).into_response();
        if self.is_mistake {
            response
                .extensions_mut()
                .insert(Mistake(format!("{} {}", self.status, self.detail)));
        }
        response
    }
}

fn body(kind: &str, code: &str, detail: &str) -> Value {
    json!({"type": kind, "code": code, "detail": detail, "attr": null})
}

pub(super) async fn note_mistakes(
    Shared(fake): Shared<Fake<State>>,
    request: Request,
    next: Next,
) -> Response {
    let asked = format!("{} {}", request.method(), request.uri());
    let mut response = next.run(request).await;
    if let Some(Mistake(what)) = response.extensions_mut().remove() {
        fake.violation(format!("{asked}: {what}"));
    }
    response
}

pub(super) const DIALECT: Dialect = Dialect {
    service: "PostHog",
    failure: |status| {
        (
            status,
            Json(body("server_error", "error", "A server error occurred.")),
        )
            .into_response()
    },
    rate_limited: |after: Duration| {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
        let body = body("throttled_error", "throttled", &detail);
        (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", seconds.to_string())],
            Json(body),
        )
            .into_response()
    },
};
