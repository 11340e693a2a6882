//! The record of a dead job: what the operator finds, replays or discards.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::job::{DecodeFault, Job};
use crate::ports::{Kv, KvFailed};

/// How long the operator can find a dead job: as long as Queues keep a message at most twice.
const KEPT: Duration = Duration::from_hours(28 * 24);
/// The keys of dead jobs in the key-value store start with this.
pub const DEAD_PREFIX: &str = "dead:";

/// What the operator finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadRecord {
    /// Why the job could not be done.
    pub reason: String,
    /// When it was given up.
    pub buried_at: Timestamp,
    /// The message of the queue, without the interaction's token.
    pub body: String,
    /// Who put it back on the queue, and when. A job that dies again gets a record without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Mark>,
    /// Who put it aside, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discarded: Option<Mark>,
}

/// Who did something to a record, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
}

impl DeadRecord {
    pub(super) fn new(reason: &str, body: String, now: Timestamp) -> Self {
        Self {
            reason: reason.to_owned(),
            buried_at: now,
            body,
            replayed: None,
            discarded: None,
        }
    }

    /// The job, as it can be given again: with an empty token, by which nobody is answered.
    pub fn job(&self) -> Result<Job, DecodeFault> {
        let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&self.body) else {
            return Job::decode(&self.body);
        };
        if let Some(token) = value.pointer_mut("/interaction/token")
            && token.is_null()
        {
            *token = "".into();
        }
        Job::decode(&value.to_string())
    }

    /// Whether nobody has dealt with it yet.
    pub fn is_open(&self) -> bool {
        self.replayed.is_none() && self.discarded.is_none()
    }

    /// The record at a key. One that is no record of ours is shown as it is.
    pub async fn load(
        kv: &impl Kv,
        key: &str,
    ) -> Result<Option<Result<Self, serde_json::Error>>, KvFailed> {
        let found = kv.get(key).await?;
        Ok(found.map(|text| serde_json::from_str(&text)))
    }

    /// Stores it for four weeks.
    pub async fn store(&self, kv: &impl Kv, key: &str) -> Result<(), KvFailed> {
        let text = serde_json::to_string(self).expect("strings and times are JSON");
        kv.put(key, &text, Some(KEPT)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_before_there_were_marks_is_read() {
        let stored = r#"{"reason":"r","buriedAt":"2026-01-02T12:00:00Z","body":"{}"}"#;
        let record: DeadRecord = serde_json::from_str(stored).unwrap();
        assert!(record.is_open());
        assert_eq!(serde_json::to_string(&record).unwrap(), stored);
    }

    #[test]
    fn a_body_that_is_no_job_says_why() {
        let at = "2026-01-02T12:00:00Z".parse().unwrap();
        let fault = |body: &str| {
            let record = DeadRecord::new("r", body.to_owned(), at);
            record.job().unwrap_err().to_string()
        };
        assert!(fault("no job").starts_with("not a JSON object"));
        assert_eq!(fault(r#"{"version":9}"#), "version 9 is not 1");
    }
}
