//! Alerts: deliveries that become threads, on their way over the queue of commands.
//!
//! As with [`crate::job::Job`], an unknown version is parked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hooks::EventId;
use crate::id::{ChannelId, GuildId, InteractionId};
use crate::queued;
use crate::trace::{Trace, TraceId};

const VERSION: u32 = 1;
const KIND: &str = "alert";

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    version: u32,
    kind: String,
    /// The delivery that it is of.
    pub id: EventId,
    /// The hook that took it.
    pub route: String,
    /// The server.
    pub guild: GuildId,
    /// The channel in which its thread is begun.
    pub channel: ChannelId,
    /// What it says.
    pub text: String,
    /// When it was taken.
    pub at: Timestamp,
}

impl Alert {
    /// An alert.
    pub fn new(
        id: EventId,
        route: &str,
        guild: GuildId,
        channel: ChannelId,
        text: String,
        at: Timestamp,
    ) -> Self {
        Self {
            version: VERSION,
            kind: KIND.to_owned(),
            id,
            route: route.to_owned(),
            guild,
            channel,
            text,
            at,
        }
    }

    /// What stands for the interaction of its job: no number, so that nobody takes it for one of
    /// Discord's. The same alert is the same job.
    pub fn interaction(&self) -> InteractionId {
        InteractionId::new(format!("hook-{}", self.id.as_str()))
    }

    /// What log lines about it are about.
    pub fn trace(&self) -> Trace {
        let mut trace = Trace::none();
        trace.id = Some(TraceId::of(&self.interaction()));
        trace
    }

    /// The alert as it goes on the queue.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("an alert has no map with keys that are no text")
    }

    /// Reads a message of the queue. `None`: it is none of ours.
    pub fn decode(text: &str) -> Option<Result<Self, String>> {
        queued::decode(text, KIND, VERSION, "an alert")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_read_again_as_it_was_queued_and_a_newer_one_is_parked() {
        let alert = Alert::new(
            EventId::of([7; 16]),
            "sentry",
            GuildId::new("1"),
            ChannelId::new("2"),
            "TypeError".to_owned(),
            Timestamp::UNIX_EPOCH,
        );
        let queued = alert.encode();
        insta::assert_snapshot!(queued, @r#"{"version":1,"kind":"alert","id":"07070707070707070707070707070707","route":"sentry","guild":"1","channel":"2","text":"TypeError","at":"1970-01-01T00:00:00Z"}"#);
        assert_eq!(Alert::decode(&queued), Some(Ok(alert)));
        let newer = queued.replace(r#""version":1"#, r#""version":2"#);
        assert!(Alert::decode(&newer).unwrap().is_err());
        assert_eq!(Alert::decode(r#"{"version":1,"command":"fix"}"#), None);
        assert_eq!(Alert::decode(r#"{"version":1,"kind":"errand"}"#), None);
    }
}
