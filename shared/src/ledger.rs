//! The ledger of a server: what fixes may begin there, and what their model calls may cost.
//!
//! One Durable Object keeps one [`Ledger`]: one for each server, and one called `global` for
//! what holds for all of bugbot: how many fixes run, and the switch that stops model calls.
//!
//! Invariants:
//! - **Money is reserved before it can be spent.** A call holds the most that it can cost; the
//!   sum of what is spent and held never exceeds a cap, whatever happens in which order.
//! - **A hold that nobody settles is spent in full**: a caller that died may have spent it.
//! - Every request may be repeated: a job, a call and a fix are known by their ids.
//! - A fix that was never closed frees its place when its lease ends: no place is lost for ever.
//!
//! Days are UTC days. A call counts on the day on which it was begun.
//!
//! Out of scope: prices and tokens, which are [`crate::model`]'s.

mod client;
mod protocol;
mod rules;
mod step;
#[cfg(test)]
mod tests;

pub use client::{LedgerName, Ledgers, Question, account_of, admit, close, open, withdraw};
pub use protocol::{Refusal, Request, Response, Shut, View, Whose, Window};
pub use rules::{LedgerSettings, Quota, Rules};

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{JobId, UserId};
use crate::money::Money;

/// How long a fix holds its place if nobody ever says that it has ended: longer than any fix
/// lives (`fix::MAX_AGE`, and a while for telling people).
pub const PLACE_LEASE: Duration = Duration::from_hours(6);
/// How long an account is remembered after the fix last opened it, so that a further round of the
/// same fix goes on with what is left of it. 200 fixes a day make 300 KB of a row (2 MB).
const ACCOUNT_KEPT: Duration = Duration::from_hours(7 * 24);
/// The longest window of a quota.
const LONGEST_WINDOW: Duration = Duration::from_hours(24);
/// A refused caller is never told to come back sooner than this.
const LEAST_WAIT: Duration = Duration::from_mins(1);

/// The books of one server, or of all of bugbot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ledger {
    /// The day that `spent` and `users` are about.
    day: Option<Date>,
    /// What everybody spent that day.
    spent: Money,
    /// What each person spent that day.
    users: BTreeMap<UserId, Money>,
    /// The fixes that have an account here.
    jobs: BTreeMap<JobId, Account>,
    /// The calls that have not been settled, by their ids.
    held: BTreeMap<String, Hold>,
    /// The fixes that began within the longest window, oldest first.
    begun: VecDeque<Begun>,
    /// Who shut the model calls off, if somebody did.
    shut: Option<Shut>,
}

/// What one fix may spend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    user: UserId,
    cap: Money,
    spent: Money,
    /// Until it was closed.
    open: bool,
    at: Timestamp,
}

/// The most that a call can cost, until it is known what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hold {
    job: JobId,
    user: UserId,
    day: Date,
    amount: Money,
    until: Timestamp,
}

/// A fix that began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    job: JobId,
    user: UserId,
    at: Timestamp,
    /// When it should be over.
    expected: Timestamp,
    /// Whether it still has its place.
    running: bool,
}
