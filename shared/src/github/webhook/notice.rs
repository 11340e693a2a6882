//! The queue message that a delivery becomes: small, and without anything that is not used.
//!
//! It shares the queue with [`crate::job::Job`], from which its `kind` tells it apart. As there,
//! an unknown field is tolerated and an unknown version is parked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Ask;
use crate::github::RepoName;
use crate::id::CommitId;
use crate::trace::{Trace, TraceId};

/// The version that this code writes, and the only one that it reads.
const VERSION: u32 = 1;
const KIND: &str = "github";

/// Something happened that may concern a pull request of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// [`VERSION`].
    version: u32,
    /// [`KIND`].
    kind: String,
    /// GitHub's id of the delivery.
    pub delivery: String,
    /// Where.
    pub repository: RepoName,
    /// What in it.
    pub place: Place,
    /// What happened.
    pub happening: Happening,
    /// When we were told.
    pub received_at: Timestamp,
}

/// What a delivery says of the pull request that it is about. At least one is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Place {
    /// Its branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// A commit of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// What may have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happening", rename_all = "camelCase")]
pub enum Happening {
    /// The pull request was closed, merged, reopened or pushed to.
    PullRequest,
    /// A check of a commit has ended.
    Checks,
    /// Somebody wants review comments addressed.
    Asked(Ask),
    /// A commit can be looked at.
    Deployed(Preview),
}

/// A deployment that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// Where.
    pub url: String,
    /// What it is called: `Preview`.
    pub environment: String,
    /// Since when. The newest one counts, in whichever order they arrive.
    pub at: Timestamp,
}

/// Why a text is no notice, although its kind says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    /// Of a version that this code does not read.
    #[error("version {0} of a notice is not {VERSION}")]
    Version(u64),
    /// A field is missing or has the wrong form.
    #[error("not a notice: {0}")]
    Malformed(String),
    /// A kind of message that did not exist when this was written.
    #[error("a message of the unknown kind {0:?}")]
    Kind(String),
}

impl Notice {
    /// What log lines about it are about, until a job of ours is known.
    pub fn trace(&self) -> Trace {
        Trace {
            id: Some(TraceId::derived("github-delivery", &self.delivery)),
            ..Trace::none()
        }
    }

    /// A notice of something that happened.
    pub fn new(
        delivery: impl Into<String>,
        repository: RepoName,
        place: Place,
        happening: Happening,
        received_at: Timestamp,
    ) -> Self {
        Self {
            version: VERSION,
            kind: KIND.to_owned(),
            delivery: delivery.into(),
            repository,
            place,
            happening,
            received_at,
        }
    }

    /// The notice as it goes on the queue: some hundred bytes, and of an [`Ask`] at most 16 KB.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a notice has no map with keys that are no text")
    }

    /// Reads a message of the queue. `None`: it has no kind, and is a job.
    pub fn decode(text: &str) -> Option<Result<Self, NoticeFault>> {
        #[derive(Deserialize)]
        struct Head {
            kind: Option<String>,
            version: Option<u64>,
        }
        let head: Head = serde_json::from_str(text).ok()?;
        let kind = head.kind?;
        if kind != KIND {
            return Some(Err(NoticeFault::Kind(kind.chars().take(40).collect())));
        }
        let version = head.version.unwrap_or_default();
        if version != u64::from(VERSION) {
            return Some(Err(NoticeFault::Version(version)));
        }
        Some(serde_json::from_str(text).map_err(|error| NoticeFault::Malformed(error.to_string())))
    }
}
