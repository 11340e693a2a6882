//! Errands: what our own objects ask of the consumer, over the queue of commands. A fix asks no
//! other object itself; it puts an errand on the queue, which delivers it at least once.
//!
//! As with [`crate::job::Job`], an unknown version is parked.

use serde::{Deserialize, Serialize};

use crate::fix::RoundEnd;
use crate::id::{JobId, UserId};
use crate::queued;

const VERSION: u32 = 1;
const KIND: &str = "errand";

/// One errand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Errand {
    version: u32,
    kind: String,
    /// The fix that it is about.
    pub of: JobId,
    /// What is to be done.
    pub what: What,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "what",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum What {
    /// Have a round of the fix begun.
    StartRound {
        /// The round.
        round: JobId,
    },
    /// Have a round of the fix stopped.
    StopRound {
        /// The round.
        round: JobId,
        /// Who stops it.
        by: UserId,
    },
    /// Tell the fix that a round of it has ended.
    RoundEnded {
        /// How.
        end: RoundEnd,
    },
}

impl Errand {
    /// See [`What::StartRound`].
    pub fn start_round(of: JobId, round: JobId) -> Self {
        Self::new(of, What::StartRound { round })
    }

    /// See [`What::StopRound`].
    pub fn stop_round(of: JobId, round: JobId, by: UserId) -> Self {
        Self::new(of, What::StopRound { round, by })
    }

    /// See [`What::RoundEnded`].
    pub fn round_ended(of: JobId, end: RoundEnd) -> Self {
        Self::new(of, What::RoundEnded { end })
    }

    fn new(of: JobId, what: What) -> Self {
        Self {
            version: VERSION,
            kind: KIND.to_owned(),
            of,
            what,
        }
    }

    /// The errand as it goes on the queue.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("an errand has no map with keys that are no text")
    }

    /// Reads a message of the queue. `None`: it is none of ours.
    pub fn decode(text: &str) -> Option<Result<Self, String>> {
        queued::decode(text, KIND, VERSION, "an errand")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errand_is_read_again_as_it_was_queued_and_a_newer_one_is_parked() {
        let errand = Errand::start_round(JobId::new("1001"), JobId::new("1001-round-1"));
        let queued = errand.encode();
        insta::assert_snapshot!(queued, @r#"{"version":1,"kind":"errand","of":"1001","what":{"what":"startRound","round":"1001-round-1"}}"#);
        assert_eq!(Errand::decode(&queued), Some(Ok(errand)));
        let newer = queued.replace(r#""version":1"#, r#""version":2"#);
        assert!(Errand::decode(&newer).unwrap().is_err());
        assert_eq!(Errand::decode(r#"{"version":1,"command":"fix"}"#), None);
        assert_eq!(Errand::decode(r#"{"version":1,"kind":"github"}"#), None);
        assert!(
            Errand::decode(r#"{"version":1,"kind":"errand"}"#)
                .unwrap()
                .is_err()
        );
    }
}
