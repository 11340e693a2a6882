//! The client: what can be asked of a hub, and told it.
//!
//! Invariant: the files are the client. A value of [`Hub`] holds no state, so that any number of
//! them, in any number of processes, are the same client.

mod access;
mod login;
mod read;
mod session;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use shared::http::Http;
use shared::ports::Clock;

pub use self::login::{LoggedIn, Login};
pub use self::read::{Cached, Seen};
use self::session::Session;
use crate::claim::Claim;
use crate::config::Config;
use crate::disk;
use crate::error::{HubError, Trouble};
use crate::home::Home;
use crate::issue::IssueId;
use crate::net::Net;
use crate::state::Refused;
use crate::work::{PullRequest, Totals};
use crate::write::{NewClaim, Pending, StatusChange, Write};

/// How long an answer may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of a hub.
#[derive(Debug, Clone)]
pub struct Hub<P> {
    home: Home,
    ports: P,
    within: Duration,
    version: String,
}

/// What came of a write, and of those that waited before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent<T> {
    /// What came of it.
    pub answer: Answer<T>,
    /// What came of the others.
    pub drained: Drained,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    /// The hub has it.
    Done(T),
    /// It is on the disk, and is sent by the next call that gets through.
    Queued(Trouble),
    /// The hub refused it for good.
    Refused {
        /// The status.
        status: u16,
        /// Its words.
        message: String,
    },
}

/// What came of writes that waited.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drained {
    /// Those that wait no longer, in the order in which they were sent.
    pub settled: Vec<Settled>,
    /// How many still wait.
    pub waiting: usize,
    /// Why they do.
    pub stopped: Option<Trouble>,
}

/// A write that waits no longer.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The write.
    pub entry: Pending,
    /// What came of it.
    pub outcome: Outcome,
}

/// What the hub said to a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done.
    Done(Value),
    /// Somebody else has the issue; the claim, where the hub says whose.
    Taken(Option<Claim>),
    /// It was refused for good.
    Refused {
        /// The status; 0 where it could not even be sent.
        status: u16,
        /// The hub's words.
        message: String,
    },
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is ours: the claim, where the hub describes it.
    Ours(Option<Claim>),
    /// It is somebody else's, and that is their claim, where the hub says whose.
    Taken(Option<Claim>),
}

/// What waits, and what was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Backlog {
    /// Writes that wait, in order.
    pub pending: Vec<Pending>,
    /// The last writes that were refused for good.
    pub refused: Vec<Refused>,
    /// Until when the hub wants to be left alone.
    pub retry_at: Option<Timestamp>,
}

impl Hub<Net> {
    /// The client in this folder, over the internet.
    pub fn native(home: Home) -> Result<Self, HubError> {
        let net = Net::new().map_err(|error| HubError::Invalid(error.to_string()))?;
        Ok(Self::new(home, net))
    }
}

impl<P: Http + Clock> Hub<P> {
    /// The client in this folder, over these ports.
    pub fn new(home: Home, ports: P) -> Self {
        Self {
            home,
            ports,
            within: TIMEOUT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The same with another time for answers than [`TIMEOUT`].
    #[must_use]
    pub fn answering_within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// The same for a program of this version, which the hub is told.
    #[must_use]
    pub fn of_version(self, version: impl Into<String>) -> Self {
        let version = version.into();
        Self { version, ..self }
    }

    /// The configuration as it is now.
    pub fn config(&self) -> Result<Config, HubError> {
        Ok(disk::read(self.home.config())?)
    }

    /// Tells the hub who we are.
    pub async fn register(&self) -> Result<Sent<()>, HubError> {
        let mut session = Session::open(self).await?;
        session.put_registration()?;
        session.sent(|_| ()).await
    }

    /// Tells the hub that we are there: it renews our claims.
    pub async fn heartbeat(&self) -> Result<Sent<()>, HubError> {
        self.write(Write::Heartbeat, |_| ()).await
    }

    /// Claims an issue. That it is somebody else's is an answer.
    pub async fn claim(&self, claim: &NewClaim) -> Result<Sent<Claimed>, HubError> {
        let of = |outcome: &Outcome| match outcome {
            Outcome::Taken(theirs) => Claimed::Taken(theirs.clone()),
            Outcome::Done(answer) => Claimed::Ours(Claim::parse(answer, &claim.issue)),
            Outcome::Refused { .. } => Claimed::Taken(None),
        };
        self.write(Write::Claim(claim.clone()), of).await
    }

    /// Says how far an issue of ours is.
    pub async fn status(&self, change: &StatusChange) -> Result<Sent<()>, HubError> {
        self.write(Write::Status(change.clone()), |_| ()).await
    }

    /// Gives a claim back; one that is gone is given back.
    pub async fn release(&self, issue: &IssueId) -> Result<Sent<()>, HubError> {
        self.write(Write::Release(issue.clone()), |_| ()).await
    }

    /// Sends what waits, then the totals of this client's work, once these pull requests are known
    /// to be decided.
    pub async fn sync(
        &self,
        decided: &[(IssueId, PullRequest)],
    ) -> Result<(Totals, Sent<()>), HubError> {
        let mut session = Session::open(self).await?;
        session.decide(decided)?;
        // The totals are to hold what the hub learns now.
        let mut before = session.drain().await?;
        let totals = session.totals();
        session.put(&Write::Totals(totals.clone()))?;
        let sent = if let Some(why) = before.stopped.clone() {
            before.waiting = session.waiting();
            Sent {
                answer: Answer::Queued(why),
                drained: before,
            }
        } else {
            let mut sent = session.sent(|_| ()).await?;
            sent.drained.settled.splice(..0, before.settled);
            sent
        };
        Ok((totals, sent))
    }

    /// What waits and what was refused, without asking anybody.
    pub async fn backlog(&self) -> Result<Backlog, HubError> {
        Ok(Session::open(self).await?.backlog())
    }

    async fn write<T>(
        &self,
        write: Write,
        of: impl FnOnce(&Outcome) -> T,
    ) -> Result<Sent<T>, HubError> {
        let mut session = Session::open(self).await?;
        session.put(&write)?;
        session.sent(of).await
    }
}
