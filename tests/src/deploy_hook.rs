//! A deploy hook, as Vercel and others hand them out: an address that deploys when it is called.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

/// Where it is.
pub const URL: &str = "https://deploy.test/v1/integrations/deploy/prj_secret";

/// A stand-in for a deploy hook. Clones are the same hook.
#[derive(Debug, Clone)]
pub struct DeployHook(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    calls: Vec<Value>,
    status: StatusCode,
    answer: Value,
}

impl Default for DeployHook {
    /// Answers as Vercel does: with a job, and without an address.
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            calls: Vec::new(),
            status: StatusCode::CREATED,
            answer: json!({"job": {"id": "okzCd50AIap1O31g0gne", "state": "PENDING"}}),
        })))
    }
}

impl DeployHook {
    /// From now on it answers so.
    pub fn answers(&self, status: u16, answer: Value) {
        let mut state = self.lock();
        state.status = StatusCode::from_u16(status).expect("a status");
        state.answer = answer;
    }

    /// What it was called with, oldest first.
    pub fn calls(&self) -> Vec<Value> {
        self.lock().calls.clone()
    }

    /// The hook at its path.
    pub fn router(&self) -> Router {
        let path = URL.trim_start_matches("https://deploy.test");
        Router::new()
            .route(path, post(called))
            .with_state(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn called(
    Shared(hook): Shared<DeployHook>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let mut state = hook.lock();
    state.calls.push(body);
    (state.status, Json(state.answer.clone()))
}
