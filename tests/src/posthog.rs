//! A stateful fake of `PostHog`: persons, session recordings, and the events of a session.
//!
//! Invariant: a key without the scope, a parameter that the service does not know, and a query
//! that it could not run are refused as the service refuses them; the sender's mistakes among
//! these are violations.
//!
//! Not modelled: everything that writes; cohorts, feature flags, insights; queries other than
//! `SELECT … FROM events WHERE … AND …`.

mod hogql;
mod query;
mod recordings;
mod refusal;
mod state;
#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::id::SessionId;
use shared::secret::Secret;

use self::refusal::{DIALECT, Refusal};
pub use self::state::State;
use self::state::{Event, Person, Recording};
use crate::clock::TestClock;
use crate::fake::Fake;

/// Where a program reaches the fake in-process: the production address for the United States.
pub const ORIGIN: &str = "https://us.posthog.com";

/// One `PostHog` with one project. Clones are the same `PostHog`.
#[derive(Debug, Clone)]
pub struct PostHog(Fake<State>);

impl Deref for PostHog {
    type Target = Fake<State>;

    fn deref(&self) -> &Fake<State> {
        &self.0
    }
}

impl PostHog {
    /// A project without persons or recordings, and a key with every scope that we need.
    pub fn new(clock: TestClock) -> Self {
        Self(Fake::new(DIALECT, State::new(clock)))
    }

    /// The service, with its faults and its journal.
    pub fn router(&self) -> Router {
        let mut routes = Router::new();
        // The service takes paths with and without the slash at their end.
        for slash in ["", "/"] {
            let at = |path: &str| format!("/api/projects/{{project}}/{path}{slash}");
            routes = routes
                .route(&at("persons"), get(recordings::persons))
                .route(&at("session_recordings"), get(recordings::list))
                .route(&at("session_recordings/{id}"), get(recordings::read))
                .route(&at("query"), post(query::run));
        }
        let routes = routes
            .fallback(|| async { Refusal::not_found("Endpoint not found.") })
            .layer(axum::middleware::from_fn_with_state(
                self.0.clone(),
                refusal::note_mistakes,
            ));
        self.0.equip(routes)
    }

    /// The project's number.
    pub fn project(&self) -> String {
        self.lock().project.clone()
    }

    /// The personal API key.
    pub fn key(&self) -> Secret {
        Secret::new(self.lock().key.clone())
    }

    /// From now on, the key has only these scopes (`person:read`).
    pub fn restrict_key(&self, scopes: &[&str]) {
        self.lock().scopes = scopes.iter().map(|&s| s.to_owned()).collect();
    }

    /// A person who has been seen under this distinct id. Gives the person's UUID.
    pub fn person(&self, email: &str, distinct_id: &str) -> String {
        let mut state = self.lock();
        let uuid = state.next_uuid();
        let distinct_ids = vec![distinct_id.to_owned()];
        state.persons.push(Person {
            uuid: uuid.clone(),
            email: email.to_owned(),
            distinct_ids,
        });
        uuid
    }

    /// A recording of a session that began so long ago.
    pub fn recording(
        &self,
        distinct_id: &str,
        ago: Duration,
        lasted: Duration,
        start_url: &str,
    ) -> SessionId {
        let mut state = self.lock();
        let id = state.next_uuid();
        let start =
            state.now() - SignedDuration::try_from(ago).expect("stories do not last for aeons");
        state.recordings.push(Recording {
            id: id.clone(),
            distinct_id: distinct_id.to_owned(),
            start,
            lasted,
            start_url: start_url.to_owned(),
            console_errors: 0,
        });
        SessionId::new(id)
    }

    /// An event of a recorded session, so long after its start. An `$exception` also counts as
    /// an error on the console.
    pub fn event(&self, session: &SessionId, after: Duration, name: &str, properties: Value) {
        let mut state = self.lock();
        let recording = state
            .recordings
            .iter_mut()
            .find(|r| r.id == session.as_str());
        let recording = recording.expect("the session is recorded");
        recording.console_errors += u32::from(name == "$exception");
        let (distinct_id, at) = (recording.distinct_id.clone(), recording.start + after);
        let session = session.as_str().to_owned();
        state.events.push(Event {
            session,
            distinct_id,
            name: name.to_owned(),
            at,
            properties,
        });
    }

    /// When a recorded session began.
    pub fn started(&self, session: &SessionId) -> Timestamp {
        let state = self.lock();
        state
            .recordings
            .iter()
            .find(|r| r.id == session.as_str())
            .expect("the session is recorded")
            .start
    }

    /// Panics on a violation, or a fault that never struck.
    pub fn finish(&self) {
        self.0.finish(&[]);
    }
}
