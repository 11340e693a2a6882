//! What the fake holds, in the service's JSON.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::ports::Clock;

use crate::clock::TestClock;

/// Everything that the fake knows.
#[derive(Debug)]
pub struct State {
    clock: TestClock,
    pub(super) project: String,
    pub(super) key: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) persons: Vec<Person>,
    pub(super) recordings: Vec<Recording>,
    pub(super) events: Vec<Event>,
    made: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) uuid: String,
    pub(super) email: String,
    pub(super) distinct_ids: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Recording {
    pub(super) id: String,
    pub(super) distinct_id: String,
    pub(super) start: Timestamp,
    pub(super) lasted: Duration,
    pub(super) start_url: String,
    pub(super) console_errors: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) session: String,
    pub(super) distinct_id: String,
    pub(super) name: String,
    pub(super) at: Timestamp,
    pub(super) properties: Value,
}

impl State {
    pub(super) fn new(clock: TestClock) -> Self {
        let scopes = ["person:read", "session_recording:read", "query:read"];
        Self {
            clock,
            project: "4711".to_owned(),
            key: "phx_key-of-the-fake-that-no-scanner-takes-for-real".to_owned(),
            scopes: scopes.map(str::to_owned).into(),
            persons: Vec::new(),
            recordings: Vec::new(),
            events: Vec::new(),
            made: 0,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A UUID of version 7, as the service's browser library makes them: the time, then (here) a
    /// count.
    pub(super) fn next_uuid(&mut self) -> String {
        self.made += 1;
        let ms = self.now().as_millisecond();
        format!(
            "{:08x}-{:04x}-7000-8000-{:012x}",
            ms >> 16,
            ms & 0xFFFF,
            self.made
        )
    }

    pub(super) fn person_of(&self, distinct_id: &str) -> Option<&Person> {
        self.persons
            .iter()
            .find(|p| p.distinct_ids.iter().any(|d| d == distinct_id))
    }

    pub(super) fn recording_json(&self, recording: &Recording) -> Value {
        let end = recording.start + recording.lasted;
        let seconds = recording.lasted.as_secs();
        json!({
            "id": recording.id,
            "distinct_id": recording.distinct_id,
            "viewed": false,
            "viewers": [],
            "recording_duration": seconds,
            "active_seconds": seconds / 2,
            "inactive_seconds": seconds - seconds / 2,
            "start_time": recording.start.to_string(),
            "end_time": end.to_string(),
            "click_count": 12,
            "keypress_count": 34,
            "mouse_activity_count": 56,
            "console_log_count": 0,
            "console_warn_count": 0,
            "console_error_count": recording.console_errors,
            "start_url": recording.start_url,
            "person": self.person_of(&recording.distinct_id).map(person_json),
            "retention_period_days": 30,
            "expiry_time": null,
            "recording_ttl": null,
            "snapshot_source": "web",
            "snapshot_library": null,
            "ongoing": end > self.now(),
            "activity_score": null,
            "has_summary": false,
            "summary_outcome": null,
            "external_references": [],
            "matches_filters": true,
        })
    }
}

pub(super) fn person_json(person: &Person) -> Value {
    json!({
        "id": person.uuid,
        "uuid": person.uuid,
        "name": person.email,
        "distinct_ids": person.distinct_ids,
        "properties": {"email": person.email},
        "created_at": "2025-11-03T08:00:00Z",
    })
}
