//! Writes: what they say on the wire, and how they wait in the queue.
//!
//! A write is idempotent for its owner: the hub takes a claim that is ours already, a status that is
//! set already and totals that it has already for what they are. That is why one that may or may not
//! have taken effect can be sent again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
pub use shared::hub::Status;

use crate::issue::IssueId;
use crate::work::Totals;

/// The most writes that wait; each is a few hundred bytes.
pub const MAX_PENDING: usize = 1_000;

/// A claim to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaim {
    /// The issue.
    pub issue: IssueId,
    /// Its repository, `owner/repo`.
    pub repository: String,
    /// Its number there.
    pub number: u64,
    /// Its title, for people.
    pub title: String,
    /// Its address.
    pub url: String,
}

impl NewClaim {
    /// A claim of `owner/repo#123`, on GitHub. `None` where the id does not say which issue that is.
    pub fn of(issue: &IssueId) -> Option<Self> {
        let (repository, number) = issue.place()?;
        Some(Self {
            issue: issue.clone(),
            repository: repository.to_owned(),
            number,
            title: issue.to_string(),
            url: format!("https://github.com/{repository}/issues/{number}"),
        })
    }
}

/// A new status of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// The issue.
    pub issue: IssueId,
    /// The status.
    pub status: Status,
    /// The pull request's address, if there is one.
    pub pr_url: Option<String>,
    /// Its number.
    pub pr_number: Option<u64>,
}

/// Everything that is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Write {
    Register { name: String, version: String },
    Heartbeat,
    Claim(NewClaim),
    Status(StatusChange),
    Release(IssueId),
    Totals(Totals),
}

impl Write {
    /// The write of this client, as it waits.
    pub(crate) fn pending(&self, client_id: &str, now: Timestamp) -> Pending {
        let mut body = json!({"client_id": client_id});
        let mut with = |name: &str, value: Value| body[name] = value;
        let (method, path) = match self {
            Self::Register { name, version } => {
                with("name", json!(name));
                with("version", json!(version));
                with("os", json!(std::env::consts::OS));
                with("arch", json!(std::env::consts::ARCH));
                ("POST", "/register".to_owned())
            }
            Self::Heartbeat => ("POST", "/heartbeat".to_owned()),
            Self::Claim(claim) => {
                with("issue_id", json!(claim.issue));
                with("repo", json!(claim.repository));
                with("issue_number", json!(claim.number));
                with("title", json!(claim.title));
                with("url", json!(claim.url));
                ("POST", "/issues/claim".to_owned())
            }
            Self::Status(change) => {
                with("status", json!(change.status));
                if let Some(url) = &change.pr_url {
                    with("pr_url", json!(url));
                }
                if let Some(number) = change.pr_number {
                    with("pr_number", json!(number));
                }
                (
                    "PATCH",
                    format!("/issues/{}/status", change.issue.segment()),
                )
            }
            Self::Release(issue) => ("DELETE", format!("/issues/{}/claim", issue.segment())),
            Self::Totals(totals) => {
                with("stats", json!(totals));
                ("POST", "/stats/sync".to_owned())
            }
        };
        Pending {
            method: method.to_owned(),
            path,
            body,
            created_at: now,
        }
    }
}

/// A write that waits, as it is in `hub_pending.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// The HTTP method.
    pub method: String,
    /// The path below the hub's base.
    pub path: String,
    /// The JSON body.
    #[serde(default)]
    pub body: Value,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a waiting write is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It makes the client known.
    Register,
    /// A sign of life.
    Heartbeat,
    /// It claims an issue.
    Claim(IssueId),
    /// It says how far an issue is.
    Status(IssueId, Status),
    /// It gives a claim back.
    Release(IssueId),
    /// It sends totals.
    Totals,
    /// Another program put it there.
    Other,
}

impl Pending {
    /// What it is.
    pub fn kind(&self) -> Kind {
        let of_body = |name: &str| self.body[name].as_str()?.parse().ok();
        let segments: Vec<&str> = self.path.split('/').skip(1).collect();
        let known = match (self.method.as_str(), segments.as_slice()) {
            ("POST", ["register"]) => Some(Kind::Register),
            ("POST", ["heartbeat"]) => Some(Kind::Heartbeat),
            ("POST", ["stats", "sync"]) => Some(Kind::Totals),
            ("POST", ["issues", "claim"]) => of_body("issue_id").map(Kind::Claim),
            ("PATCH", ["issues", issue, "status"]) => {
                IssueId::of_segment(issue).and_then(|issue| {
                    let status = self.body["status"].as_str()?.parse().ok()?;
                    Some(Kind::Status(issue, status))
                })
            }
            ("DELETE", ["issues", issue, "claim"]) => IssueId::of_segment(issue).map(Kind::Release),
            _ => None,
        };
        known.unwrap_or(Kind::Other)
    }

    /// It says the same, whenever it was said.
    fn repeats(&self, other: &Self) -> bool {
        (&self.method, &self.path, &self.body) == (&other.method, &other.path, &other.body)
    }
}

impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind() {
            Kind::Register => f.write_str("registration"),
            Kind::Heartbeat => f.write_str("heartbeat"),
            Kind::Claim(issue) => write!(f, "claim of {issue}"),
            Kind::Status(issue, status) => write!(f, "status {} of {issue}", status.as_str()),
            Kind::Release(issue) => write!(f, "release of {issue}"),
            Kind::Totals => f.write_str("totals"),
            Kind::Other => write!(f, "{} {}", self.method, self.path),
        }
    }
}

/// Puts a write at the end. Only the last of registrations, heartbeats and totals is worth sending,
/// and a write that repeats the one before it says nothing new; of everything else each counts.
/// False where the queue is full.
pub(crate) fn put(queue: &mut Vec<Pending>, entry: Pending) -> bool {
    let kind = entry.kind();
    if matches!(kind, Kind::Register | Kind::Heartbeat | Kind::Totals) {
        queue.retain(|waiting| waiting.kind() != kind);
    } else if queue.last().is_some_and(|last| last.repeats(&entry)) {
        return true;
    }
    if queue.len() >= MAX_PENDING {
        return false;
    }
    queue.push(entry);
    true
}

#[cfg(test)]
mod tests;
