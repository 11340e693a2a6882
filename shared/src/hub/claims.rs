//! The object that has claims: its requests, and how it answers them.

mod list;
mod rows;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) use self::list::in_order;
pub use self::list::{Cursor, Filter, MAX_LISTED};
use super::claim::{self, Claim, NotYours, Owner, PullRequestRef, Status, Taken, Wanted};
use super::credit::Credit;
use super::object::{Answer, Hubs, Question};
use super::sql::{Sql, SqlFailed, Value};
use super::{ClientId, IssueRef, Shard};

/// The tables. One row for each issue that was ever claimed, with its last claim.
pub const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS claims (\
     issue TEXT PRIMARY KEY, id TEXT NOT NULL, shown TEXT NOT NULL, repo TEXT NOT NULL, \
     repo_key TEXT NOT NULL, number INTEGER, title TEXT NOT NULL, url TEXT NOT NULL, \
     client TEXT NOT NULL, job TEXT, client_name TEXT NOT NULL, status TEXT NOT NULL, \
     claimed_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, pr_url TEXT, pr_number INTEGER, \
     released INTEGER NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS claims_by_client ON claims (client, expires_at)",
    "CREATE INDEX IF NOT EXISTS claims_by_status ON claims (status, expires_at, released)",
    "CREATE INDEX IF NOT EXISTS claims_by_age ON claims (claimed_at, issue)",
    "CREATE INDEX IF NOT EXISTS claims_by_repo ON claims (repo_key, claimed_at)",
    // The newest news of a claim takes the place of older ones.
    "CREATE TABLE IF NOT EXISTS news (\
     claim TEXT PRIMARY KEY, version INTEGER NOT NULL, credit TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) \
     WITHOUT ROWID",
];

/// A request to an object that has claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// Somebody wants an issue.
    Claim(Wanted),
    /// Somebody says how far they are.
    #[serde(rename_all = "camelCase")]
    Change {
        /// Of this issue.
        issue: IssueRef,
        /// Who.
        owner: Owner,
        /// So far.
        status: Status,
        /// What came of it.
        pull_request: PullRequestRef,
        /// How long the claim lasts from now on.
        #[serde(with = "crate::millis")]
        ttl: Duration,
    },
    /// Somebody gives an issue back.
    Release {
        /// This one.
        issue: IssueRef,
        /// Who.
        owner: Owner,
    },
    /// Whatever somebody works on is given back.
    ReleaseAll {
        /// Who.
        owner: Owner,
    },
    /// Who has this issue?
    Find {
        /// This one.
        issue: IssueRef,
    },
    /// What is claimed?
    List(Filter),
    /// A client lives: what it works on lasts longer.
    Renew {
        /// Who.
        client: ClientId,
        /// So long.
        #[serde(with = "crate::millis")]
        ttl: Duration,
    },
    /// How many are there?
    Count,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Response {
    /// They have the issue: the claim as it is now.
    Yours(Claim),
    /// Somebody else does.
    Others(Claim),
    /// The claim is not theirs to change.
    NotYours(NotYours),
    /// It is free again.
    Released,
    /// The claim, if the issue is held.
    Found(Option<Claim>),
    /// A page, in the order of [`Filter`].
    Listed(Vec<Claim>),
    /// So many claims last longer.
    Renewed(u64),
    /// How many there are.
    Counted(Counts),
}

/// How many claims there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Ever made.
    pub total: u64,
    /// Held, and worked on.
    pub active: u64,
    /// Issues whose last claim was completed.
    pub completed: u64,
    /// Issues that were claimed once, are not completed, and are free.
    pub available: u64,
}

impl Counts {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            active: self.active + other.active,
            completed: self.completed + other.completed,
            available: self.available + other.available,
        }
    }
}

/// Answers a request.
pub fn answer(sql: &impl Sql, request: Request, now: Timestamp) -> Result<Response, SqlFailed> {
    match request {
        Request::Claim(wanted) => take(sql, &wanted, now),
        Request::Change {
            issue,
            owner,
            status,
            pull_request,
            ttl,
        } => {
            let known = rows::find(sql, &issue)?;
            match claim::change(known.as_ref(), &owner, status, &pull_request, ttl, now) {
                Ok(claim) => keep(sql, claim),
                Err(why) => Ok(Response::NotYours(why)),
            }
        }
        Request::Release { issue, owner } => {
            let known = rows::find(sql, &issue)?;
            match claim::release(known.as_ref(), &owner, now) {
                Ok(claim) => keep(sql, claim).map(|_| Response::Released),
                Err(why) => Ok(Response::NotYours(why)),
            }
        }
        Request::ReleaseAll { owner } => {
            for known in rows::open_claims_of(sql, &owner, now)? {
                if let Ok(claim) = claim::release(Some(&known), &owner, now) {
                    keep(sql, claim)?;
                }
            }
            Ok(Response::Released)
        }
        Request::Find { issue } => {
            let known = rows::find(sql, &issue)?;
            Ok(Response::Found(known.filter(|claim| claim.is_held(now))))
        }
        Request::List(filter) => list::list(sql, &filter, now).map(Response::Listed),
        Request::Renew { client, ttl } => {
            rows::renew(sql, &client, ttl, now).map(Response::Renewed)
        }
        Request::Count => count(sql, now).map(Response::Counted),
    }
}

fn take(sql: &impl Sql, wanted: &Wanted, now: Timestamp) -> Result<Response, SqlFailed> {
    let known = rows::find(sql, &wanted.issue)?;
    let nth = made(sql)?;
    match claim::take(known.as_ref(), wanted, nth, now) {
        Ok(Taken::New(claim)) => {
            let value = nth + 1;
            sql.run(
                "INSERT INTO counters (name, value) VALUES ('made', ?1) \
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                &[value.into()],
            )?;
            keep(sql, claim)
        }
        Ok(Taken::Renewed(claim)) => keep(sql, claim),
        Err(others) => Ok(Response::Others(others)),
    }
}

/// How many claims were ever made here.
fn made(sql: &impl Sql) -> Result<u64, SqlFailed> {
    let rows = sql.run("SELECT value FROM counters WHERE name = 'made'", &[])?;
    rows.first().map_or(Ok(0), |row| row.count(0))
}

/// Keeps a claim, and the news of it beside it.
fn keep(sql: &impl Sql, claim: Claim) -> Result<Response, SqlFailed> {
    rows::save(sql, &claim)?;
    let credit = Credit::of(&claim);
    let json = serde_json::to_string(&credit).map_err(|error| SqlFailed(error.to_string()))?;
    sql.run(
        "INSERT INTO news (claim, version, credit) VALUES (?1, ?2, ?3) ON CONFLICT (claim) \
         DO UPDATE SET version = excluded.version, credit = excluded.credit",
        &[claim.id.as_str().into(), claim.version.into(), json.into()],
    )?;
    Ok(Response::Yours(claim))
}

/// What others have not heard yet.
pub fn news(sql: &impl Sql, limit: u32) -> Result<Vec<Credit>, SqlFailed> {
    let rows = sql.run("SELECT credit FROM news LIMIT ?1", &[limit.into()])?;
    let read = |text: String| serde_json::from_str(&text).map_err(|e| SqlFailed(e.to_string()));
    rows.iter().map(|row| row.text(0).and_then(read)).collect()
}

/// This has arrived. News that came since stay.
pub fn forget_news(sql: &impl Sql, credit: &Credit) -> Result<(), SqlFailed> {
    let key: [Value; 2] = [credit.claim.as_str().into(), credit.version.into()];
    sql.run("DELETE FROM news WHERE claim = ?1 AND version = ?2", &key)
        .map(drop)
}

fn count(sql: &impl Sql, now: Timestamp) -> Result<Counts, SqlFailed> {
    let rows = sql.run(
        "SELECT \
         sum(status IN ('claimed', 'in_progress') AND NOT released AND expires_at > ?1), \
         sum(status = 'completed'), \
         sum(status <> 'completed' AND (released OR status = 'skipped' OR expires_at <= ?1)) \
         FROM claims",
        &[now.into()],
    )?;
    let row = rows
        .first()
        .ok_or_else(|| SqlFailed("no counts".to_owned()))?;
    Ok(Counts {
        total: made(sql)?,
        active: row.sum(0)?,
        completed: row.sum(1)?,
        available: row.sum(2)?,
    })
}

/// Asks an object that has claims.
pub async fn ask(hubs: &impl Hubs, shard: Shard, request: Request) -> Result<Response, String> {
    let question = Question::Claims(Box::new(request));
    match hubs.ask_hub(shard, &question).await? {
        Answer::Claims(response) => Ok(*response),
        Answer::Clients(other) => Err(format!("the object of claims answered {other:?}")),
    }
}
