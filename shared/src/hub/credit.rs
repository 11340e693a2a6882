//! What a claim means for its client's numbers: the news that goes from a claim's object to the
//! client's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ClientId;
use super::claim::{Claim, Status};

/// How a claim stands. The newest version tells all; older ones and repeats change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credit {
    /// The claim.
    pub claim: String,
    /// Its version.
    pub version: u64,
    /// Whose it is.
    pub client: ClientId,
    /// What they are called.
    pub client_name: String,
    /// When it was taken: a day on which they worked.
    pub claimed_at: Timestamp,
    /// Whether it was completed.
    pub is_completed: bool,
    /// Whether it was skipped.
    pub is_skipped: bool,
    /// Whether a pull request came of it.
    pub has_pull_request: bool,
}

impl Credit {
    /// What `claim` is worth now.
    pub fn of(claim: &Claim) -> Self {
        Self {
            claim: claim.id.clone(),
            version: claim.version,
            client: claim.owner.client.clone(),
            client_name: claim.client_name.clone(),
            claimed_at: claim.claimed_at,
            // Also after it was given back so that others may try: the work was done.
            is_completed: claim.status == Status::Completed,
            is_skipped: claim.status == Status::Skipped,
            has_pull_request: claim.has_pull_request(),
        }
    }
}
