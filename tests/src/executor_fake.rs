//! The executor at the level of its protocol: runs by id that follow a script by the story's
//! clock. No git, no agent: what a run finds out is written down before the story begins.
//!
//! Invariant: as strict as the real one. A call without the token, a run that makes no sense and
//! a second run under one id are refused and noted; a run that works for nobody fails
//! [`ExecutorFake::finish`].

mod routes;
mod script;
mod state;

use std::ops::Deref;

use axum::Router;
use axum::response::IntoResponse;
use http::StatusCode;
use serde_json::json;
use shared::executor::RunRequest;
use shared::secret::Secret;

pub use self::script::{Script, Trouble, modified};
use self::state::State;
use crate::clock::TestClock;
use crate::fake::{Dialect, Fake};

/// Where a program reaches the fake in-process.
pub const ORIGIN: &str = "http://executor.test";

/// One sandbox. Clones are the same sandbox.
#[derive(Debug, Clone)]
pub struct ExecutorFake(Fake<State>);

impl Deref for ExecutorFake {
    type Target = Fake<State>;

    fn deref(&self) -> &Fake<State> {
        &self.0
    }
}

impl ExecutorFake {
    /// A sandbox that knows no run; every run it is given follows `script`.
    pub fn new(clock: TestClock, script: Script) -> Self {
        Self(Fake::new(DIALECT, State::new(clock, script)))
    }

    /// The service, with its faults and its journal.
    pub fn router(&self) -> Router {
        self.guarded(self.0.equip(routes::routes()))
    }

    /// The token that it wants.
    pub fn token(&self) -> Secret {
        Secret::new(self.lock().token.clone())
    }

    /// The next runs follow these scripts in order, and all later ones the last of them.
    pub fn play(&self, scripts: impl IntoIterator<Item = Script>) {
        self.lock().scripts = scripts.into_iter().collect();
    }

    /// What it was asked to run, each run once, in order.
    pub fn started(&self) -> Vec<RunRequest> {
        self.lock().started.clone()
    }

    /// What a run was told on its way, in order.
    pub fn told(&self, run: &str) -> Vec<String> {
        let state = self.lock();
        let run = state.run(run);
        run.map(|(run, _)| run.told()).unwrap_or_default()
    }

    /// The runs that go on now.
    pub fn active(&self) -> Vec<String> {
        let mut state = self.lock();
        state.pass_time();
        state.active()
    }

    /// The container is lost with all that was in it; a fresh one answers from now on.
    pub fn die(&self) {
        self.lock().runs.clear();
    }

    /// From now on the container's kernel lets nobody close an agent's network.
    pub fn cannot_close_the_network(&self, reason: &str) {
        self.lock().network_refused = Some(reason.to_owned());
    }

    /// The container is told to shut down: what its runs have done is saved, and they stop.
    pub fn stop(&self) {
        self.lock().interrupt();
    }

    /// Panics on violations, on faults that never struck, and on a run that costs money and that
    /// nobody stopped or listened to.
    pub fn finish(&self) {
        let unattended = {
            let mut state = self.lock();
            state.pass_time();
            state.unattended()
        };
        let unsettled: Vec<String> = unattended
            .into_iter()
            .map(|run| format!("run {run} works for nobody"))
            .collect();
        self.0.finish(&unsettled);
    }
}

const DIALECT: Dialect = Dialect {
    service: "the executor",
    failure: |status| (status, axum::Json(json!({"error": "broken by the story"}))).into_response(),
    rate_limited: |after| {
        let seconds = after.as_secs().max(1).to_string();
        let body = axum::Json(json!({"error": "as many runs as may be are active"}));
        (
            StatusCode::SERVICE_UNAVAILABLE,
            [("retry-after", seconds)],
            body,
        )
            .into_response()
    },
};
