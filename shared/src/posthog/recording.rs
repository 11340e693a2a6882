//! Session recordings.
//!
//! <https://posthog.com/docs/api/session-recordings>

use std::time::Duration;

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::answer::checked;
use super::{Person, Project};
use crate::http::{Request, Response};
use crate::id::SessionId;
use crate::service::{ServiceError, decode};

/// The most recordings that are read of one person. One page: a bug is reported soon after it
/// was seen, and the newest come first.
pub const MAX_RECORDINGS: usize = 20;
/// How far back to look; PostHog looks back three days unless told, and cloud plans keep a month.
const SINCE: &str = "-30d";
/// How far a recording's length may exceed the time between its ends.
const SLACK: Duration = Duration::from_mins(1);

/// A recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The session's id is the recording's.
    pub id: SessionId,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended (so far).
    pub end_time: Timestamp,
    /// How long it takes to watch.
    pub duration: Duration,
    /// The page that it began on.
    pub start_url: Option<String>,
    /// What went on in it.
    pub activity: Activity,
    /// Whose it is.
    pub person: Option<Person>,
}

/// How much went on in a recording.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Clicks.
    pub clicks: u32,
    /// Keys pressed.
    pub keypresses: u32,
    /// Errors in the console.
    pub console_errors: u32,
    /// For how long something went on.
    pub active: Duration,
}

/// Lists a person's recordings.
pub fn recordings_request(project: &Project, person: &Person) -> Request {
    let limit = MAX_RECORDINGS.to_string();
    let distinct_ids = serde_json::Value::from(person.distinct_ids.clone()).to_string();
    let who = match &person.uuid {
        Some(uuid) => ("person_uuid", uuid),
        None => ("distinct_ids", &distinct_ids),
    };
    let query = [
        (who.0, who.1.as_str()),
        ("date_from", SINCE),
        ("limit", &limit),
    ];
    project
        .api
        .call(Method::GET, &project.path(&["session_recordings"]), &query)
}

/// Reads the recording of a session.
pub fn recording_request(project: &Project, session: &SessionId) -> Request {
    let path = project.path(&["session_recordings", session.as_str()]);
    project.api.call(Method::GET, &path, &[])
}

/// The recordings, the newest first.
pub fn parse_recordings(response: &Response) -> Result<Vec<Recording>, ServiceError> {
    #[derive(Deserialize)]
    struct List {
        results: Vec<Wire>,
    }
    let list = decode::<List>(checked(response)?)?.results;
    Ok(list
        .into_iter()
        .take(MAX_RECORDINGS)
        .map(Into::into)
        .collect())
}

/// The recording.
pub fn parse_recording(response: &Response) -> Result<Recording, ServiceError> {
    decode::<Wire>(checked(response)?).map(Into::into)
}

#[derive(Deserialize)]
struct Wire {
    id: SessionId,
    start_time: Timestamp,
    end_time: Timestamp,
    /// Seconds.
    recording_duration: Option<f64>,
    active_seconds: Option<f64>,
    start_url: Option<String>,
    click_count: Option<u32>,
    keypress_count: Option<u32>,
    console_error_count: Option<u32>,
    person: Option<Person>,
}

impl From<Wire> for Recording {
    fn from(wire: Wire) -> Self {
        let span = Duration::try_from(wire.end_time.duration_since(wire.start_time));
        let span = span.unwrap_or_default();
        let duration = seconds(wire.recording_duration).filter(|given| *given <= span + SLACK);
        Self {
            id: wire.id,
            start_time: wire.start_time,
            end_time: wire.end_time,
            // A length that exceeds the recording's own ends is in another unit, or nonsense.
            duration: duration.unwrap_or(span),
            start_url: wire.start_url.filter(|url| !url.is_empty()),
            activity: Activity {
                clicks: wire.click_count.unwrap_or_default(),
                keypresses: wire.keypress_count.unwrap_or_default(),
                console_errors: wire.console_error_count.unwrap_or_default(),
                active: seconds(wire.active_seconds).unwrap_or_default(),
            },
            person: wire.person,
        }
    }
}

fn seconds(given: Option<f64>) -> Option<Duration> {
    Duration::try_from_secs_f64(given?).ok()
}
