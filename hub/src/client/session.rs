//! One call's work on the client's files, alone with them.
//!
//! A write goes through here so, and a kill may come anywhere:
//!
//! 1. it is put into `hub_pending.json`: from here on it is not lost;
//! 2. the queue is sent from its head, so that nothing overtakes anything;
//! 3. the answer is recorded in `hub_state.json`, where recording it twice is recording it once;
//! 4. the head is taken out of `hub_pending.json`: from here on it is not repeated.
//!
//! A kill between 2 and 4 sends it again. The hub takes that for what it is: writes are idempotent
//! for their owner (see [`crate::write`]).

use jiff::Timestamp;
use serde_json::Value;
use shared::http::Http;
use shared::ports::Clock;

use super::access::Access;
use super::{Answer, Backlog, Drained, Hub, Outcome, Sent, Settled};
use crate::cache::Cache;
use crate::claim::Claim;
use crate::config::{Config, client_id};
use crate::disk;
use crate::error::{HubError, Trouble};
use crate::home::Lock;
use crate::issue::IssueId;
use crate::judge::{self, Verdict};
use crate::state::{Refused, State};
use crate::work::{PullRequest, Totals};
use crate::write::{Kind, MAX_PENDING, Pending, Write, put};

const PENDING: &str = "hub_pending.json";
const STATE: &str = "hub_state.json";
const CACHE: &str = "hub_cache.json";

/// The files, locked.
pub(super) struct Session<'h, P> {
    pub(super) hub: &'h Hub<P>,
    lock: Lock,
    pub(super) config: Config,
    pending: Vec<Pending>,
    state: State,
    /// A key was asked for already: a second one would be no better.
    pub(super) renewed: bool,
}

impl<'h, P: Http + Clock> Session<'h, P> {
    /// Waits for the files to be free, and makes a client's id where there is none.
    pub(super) async fn open(hub: &'h Hub<P>) -> Result<Self, HubError> {
        let lock = hub.home.lock().await?;
        let mut config: Config = disk::read(hub.home.config())?;
        if config.client_id.is_none() {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|e| HubError::NoRandomness(e.to_string()))?;
            config.client_id = Some(client_id(random));
            disk::write(hub.home.config(), &config)?;
        }
        Ok(Self {
            pending: disk::read(&lock.file(PENDING))?,
            state: disk::read(&lock.file(STATE))?,
            hub,
            lock,
            config,
            renewed: false,
        })
    }

    pub(super) fn client_id(&self) -> &str {
        self.config.client_id.as_deref().unwrap_or_default()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.hub.ports.now()
    }

    pub(super) fn save_config(&self) -> Result<(), HubError> {
        Ok(disk::write(self.hub.home.config(), &self.config)?)
    }

    fn save_state(&self) -> Result<(), HubError> {
        Ok(disk::write(&self.lock.file(STATE), &self.state)?)
    }

    fn save_pending(&self) -> Result<(), HubError> {
        Ok(disk::write(&self.lock.file(PENDING), &self.pending)?)
    }

    /// Puts a write at the end of the queue, on the disk.
    pub(super) fn put(&mut self, write: &Write) -> Result<(), HubError> {
        // Nothing is queued for a hub that nobody has named.
        self.access()?;
        let entry = write.pending(self.client_id(), self.now());
        if !put(&mut self.pending, entry) {
            return Err(HubError::Full(MAX_PENDING));
        }
        self.save_pending()
    }

    pub(super) fn put_registration(&mut self) -> Result<(), HubError> {
        self.put(&Write::Register {
            name: self.config.name(),
            version: self.hub.version.clone(),
        })
    }

    /// Sends the queue, whose last write is the caller's.
    pub(super) async fn sent<T>(
        mut self,
        of: impl FnOnce(&Outcome) -> T,
    ) -> Result<Sent<T>, HubError> {
        let mut drained = self.drain().await?;
        let answer = if let Some(trouble) = &drained.stopped {
            Answer::Queued(trouble.clone())
        } else {
            match drained.settled.pop().map(|own| own.outcome) {
                Some(Outcome::Refused { status, message }) => Answer::Refused { status, message },
                Some(outcome) => Answer::Done(of(&outcome)),
                None => unreachable!("a queue that was not empty was sent without a stop"),
            }
        };
        Ok(Sent { answer, drained })
    }

    /// Sends the queue in order, as far as it goes.
    pub(super) async fn drain(&mut self) -> Result<Drained, HubError> {
        let mut drained = Drained::default();
        while let Some(entry) = self.pending.first().cloned() {
            match self.settle(&entry).await {
                Ok(outcome) => {
                    self.record(&entry, &outcome)?;
                    self.pending.remove(0);
                    self.save_pending()?;
                    drained.settled.push(Settled { entry, outcome });
                }
                Err(HubError::NoAnswer(trouble)) => {
                    drained.stopped = Some(trouble);
                    break;
                }
                Err(other) => return Err(other),
            }
        }
        drained.waiting = self.pending.len();
        Ok(drained)
    }

    /// Sends one write until it is settled, or cannot be now.
    async fn settle(&mut self, entry: &Pending) -> Result<Outcome, HubError> {
        let kind = entry.kind();
        loop {
            let access = self.opened_access().await?;
            let Some(request) = access.request(&entry.method, &entry.path, &entry.body) else {
                let message = "it is no request that could be sent".to_owned();
                return Ok(Outcome::Refused { status: 0, message });
            };
            let response = access.exchange(self.hub, request).await?;
            match judge::of_write(&kind, &response, self.now()) {
                Verdict::Done(answer) => return Ok(Outcome::Done(answer)),
                Verdict::Refused { status, message } => {
                    return match &kind {
                        Kind::Claim(issue) if status == 409 => {
                            self.look_whose(issue, judge::json(&response)).await
                        }
                        _ => Ok(Outcome::Refused { status, message }),
                    };
                }
                Verdict::Missing(message) => {
                    return Ok(Outcome::Refused {
                        status: 404,
                        message,
                    });
                }
                Verdict::Renew(words) => self.renew(words).await?,
                Verdict::Later(trouble) => return Err(self.noted(trouble)?.into()),
            }
        }
    }

    /// Whose a claimed issue is. Ours, if an earlier try of this very claim took effect and the hub
    /// does not recognise it.
    async fn look_whose(&mut self, issue: &IssueId, told: Value) -> Result<Outcome, HubError> {
        let named = Claim::parse(&told, issue).filter(|claim| claim.holder().is_some());
        let (claim, answer) = match named {
            Some(claim) => (Some(claim), told),
            None => self.look_at(issue).await?,
        };
        let ours = claim.as_ref().and_then(|claim| claim.client_id.as_deref());
        Ok(if ours == Some(self.client_id()) {
            Outcome::Done(answer)
        } else {
            Outcome::Taken(claim)
        })
    }

    async fn look_at(&mut self, issue: &IssueId) -> Result<(Option<Claim>, Value), HubError> {
        let access = self.opened_access().await?;
        let path = format!("/issues/{}", issue.segment());
        let Some(request) = access.request("GET", &path, &Value::Null) else {
            return Ok((None, Value::Null));
        };
        let response = access.exchange(self.hub, request).await?;
        match judge::of_answer(&response, self.now()) {
            Verdict::Done(answer) => Ok((Claim::parse(&answer, issue), answer)),
            Verdict::Later(trouble) => Err(self.noted(trouble)?.into()),
            _ => Ok((None, Value::Null)),
        }
    }

    /// Remembers what came of a write. Doing so twice is doing so once.
    fn record(&mut self, entry: &Pending, outcome: &Outcome) -> Result<(), HubError> {
        let before = self.state.clone();
        match outcome {
            Outcome::Done(_) => self.state.work.taken(entry),
            Outcome::Taken(_) => {}
            Outcome::Refused { status, message } => self.state.refuse(Refused {
                entry: entry.clone(),
                status: *status,
                message: message.clone(),
                at: self.now(),
            }),
        }
        if self.state == before {
            return Ok(());
        }
        self.save_state()
    }

    /// Passes trouble on; a wait that the hub asks for is remembered for other processes too.
    pub(super) fn noted(&mut self, trouble: Trouble) -> Result<Trouble, HubError> {
        if let Trouble::RateLimited { until } = trouble
            && self.state.retry_at != Some(until)
        {
            self.state.retry_at = Some(until);
            self.save_state()?;
        }
        Ok(trouble)
    }

    /// Whether the hub may be asked now, and with what.
    pub(super) async fn opened_access(&mut self) -> Result<Access, HubError> {
        self.state.may_ask(self.now())?;
        if self.config.hub_token.is_none() {
            self.renew("there is no key".to_owned()).await?;
        }
        self.access()
    }

    pub(super) fn decide(&mut self, decided: &[(IssueId, PullRequest)]) -> Result<(), HubError> {
        if decided.is_empty() {
            return Ok(());
        }
        for (issue, decision) in decided {
            if !self.state.work.decided(issue, *decision) {
                let message = format!("{issue} is none that this client has worked on");
                return Err(HubError::Invalid(message));
            }
        }
        self.save_state()
    }

    pub(super) fn waiting(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn totals(&self) -> Totals {
        self.state.work.totals()
    }

    pub(super) fn backlog(self) -> Backlog {
        Backlog {
            retry_at: self
                .state
                .may_ask(self.now())
                .err()
                .and(self.state.retry_at),
            pending: self.pending,
            refused: self.state.refused,
        }
    }

    pub(super) fn cache(&self) -> Result<Cache, HubError> {
        Ok(disk::read(&self.lock.file(CACHE))?)
    }

    pub(super) fn save_cache(&self, cache: &Cache) -> Result<(), HubError> {
        Ok(disk::write(&self.lock.file(CACHE), cache)?)
    }
}
