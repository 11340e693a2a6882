//! One claim: who may take, change and release it, as pure functions of what there is and the time.
//!
//! ```text
//! free ──claim──▶ claimed ⇄ in_progress ──▶ completed   held for COMPLETED_HOLD more
//!   ▲                │            └───────▶ skipped     free at once
//!   └── released, or nothing heard within the TTL
//! ```
//!
//! Invariants: what is held by one is taken by no other; a claim is changed by its owner only, and
//! by its owner also after it has run out, as long as nobody else took the issue (a client that was
//! offline finds its claim again); whatever is asked twice is done once.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ClientId, IssueRef};
use crate::id::UserId;

/// How long a claim lasts after the last sign of life of its owner, unless set otherwise.
pub const DEFAULT_TTL: Duration = Duration::from_mins(30);
/// How long an issue stays with whoever completed it: a pull request wants to be read.
pub const COMPLETED_HOLD: Duration = Duration::from_hours(14 * 24);

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Taken.
    Claimed,
    /// Worked on.
    InProgress,
    /// Done, as its owner says.
    Completed,
    /// Given up, as its owner says.
    Skipped,
}

impl Status {
    /// All that a client may name.
    pub const ALL: [Self; 4] = [
        Self::Claimed,
        Self::InProgress,
        Self::Completed,
        Self::Skipped,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether work goes on.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Claimed | Self::InProgress)
    }
}

/// By its name as people type it: `in-progress` too.
impl std::str::FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::parse(&text.replace('-', "_"));
        found.ok_or_else(|| "claimed, in_progress, completed or skipped".to_owned())
    }
}

/// Who claims: a client, and for the bot the job, because the bot works on many things at once and
/// is not to work on one thing twice either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The client.
    pub client: ClientId,
    /// The job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

impl Owner {
    /// A client that does one thing at a time with an issue.
    pub fn of(client: ClientId) -> Self {
        Self { client, job: None }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// The issue.
    pub issue: IssueRef,
    /// Its repository, as the client names it.
    pub repo: String,
    /// Its number there.
    pub number: Option<u64>,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Who.
    pub owner: Owner,
    /// What they are called.
    pub client_name: String,
    /// How long it lasts without a sign of life.
    #[serde(with = "crate::millis")]
    pub ttl: Duration,
}

/// One claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Its own id: another claim of the same issue has another.
    pub id: String,
    /// The issue.
    pub issue: IssueRef,
    /// Its repository.
    pub repo: String,
    /// Its number there.
    pub number: Option<u64>,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Who has it.
    pub owner: Owner,
    /// What they are called.
    pub client_name: String,
    /// How far the work is.
    pub status: Status,
    /// When it was taken.
    pub claimed_at: Timestamp,
    /// Until then nobody else gets it.
    pub expires_at: Timestamp,
    /// What came of it.
    pub pull_request: PullRequestRef,
    /// Whether its owner gave it back.
    pub is_released: bool,
    /// How often it was changed: later news of it outdoes earlier.
    pub version: u64,
}

/// A pull request as a client reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRequestRef {
    /// Its address.
    pub url: Option<String>,
    /// Its number.
    pub number: Option<u64>,
}

impl PullRequestRef {
    fn is_some(&self) -> bool {
        self.url.is_some() || self.number.is_some()
    }
}

/// What came of a wish to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is a new claim.
    New(Claim),
    /// They had it already; it lasts longer now.
    Renewed(Claim),
}

/// Why a claim is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NotYours {
    /// Somebody else has it.
    Others,
    /// Nobody has it.
    Nobodys,
}

impl Claim {
    /// Whether nobody else gets the issue now.
    pub fn is_held(&self, now: Timestamp) -> bool {
        !self.is_released && self.status != Status::Skipped && now < self.expires_at
    }

    /// Whether it is held and worked on.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.is_held(now) && self.status.is_open()
    }

    /// The person on Discord who has it: kept as the job, which only we see.
    pub fn discord_user(&self) -> Option<UserId> {
        let user = self.owner.job.as_deref()?;
        self.owner.client.is_discord().then(|| UserId::new(user))
    }

    /// Whether it reports a pull request.
    pub fn has_pull_request(&self) -> bool {
        self.pull_request.is_some()
    }

    fn changed(mut self) -> Self {
        self.version += 1;
        self
    }
}

/// Whether `wanted` gets the issue, of which `known` is the last claim. Else the claim that is in
/// the way. `nth` counts the claims of the object, so that every claim has an id of its own.
#[expect(
    clippy::result_large_err,
    reason = "both are a claim, and one of them is asked for"
)]
pub fn take(
    known: Option<&Claim>,
    wanted: &Wanted,
    nth: u64,
    now: Timestamp,
) -> Result<Taken, Claim> {
    let expires_at = after(now, wanted.ttl);
    if let Some(known) = known {
        let same_owner = known.owner == wanted.owner;
        let goes_on = same_owner && !known.is_released && known.status.is_open();
        if goes_on {
            let mut claim = known.clone();
            claim.expires_at = claim.expires_at.max(expires_at);
            claim.client_name.clone_from(&wanted.client_name);
            return Ok(Taken::Renewed(claim.changed()));
        }
        // Whoever has completed it may begin again: another round, a pull request that was closed.
        let may_again = known.owner.client == wanted.owner.client && !known.status.is_open();
        if known.is_held(now) && !may_again {
            return Err(known.clone());
        }
    }
    Ok(Taken::New(Claim {
        id: claim_id(wanted, nth, now),
        issue: wanted.issue.clone(),
        repo: wanted.repo.clone(),
        number: wanted.number,
        title: wanted.title.clone(),
        url: wanted.url.clone(),
        owner: wanted.owner.clone(),
        client_name: wanted.client_name.clone(),
        status: Status::Claimed,
        claimed_at: now,
        expires_at,
        pull_request: PullRequestRef::default(),
        is_released: false,
        version: 1,
    }))
}

/// The claim with another status. A word about it is a sign of life.
pub fn change(
    known: Option<&Claim>,
    owner: &Owner,
    status: Status,
    pull_request: &PullRequestRef,
    ttl: Duration,
    now: Timestamp,
) -> Result<Claim, NotYours> {
    let mut claim = owned(known, owner, now)?.clone();
    claim.status = status;
    claim.expires_at = match status {
        Status::Claimed | Status::InProgress => claim.expires_at.max(after(now, ttl)),
        Status::Completed => after(now, COMPLETED_HOLD),
        Status::Skipped => now,
    };
    let PullRequestRef { url, number } = pull_request;
    claim.pull_request.url = url.clone().or(claim.pull_request.url);
    claim.pull_request.number = number.or(claim.pull_request.number);
    Ok(claim.changed())
}

/// The claim given back.
pub fn release(known: Option<&Claim>, owner: &Owner, now: Timestamp) -> Result<Claim, NotYours> {
    let mut claim = owned(known, owner, now)?.clone();
    claim.is_released = true;
    claim.expires_at = now;
    Ok(claim.changed())
}

/// The claim, if `owner` has it: also one that has run out, if nobody came after them.
fn owned<'a>(
    known: Option<&'a Claim>,
    owner: &Owner,
    now: Timestamp,
) -> Result<&'a Claim, NotYours> {
    let Some(known) = known.filter(|claim| !claim.is_released) else {
        return Err(NotYours::Nobodys);
    };
    if known.owner == *owner {
        Ok(known)
    } else if known.is_held(now) {
        Err(NotYours::Others)
    } else {
        Err(NotYours::Nobodys)
    }
}

fn after(now: Timestamp, time: Duration) -> Timestamp {
    now.saturating_add(time)
        .expect("a duration of std is not a calendar span")
}

fn claim_id(wanted: &Wanted, nth: u64, now: Timestamp) -> String {
    let text = format!(
        "{}\n{}\n{nth}\n{}",
        wanted.issue.key(),
        wanted.owner.client,
        now.as_millisecond()
    );
    hex::encode(&Sha256::digest(text.as_bytes())[..16])
}
