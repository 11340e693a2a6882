//! Reads: an answer of the hub, or the last one it gave and how old that is.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::http::Http;
use shared::ports::Clock;
use url::form_urlencoded;

use super::access::Access;
use super::session::Session;
use super::{Drained, Hub};
use crate::board::{Global, Leaderboard};
use crate::claim::Claim;
use crate::error::{HubError, Trouble};
use crate::issue::IssueId;
use crate::judge::{self, Verdict};
use crate::write::Status;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<T> {
    /// It.
    pub value: T,
    /// Where it is not the hub's answer of now.
    pub cached: Option<Cached>,
    /// What came of writes that waited.
    pub drained: Drained,
}

/// An answer of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// When it was given.
    pub at: Timestamp,
    /// How long ago that is.
    pub age: SignedDuration,
    /// Why there is none of now.
    pub why: Trouble,
}

impl<P: Http + Clock> Hub<P> {
    /// The claim of an issue; `None`: it is not claimed.
    pub async fn show(&self, issue: &IssueId) -> Result<Seen<Option<Claim>>, HubError> {
        let path = format!("/issues/{}", issue.segment());
        let parse = |answer: &Value| match answer {
            Value::Null => Some(None),
            answer => Claim::parse(answer, issue).map(Some),
        };
        self.read(&path, parse).await
    }

    /// Claims, of this status and in this repository.
    pub async fn claims(
        &self,
        status: Option<Status>,
        repository: Option<&str>,
    ) -> Result<Seen<Vec<Claim>>, HubError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(status) = status {
            query.append_pair("status", status.as_str());
        }
        if let Some(repository) = repository {
            query.append_pair("repo", repository);
        }
        let path = with_query("/issues/claimed", &query.finish());
        self.read(&path, Claim::parse_all).await
    }

    /// The best clients.
    pub async fn leaderboard(&self, limit: Option<u32>) -> Result<Seen<Leaderboard>, HubError> {
        let query = limit.map(|limit| format!("limit={limit}"));
        let path = with_query("/leaderboard", &query.unwrap_or_default());
        self.read(&path, Leaderboard::parse).await
    }

    /// The hub's own numbers.
    pub async fn stats(&self) -> Result<Seen<Global>, HubError> {
        self.read("/stats", Global::parse).await
    }

    /// Sends what waits, then reads. The files are not locked while the hub is asked.
    async fn read<T>(
        &self,
        path: &str,
        parse: impl Fn(&Value) -> Option<T>,
    ) -> Result<Seen<T>, HubError> {
        let mut session = Session::open(self).await?;
        let address = session.access()?.address(path);
        let drained = session.drain().await?;
        let asked = match &drained.stopped {
            // One call has waited for nothing already.
            Some(trouble @ (Trouble::Unreachable(_) | Trouble::RateLimited { .. })) => {
                Err(trouble.clone().into())
            }
            _ => session.opened_access().await,
        };
        drop(session);
        let asked = match asked {
            Ok(access) => self.ask(access, path).await,
            Err(error) => Err(error),
        };
        let (answer, cached) = match asked {
            Ok(answer) => (answer, None),
            Err(HubError::NoAnswer(why)) if !matches!(why, Trouble::LockedOut(_)) => {
                self.remembered(&address, why).await?
            }
            Err(other) => return Err(other),
        };
        let unreadable = || match &answer {
            // A list that is not there at all: only a claim may be missing.
            Value::Null => HubError::Refused {
                status: 404,
                message: "there is nothing at that address; the hub may be somewhere else"
                    .to_owned(),
            },
            answer => HubError::Unreadable(shorten(answer)),
        };
        let value = parse(&answer).ok_or_else(unreadable)?;
        if cached.is_none() {
            let session = Session::open(self).await?;
            let mut cache = session.cache().unwrap_or_default();
            cache.put(&address, session.now(), answer);
            // The answer is there, also where there is no room to keep it for another time.
            let _ = session.save_cache(&cache);
        }
        Ok(Seen {
            value,
            cached,
            drained,
        })
    }

    /// The hub's answer; null: there is no such thing.
    async fn ask(&self, mut access: Access, path: &str) -> Result<Value, HubError> {
        let mut renewed = false;
        loop {
            let request = access.request("GET", path, &Value::Null);
            let request = request.ok_or(HubError::Invalid("it cannot be asked".to_owned()))?;
            let response = access.exchange(self, request).await?;
            match judge::of_answer(&response, self.ports.now()) {
                Verdict::Done(Value::Null) => {
                    return Err(HubError::Unreadable("no JSON".to_owned()));
                }
                Verdict::Done(answer) => return Ok(answer),
                Verdict::Missing(_) => return Ok(Value::Null),
                Verdict::Renew(words) if renewed => return Err(Trouble::LockedOut(words).into()),
                Verdict::Renew(words) => {
                    renewed = true;
                    let mut session = Session::open(self).await?;
                    // Another process may have been faster: its key is as good as ours would be.
                    if session.config.hub_token == access.key {
                        session.renew(words).await?;
                    }
                    access = session.opened_access().await?;
                }
                Verdict::Refused { status, message } => {
                    return Err(HubError::Refused { status, message });
                }
                Verdict::Later(trouble) => {
                    return Err(Session::open(self).await?.noted(trouble)?.into());
                }
            }
        }
    }

    /// The last answer there was.
    async fn remembered(
        &self,
        address: &str,
        why: Trouble,
    ) -> Result<(Value, Option<Cached>), HubError> {
        let session = Session::open(self).await?;
        // What cannot be read of the cache was not asked for.
        let cache = session.cache().unwrap_or_default();
        let Some(kept) = cache.get(address) else {
            return Err(why.into());
        };
        let age = session.now().duration_since(kept.at);
        let cached = Cached {
            at: kept.at,
            age: age.max(SignedDuration::ZERO),
            why,
        };
        Ok((kept.body.clone(), Some(cached)))
    }
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{query}")
}

fn shorten(answer: &Value) -> String {
    shared::shorten::shorten(&answer.to_string(), 120)
}
