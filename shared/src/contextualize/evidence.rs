//! What PostHog recorded of the bug.
//!
//! Invariant: evidence never fails a job. Where none can be had, the packet says what was tried
//! and why it came to nothing.

use std::time::Duration;

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use super::{Report, Work};
use crate::consumer::Platform;
use crate::http::Http;
use crate::id::SessionId;
use crate::posthog::{Person, PostHogClient, Recording, SessionEvent};
use crate::service::ServiceError;

/// How many recordings a packet names.
const MAX_CHOSEN: usize = 3;
/// How many persons of one e-mail address are looked at: one browser profile is one person.
const MAX_LOOKED_AT: usize = 5;
/// A deep link starts this long before the moment that matters.
const LEAD: Duration = Duration::from_secs(15);
/// How many reproduction hints a packet has.
const MAX_HINTS: usize = 12;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The recordings.
    pub recordings: Recordings,
    /// What the person did, from the best recording's events.
    pub hints: Vec<Hint>,
}

/// The recordings of the bug.
#[derive(Debug, Clone, PartialEq)]
pub enum Recordings {
    /// These match, the best first.
    Matched(Vec<Chosen>),
    /// None matched; what was tried, line by line.
    None {
        /// For people.
        tried: Vec<String>,
    },
}

/// A recording, and why it is thought to show the bug.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The session.
    pub session: SessionId,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it is.
    pub duration: Duration,
    /// The page that it began on.
    pub start_url: Option<String>,
    /// The replay, from the moment that matters.
    pub link: String,
    /// That moment, from the beginning.
    pub offset: Option<Duration>,
    /// Why it was chosen.
    pub why: String,
}

/// One thing that the person did or met.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// When, from the beginning of the recording.
    pub offset: Duration,
    /// What.
    pub what: String,
    /// The replay from just before it.
    pub link: String,
}

/// Gathers the evidence for a report.
pub(super) async fn gather<P: Platform>(work: &Work<'_, P>, report: &Report) -> Evidence {
    let Some(posthog) = &work.services.posthog else {
        return none(vec!["PostHog is not set up for bugbot.".to_owned()]);
    };
    let references = &report.references;
    if let Some(session) = &references.post_hog_session_id {
        return of_session(posthog, session, report).await;
    }
    if let Some(person) = &references.post_hog_person_id {
        let person = Person::of_id(person);
        return of_persons(
            posthog,
            vec![person],
            report,
            "the person linked in the thread",
        )
        .await;
    }
    let Some(email) = &references.user_email else {
        return none(vec![
            "The thread names no session, no person and no e-mail address. Give one in the `session` or `email` option."
                .to_owned(),
        ]);
    };
    match posthog.persons(email).await {
        Ok(mut persons) if !persons.is_empty() => {
            persons.truncate(MAX_LOOKED_AT);
            of_persons(posthog, persons, report, "the reporter's e-mail address").await
        }
        Ok(_) => none(vec![
            "PostHog knows no person with the e-mail address given.".to_owned(),
        ]),
        Err(error) => none(vec![failed("Looking for the person", &error)]),
    }
}

async fn of_session<H: Http>(
    posthog: &PostHogClient<H>,
    session: &SessionId,
    report: &Report,
) -> Evidence {
    let (recording, events) = join(posthog.recording(session), posthog.events(session)).await;
    match recording {
        Ok(recording) => {
            let asked = report.references.post_hog_session_offset_s.map(u64::from);
            let moment = asked
                .map(Duration::from_secs)
                .or_else(|| moment_in(&recording, report.at));
            let chosen = Chosen::new(
                posthog,
                &recording,
                moment,
                "named in the thread".to_owned(),
            );
            let hints = hints(posthog, &recording, events.unwrap_or_default());
            Evidence {
                recordings: Recordings::Matched(vec![chosen]),
                hints,
            }
        }
        Err(ServiceError::NotFound) => none(vec![format!(
            "PostHog has no recording `{session}`: it may be too new, expired, or of another project."
        )]),
        Err(error) => none(vec![failed("Reading the recording", &error)]),
    }
}

async fn of_persons<H: Http>(
    posthog: &PostHogClient<H>,
    persons: Vec<Person>,
    report: &Report,
    found_by: &str,
) -> Evidence {
    let lists = join_all(persons.iter().map(|person| posthog.recordings(person))).await;
    let mut tried = Vec::new();
    let mut recordings: Vec<Recording> = Vec::new();
    for list in lists {
        match list {
            Ok(list) => recordings.extend(list),
            Err(error) => tried.push(failed("Reading a person's recordings", &error)),
        }
    }
    let chosen = choose(recordings, report.at);
    let Some((best, _)) = chosen.first() else {
        tried.push(format!("No recording of the last 30 days by {found_by}."));
        return none(tried);
    };
    let events = posthog.events(&best.id).await.unwrap_or_default();
    let hints = hints(posthog, best, events);
    let chosen = chosen
        .iter()
        .map(|(recording, why)| {
            let why = format!("by {found_by}; {why}");
            Chosen::new(posthog, recording, moment_in(recording, report.at), why)
        })
        .collect();
    Evidence {
        recordings: Recordings::Matched(chosen),
        hints,
    }
}

/// The recordings that most likely show a bug reported at `at`, best first, each with the reason.
fn choose(mut recordings: Vec<Recording>, at: Timestamp) -> Vec<(Recording, String)> {
    recordings.sort_by(|a, b| a.id.cmp(&b.id));
    recordings.dedup_by(|a, b| a.id == b.id);
    // What began after the report cannot show what was reported, unless it is all there is.
    let rank = |recording: &Recording| match reported_after(recording, at) {
        Some(after) => (0, after),
        None => (
            1,
            Duration::try_from(recording.start_time - at).unwrap_or_default(),
        ),
    };
    recordings.sort_by_key(rank);
    recordings.truncate(MAX_CHOSEN);
    recordings
        .into_iter()
        .map(|recording| {
            let why = match reported_after(&recording, at) {
                Some(Duration::ZERO) => "the report was written during it".to_owned(),
                Some(after) => format!("it ended {} before the report", roughly(after)),
                None => "it began after the report".to_owned(),
            };
            (recording, why)
        })
        .collect()
}

/// How long after the recording's end the report was written: zero during it, `None` before it.
fn reported_after(recording: &Recording, at: Timestamp) -> Option<Duration> {
    let since_start = Duration::try_from(at - recording.start_time).ok()?;
    Some(since_start.saturating_sub(recording.duration))
}

/// The moment of the report within the recording.
fn moment_in(recording: &Recording, at: Timestamp) -> Option<Duration> {
    Duration::try_from(at - recording.start_time)
        .ok()
        .filter(|offset| *offset <= recording.duration)
}

fn roughly(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match minutes {
        0 => "less than a minute".to_owned(),
        1 => "a minute".to_owned(),
        2..60 => format!("{minutes} minutes"),
        60..120 => "an hour".to_owned(),
        120..2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

impl Chosen {
    fn new<H>(
        posthog: &PostHogClient<H>,
        recording: &Recording,
        moment: Option<Duration>,
        why: String,
    ) -> Self {
        let offset = moment.map(|moment| moment.saturating_sub(LEAD));
        Self {
            session: recording.id.clone(),
            started_at: recording.start_time,
            duration: recording.duration,
            start_url: recording.start_url.clone(),
            link: posthog.replay_link(&recording.id, offset),
            offset,
            why,
        }
    }
}

fn hints<H>(
    posthog: &PostHogClient<H>,
    recording: &Recording,
    events: Vec<SessionEvent>,
) -> Vec<Hint> {
    let mut hints: Vec<Hint> = events
        .into_iter()
        .map(|event| {
            let offset = Duration::try_from(event.at - recording.start_time).unwrap_or_default();
            Hint {
                link: posthog.replay_link(&recording.id, Some(offset.saturating_sub(LEAD))),
                offset,
                what: event.what(),
            }
        })
        .collect();
    hints.sort_by_key(|hint| hint.offset);
    hints.dedup_by(|a, b| a.what == b.what);
    // What happened last is closest to the report.
    let surplus = hints.len().saturating_sub(MAX_HINTS);
    hints.drain(..surplus);
    hints
}

fn none(tried: Vec<String>) -> Evidence {
    Evidence {
        recordings: Recordings::None { tried },
        hints: Vec::new(),
    }
}

fn failed(what: &str, error: &ServiceError) -> String {
    match error {
        ServiceError::Unreachable(_) => format!("{what} failed: PostHog could not be reached."),
        ServiceError::RateLimited { .. } => {
            format!("{what} failed: PostHog's rate limit is used up.")
        }
        ServiceError::Unauthorized(_) => {
            format!(
                "{what} failed: PostHog does not let bugbot in. The operator has to look at the key."
            )
        }
        _ => format!("{what} failed: PostHog answered with an error."),
    }
}
