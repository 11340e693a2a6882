//! What passes between the gateway and whoever pulls events from it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hooks::{Agent, Draft, Event, EventId, Kind, Priority, Recipient};

/// An event that waits at the edge. Its id is given there, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeEvent {
    /// Its place among the events of its recipient: greater than all before.
    pub seq: u64,
    /// Its id.
    pub id: EventId,
    /// When it was taken.
    pub ts: Timestamp,
    /// Who it is for.
    pub to: Recipient,
    /// What it asks.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// How soon.
    #[serde(default)]
    pub priority: Priority,
    /// What it says.
    pub payload: String,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl EdgeEvent {
    pub(super) fn of(draft: &Draft, seq: u64, id: EventId, ts: Timestamp) -> Self {
        Self {
            seq,
            id,
            ts,
            to: draft.to.clone(),
            kind: draft.kind,
            priority: draft.priority,
            payload: draft.payload.clone(),
            source: draft.source.clone(),
        }
    }

    /// The event in the inbox of whoever pulled it.
    pub fn collected_by(self, agent: &Agent) -> Event {
        let draft = Draft {
            to: self.to,
            kind: self.kind,
            priority: self.priority,
            payload: self.payload,
            sentinel: None,
            source: self.source,
        };
        draft.stamped(agent, self.id, self.ts)
    }
}

/// Some of the events that wait for a recipient, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The events.
    pub events: Vec<EdgeEvent>,
    /// Whether there are more after them.
    pub more: bool,
}

/// Says that all events up to this one are in the inbox of their recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ack {
    /// Whose events.
    pub recipient: Recipient,
    /// The last of them.
    pub upto: u64,
}

/// What is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Left {
    /// So many events wait.
    pub left: u64,
}
