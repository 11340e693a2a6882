//! The chassis under every fake: state behind a lock, a fault plan, a journal of all requests,
//! and a list of violations.
//!
//! A fake `X` is a struct around [`Fake<State>`] with a `router()` that ends in
//! [`Fake::equip`], which puts faults and the journal around the routes:
//!
//! ```
//! # use tests::fake::{Dialect, Fake};
//! # use axum::{Router, extract::State, routing::get};
//! #[derive(Default)]
//! struct Counter { seen: u32 }
//! let fake = Fake::new(Dialect::plain("counter"), Counter::default());
//! let routes = Router::new().route("/", get(|State(fake): State<Fake<Counter>>| async move {
//!     fake.lock().seen += 1;
//!     "counted"
//! }));
//! let router = fake.equip(routes);
//! # let _ = router;
//! ```

mod journal;
mod served;
mod sockets;
#[cfg(test)]
mod tests;
mod wired;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use self::journal::Journal;
pub use self::journal::Recorded;
pub use self::served::Served;
pub use self::sockets::Sockets;
pub use self::wired::Wired;
use crate::fault::{Fault, Matcher, Plan};

/// The longest request body that a fake takes; git pushes a pack in one.
const MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;

/// How a service words the failures that a fault plan asks for.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// The service's name, for the messages of failing tests.
    pub service: &'static str,
    /// Its answer with a status that says that it failed.
    pub failure: fn(StatusCode) -> Response,
    /// Its "too many requests".
    pub rate_limited: fn(Duration) -> Response,
}

impl Dialect {
    /// Empty bodies, 429 and `Retry-After` in whole seconds.
    pub fn plain(service: &'static str) -> Self {
        Self {
            service,
            failure: IntoResponse::into_response,
            rate_limited: |after| {
                let seconds = after.as_secs().max(1).to_string();
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds)]).into_response()
            },
        }
    }
}

/// A stateful stand-in for a service. Clones are the same service.
#[derive(Debug)]
pub struct Fake<S> {
    dialect: Dialect,
    state: Arc<Mutex<S>>,
    plan: Arc<Mutex<Plan>>,
    journal: Arc<Mutex<Journal>>,
}

impl<S> Clone for Fake<S> {
    fn clone(&self) -> Self {
        Self {
            dialect: self.dialect,
            state: self.state.clone(),
            plan: self.plan.clone(),
            journal: self.journal.clone(),
        }
    }
}

impl<S> Fake<S> {
    /// A fake that starts from `state`.
    pub fn new(dialect: Dialect, state: S) -> Self {
        Self {
            dialect,
            state: Arc::new(Mutex::new(state)),
            plan: Arc::default(),
            journal: Arc::default(),
        }
    }

    /// The state, locked: not to be held across an `await`.
    pub fn lock(&self) -> MutexGuard<'_, S> {
        lock(&self.state)
    }

    /// The next `times` requests that match fail like this.
    pub fn fail_next(&self, matcher: impl Into<Matcher>, fault: Fault, times: u32) {
        lock(&self.plan).add(matcher.into(), fault, times);
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.journal).requests.clone()
    }

    /// The requests so far that match.
    pub fn requests_to(&self, matcher: impl Into<Matcher>) -> Vec<Recorded> {
        let matcher = matcher.into();
        let mut requests = self.requests();
        requests.retain(|r| matcher.matches(&r.method, &r.path, &r.body));
        requests
    }

    /// Notes that a request broke the service's rules, or ours.
    pub fn violation(&self, what: impl Into<String>) {
        lock(&self.journal).violations.push(what.into());
    }

    /// Takes the violations so far: for a test that provokes one on purpose.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.journal).violations)
    }

    /// Panics if a request broke a rule, a planned fault never struck, or something that the
    /// fake was told to expect is still open.
    pub fn finish(&self, unsettled: &[String]) {
        let mut complaints: Vec<String> = lock(&self.journal)
            .violations
            .iter()
            .map(|v| format!("violation: {v}"))
            .collect();
        complaints.extend(
            lock(&self.plan)
                .unread()
                .iter()
                .map(|f| format!("never struck: {f}")),
        );
        complaints.extend(unsettled.iter().map(|u| format!("unsettled: {u}")));
        assert!(
            complaints.is_empty(),
            "{}:\n  {}",
            self.dialect.service,
            complaints.join("\n  ")
        );
    }
}

impl<S: Send + 'static> Fake<S> {
    /// Gives the routes their state, and puts the journal and the faults around them.
    pub fn equip(&self, routes: Router<Self>) -> Router {
        routes
            .with_state(self.clone())
            .layer(middleware::from_fn_with_state(self.clone(), intercept::<S>))
    }
}

/// Marks a response that must never be seen: the connection breaks instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropped;

async fn intercept<S: Send + 'static>(
    State(fake): State<Fake<S>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await else {
        // The sender broke off, or sent more than any of our programs ever should.
        fake.violation(format!("{} {}: unreadable body", parts.method, parts.uri));
        return StatusCode::BAD_REQUEST.into_response();
    };
    let number = lock(&fake.journal).record(&parts, &body);
    let fault = lock(&fake.plan).take(&parts.method, parts.uri.path(), &body);
    let handle = next.run(Request::from_parts(parts, body.into()));
    let response = match fault {
        None => handle.await,
        Some(Fault::BeforeEffect(status)) => (fake.dialect.failure)(status_code(status)),
        Some(Fault::AfterEffect(status)) => {
            handle.await;
            (fake.dialect.failure)(status_code(status))
        }
        Some(Fault::DropBefore) => dropped(),
        Some(Fault::DropAfter) => {
            handle.await;
            dropped()
        }
        Some(Fault::RateLimit { retry_after }) => (fake.dialect.rate_limited)(retry_after),
        Some(Fault::Delay(time)) => {
            let response = handle.await;
            tokio::time::sleep(time).await;
            response
        }
        Some(Fault::Answer(canned)) => canned.to_response(),
    };
    if response.extensions().get::<Dropped>().is_none() {
        lock(&fake.journal).requests[number].status = Some(response.status());
    }
    response
}

fn dropped() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Dropped);
    response
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("the fault names a valid status")
}

/// A test that panicked under the lock has failed already: others may still read.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
