//! PostHog's API, as far as we use it: the persons behind an e-mail address, their session
//! recordings, and what happened in one session. Reading only.
//!
//! PostHog allows 240 calls a minute and 1,200 an hour, fewer on free plans: a caller asks for
//! what it needs and keeps it.
//!
//! <https://posthog.com/docs/api>

mod answer;
mod event;
mod person;
mod recording;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use event::{EventKind, MAX_EVENTS, SessionEvent, events_request, parse_events};
pub use person::{MAX_PERSONS, Person, parse_persons, persons_request};
pub use recording::{
    Activity, MAX_RECORDINGS, Recording, parse_recording, parse_recordings, recording_request,
    recordings_request,
};

use crate::http::{Http, Request, Response};
use crate::id::SessionId;
use crate::secret::Secret;
use crate::service::{Api, BadAccess, ServiceError};

/// The cloud in the United States; the European one is `https://eu.posthog.com`.
pub const DEFAULT_HOST: &str = "https://us.posthog.com";

/// How long a call may take, unless [`PostHogClient::within`] says otherwise. Queries over events
/// take seconds.
pub const TIME_LIMIT: Duration = Duration::from_secs(15);

/// A project, with a key that may read it.
#[derive(Debug, Clone)]
pub struct Project {
    api: Api,
    id: String,
}

impl Project {
    /// Project `id` at the PostHog of `host` (in production [`DEFAULT_HOST`] or its like).
    pub fn new(host: &str, id: &str, key: &Secret) -> Result<Self, BadAccess> {
        Ok(Self {
            api: Api::new(host)?.authorized("Bearer ", key)?,
            id: id.to_owned(),
        })
    }

    /// The address at which people watch a recording, from a moment in it on.
    pub fn replay_link(&self, session: &SessionId, from: Option<Duration>) -> String {
        let t = from.map(|from| from.as_secs().to_string());
        let query: Vec<_> = t.iter().map(|t| ("t", t.as_str())).collect();
        self.api
            .address(&["project", &self.id, "replay", session.as_str()], &query)
    }

    /// The path of `rest` in the project. PostHog's paths end in a slash.
    fn path<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["api", "projects", &self.id], rest, &[""]].concat()
    }
}

/// PostHog over an HTTP port.
#[derive(Debug, Clone)]
pub struct PostHogClient<H> {
    http: H,
    project: Project,
    within: Duration,
}

impl<H> PostHogClient<H> {
    /// A client of project `id` at the PostHog of `host`.
    pub fn new(http: H, host: &str, id: &str, key: &Secret) -> Result<Self, BadAccess> {
        Ok(Self {
            http,
            project: Project::new(host, id, key)?,
            within: TIME_LIMIT,
        })
    }

    /// The same client with another time limit per call.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// The address at which people watch a recording, from a moment in it on.
    pub fn replay_link(&self, session: &SessionId, from: Option<Duration>) -> String {
        self.project.replay_link(session, from)
    }
}

impl<H: Http> PostHogClient<H> {
    /// The persons with an e-mail address: one for each browser that was never told who it was.
    pub async fn persons(&self, email: &str) -> Result<Vec<Person>, ServiceError> {
        parse_persons(&self.send(persons_request(&self.project, email)).await?)
    }

    /// A person's recordings of the last 30 days, the newest first, at most [`MAX_RECORDINGS`].
    pub async fn recordings(&self, person: &Person) -> Result<Vec<Recording>, ServiceError> {
        parse_recordings(&self.send(recordings_request(&self.project, person)).await?)
    }

    /// The recording of a session.
    pub async fn recording(&self, session: &SessionId) -> Result<Recording, ServiceError> {
        parse_recording(&self.send(recording_request(&self.project, session)).await?)
    }

    /// The pages, errors and rage clicks of a session, the oldest first; of more than
    /// [`MAX_EVENTS`] the last ones.
    pub async fn events(&self, session: &SessionId) -> Result<Vec<SessionEvent>, ServiceError> {
        parse_events(&self.send(events_request(&self.project, session)).await?)
    }

    async fn send(&self, request: Request) -> Result<Response, ServiceError> {
        Ok(self.http.send(request, self.within).await?)
    }
}
