//! Linear as far as bugbot speaks to it: one GraphQL endpoint, held to the schema that Linear
//! publishes.
//!
//! Invariant: a request that the published schema does not admit never reaches the state, and an
//! answer holds exactly the fields that were asked for. A connection without `first` is refused
//! by our own rule: every list that we read has a bound.
//!
//! What the schema knows and this workspace does not model (projects, cycles, labels, agents) is
//! an error and a violation, never an empty answer.

mod act;
mod asked;
mod endpoint;
mod filter;
mod limits;
mod page;
mod resolve;
mod search;
mod seed;
mod state;
#[cfg(test)]
mod tests;
mod trouble;
mod world;

use std::ops::Deref;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

pub use self::limits::Budget;
pub use self::state::{Attachment, Comment, Issue, State, Team, User, WorkflowState};
use crate::fake::{Dialect, Fake};
use crate::fault::{Canned, Fault};

/// Where a program reaches the fake in-process: the production address.
pub const ORIGIN: &str = "https://api.linear.app";

/// What the handlers share.
type Service = Fake<State>;

/// One Linear with one workspace in it. Clones are the same Linear.
#[derive(Debug, Clone)]
pub struct Linear(Service);

impl Deref for Linear {
    type Target = Fake<State>;

    fn deref(&self) -> &Fake<State> {
        &self.0
    }
}

impl Linear {
    /// One operation fails in Linear itself, which is up and says so, under 200 as it does.
    pub fn internal_error() -> Fault {
        let error = json!({
            "message": "Internal server error",
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "type": "internal error"},
        });
        Fault::Answer(Canned::json(200, &json!({ "errors": [error] })))
    }

    /// The service, with its faults and its journal.
    pub fn router(&self) -> Router {
        self.0
            .equip(endpoint::routes())
            .layer(middleware::from_fn_with_state(self.0.clone(), stamp))
    }

    /// Panics on violations and on planned faults that never struck.
    pub fn finish(&self) {
        self.0.finish(&[]);
    }
}

const DIALECT: Dialect = Dialect {
    service: "Linear",
    failure,
    rate_limited,
};

fn failure(status: StatusCode) -> Response {
    let error = json!({
        "message": "Internal server error",
        "extensions": { "type": "internal error", "code": "INTERNAL_SERVER_ERROR", "statusCode": status.as_u16() },
    });
    (status, axum::Json(json!({ "errors": [error] }))).into_response()
}

/// The fault plan's rate limit. A dialect has no clock: [`stamp`] writes when it ends.
fn rate_limited(after: Duration) -> Response {
    let mut response = limits::refusal();
    response.extensions_mut().insert(EndsIn(after));
    response
}

/// Marks a rate limit that ends after this time.
#[derive(Debug, Clone, Copy)]
struct EndsIn(Duration);

/// Outermost: gives the fault plan's rate limits their moment, in epoch milliseconds.
async fn stamp(Shared(fake): Shared<Service>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(EndsIn(after)) = response.extensions().get::<EndsIn>().copied() {
        let reset = fake
            .lock()
            .now()
            .checked_add(after)
            .unwrap_or(Timestamp::MAX);
        let reset = HeaderValue::from(reset.as_millisecond());
        response
            .headers_mut()
            .insert("x-ratelimit-requests-reset", reset);
    }
    response
}
