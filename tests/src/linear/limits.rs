//! Linear's rate limits: requests an hour, and fewer a minute for some queries.
//! <https://linear.app/developers/rate-limiting>

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// A budget that requests count against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Budget {
    /// All requests, an hour.
    Requests,
    /// `searchIssues`, a minute.
    Search,
}

impl Budget {
    fn default_limit(self) -> u32 {
        match self {
            Self::Requests => 5_000,
            Self::Search => 30,
        }
    }

    fn window(self) -> SignedDuration {
        match self {
            Self::Requests => SignedDuration::from_hours(1),
            Self::Search => SignedDuration::from_mins(1),
        }
    }

    /// The middle of the names of its headers.
    fn header(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Search => "endpoint-requests",
        }
    }
}

/// What was used of each budget.
#[derive(Debug, Default)]
pub(super) struct Limits {
    limits: BTreeMap<Budget, u32>,
    windows: BTreeMap<Budget, (u32, Timestamp)>,
}

/// Where a budget stands after a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    budget: Budget,
    limit: u32,
    remaining: u32,
    reset: Timestamp,
    pub(super) exceeded: bool,
}

impl Limits {
    pub(super) fn set(&mut self, budget: Budget, limit: u32) {
        self.limits.insert(budget, limit);
    }

    /// Counts one request.
    pub(super) fn count(&mut self, budget: Budget, now: Timestamp) -> Standing {
        let limit = self
            .limits
            .get(&budget)
            .copied()
            .unwrap_or(budget.default_limit());
        let current = self
            .windows
            .get(&budget)
            .copied()
            .filter(|(_, reset)| now < *reset);
        let (used, reset) = current.unwrap_or((0, now + budget.window()));
        let exceeded = used >= limit;
        let used = if exceeded { used } else { used + 1 };
        self.windows.insert(budget, (used, reset));
        Standing {
            budget,
            limit,
            remaining: limit.saturating_sub(used),
            reset,
            exceeded,
        }
    }
}

impl Standing {
    pub(super) fn write_to(&self, headers: &mut HeaderMap) {
        let numbers = [
            ("limit", i64::from(self.limit)),
            ("remaining", i64::from(self.remaining)),
            // In milliseconds, unlike everybody else's.
            ("reset", self.reset.as_millisecond()),
        ];
        for (what, value) in numbers {
            let name = format!("x-ratelimit-{}-{what}", self.budget.header());
            let name = HeaderName::try_from(name).expect("a valid name");
            headers.insert(name, HeaderValue::from(value));
        }
    }
}

/// "Rate limited": 400, not 429, and no `Retry-After`.
pub(super) fn refusal() -> Response {
    let error = json!({
        "message": "Rate limit exceeded",
        "extensions": {
            "type": "ratelimited",
            "code": "RATELIMITED",
            "statusCode": 400,
            "userError": true,
            "userPresentableMessage": "Rate limit exceeded. Please try again later.",
        },
    });
    let mut response =
        (StatusCode::BAD_REQUEST, Json(json!({ "errors": [error] }))).into_response();
    response
        .headers_mut()
        .insert("x-ratelimit-requests-remaining", HeaderValue::from(0));
    response
}
