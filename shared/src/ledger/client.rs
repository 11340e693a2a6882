//! Asking ledgers: which one, and what both of them say.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Refusal, Request, Response};
use crate::fault::Fault;
use crate::id::{GuildId, UserId};
use crate::money::Money;
use crate::report::ReplyTo;

/// The name of a ledger's object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LedgerName(String);

/// A request as it travels: an object cannot be relied on to know its own name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Who is asked.
    pub ledger: LedgerName,
    /// What.
    pub request: Request,
}

impl LedgerName {
    /// The one for all of bugbot. No server has this name: theirs are numbers.
    pub fn global() -> Self {
        Self("global".to_owned())
    }

    /// The one of a server; of one person, for direct messages.
    pub fn of(guild: &GuildId, user: &UserId) -> Self {
        match guild.as_str() {
            "" => Self(format!("direct:{user}")),
            guild => Self(guild.to_owned()),
        }
    }

    /// Whether it is the one for all of bugbot.
    pub fn is_global(&self) -> bool {
        self.0 == "global"
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reaches ledgers.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Ledgers {
    /// Asks a ledger. The error says why it did not answer; the request may have taken effect.
    async fn ask_ledger(&self, ledger: &LedgerName, request: &Request) -> Result<Response, String>;
}

/// The ledger that pays for whoever gave this command.
pub fn account_of(reply: &ReplyTo) -> LedgerName {
    LedgerName::of(&reply.guild, &reply.user)
}

/// Whether a fix may begin, by both ledgers. Asked again, it says the same of a fix that it let
/// begin.
pub async fn admit(
    ledgers: &impl Ledgers,
    reply: &ReplyTo,
    expected: Duration,
) -> Result<Result<(), Refusal>, Fault> {
    let request = Request::Admit {
        job: reply.job.clone(),
        user: reply.user.clone(),
        expected,
    };
    let global = LedgerName::global();
    for ledger in [account_of(reply), global] {
        if let Err(refusal) = ask(ledgers, &ledger, &request).await? {
            if ledger.is_global() {
                withdraw(ledgers, reply).await;
            }
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

/// A fix that was let begin did not: it does not count. If this is lost, it counts.
pub async fn withdraw(ledgers: &impl Ledgers, reply: &ReplyTo) {
    let job = reply.job.clone();
    tell_both(ledgers, reply, &Request::Withdraw { job }).await;
}

/// A fix has ended. If this is lost, its place is free when its lease ends.
pub async fn close(ledgers: &impl Ledgers, reply: &ReplyTo) {
    let job = reply.job.clone();
    tell_both(ledgers, reply, &Request::Close { job }).await;
}

async fn tell_both(ledgers: &impl Ledgers, reply: &ReplyTo, request: &Request) {
    for ledger in [account_of(reply), LedgerName::global()] {
        let _ = ledgers.ask_ledger(&ledger, request).await;
    }
}

/// Sees to it that a fix has an open account with this cap.
pub async fn open(ledgers: &impl Ledgers, reply: &ReplyTo, cap: Money) -> Result<(), Fault> {
    let request = Request::Open {
        job: reply.job.clone(),
        user: reply.user.clone(),
        cap,
    };
    match ask(ledgers, &account_of(reply), &request).await? {
        Ok(()) => Ok(()),
        Err(refusal) => Err(Fault::Bug(format!(
            "the ledger opened no account: {refusal:?}"
        ))),
    }
}

async fn ask(
    ledgers: &impl Ledgers,
    ledger: &LedgerName,
    request: &Request,
) -> Result<Result<(), Refusal>, Fault> {
    match ledgers.ask_ledger(ledger, request).await {
        Ok(Response::Granted) => Ok(Ok(())),
        Ok(Response::Refused { refusal }) => Ok(Err(refusal)),
        Ok(other) => Err(Fault::Bug(format!("the ledger answered {other:?}"))),
        Err(lost) => Err(Fault::Platform(lost)),
    }
}

impl Refusal {
    /// When it is worth trying again, if time alone helps.
    pub fn next(&self) -> Option<Timestamp> {
        match self {
            Self::TooMany { next, .. } | Self::DaySpent { next, .. } => Some(*next),
            Self::JobSpent { .. } | Self::Held | Self::Closed | Self::Shut(_) => None,
        }
    }
}
