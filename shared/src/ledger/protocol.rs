//! What is asked of a ledger and what it answers: one POST of JSON each way.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{JobId, UserId};
use crate::money::Money;

/// A request to a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// May this fix begin? It counts from now on.
    Admit {
        /// The fix.
        job: JobId,
        /// Who wants it.
        user: UserId,
        /// How long it may take.
        #[serde(with = "crate::millis")]
        expected: Duration,
    },
    /// An admitted fix came to nothing before it began: it does not count.
    Withdraw {
        /// The fix.
        job: JobId,
    },
    /// A fix is about to call the model: it may spend so much in all.
    Open {
        /// The fix.
        job: JobId,
        /// Who pays with their day's money.
        user: UserId,
        /// The cap. That of an account that is there already only grows.
        cap: Money,
    },
    /// The fix has ended: it calls no model any more, and its place is free.
    Close {
        /// The fix.
        job: JobId,
    },
    /// May model calls be made at all? Asked of the global ledger.
    Pass,
    /// A call is to be made that costs at most so much.
    Reserve {
        /// The call, by an id of its caller's making.
        call: String,
        /// Its fix.
        job: JobId,
        /// The most that it can cost.
        amount: Money,
        /// When it will have been settled; after that it counts as spent in full.
        #[serde(with = "crate::millis")]
        within: Duration,
    },
    /// A call has cost so much.
    Settle {
        /// The call.
        call: String,
        /// What it cost.
        cost: Money,
    },
    /// Model calls are shut off, or let through again. Asked of the global ledger.
    Switch {
        /// Whether they are let through.
        on: bool,
        /// Who wants that.
        by: String,
        /// Why, for those who are refused.
        reason: String,
    },
    /// How do the books stand?
    Look,
}

/// A ledger's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "answer",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Response {
    /// Yes, or noted.
    Granted,
    /// No, and why.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// To [`Request::Look`].
    Seen(Box<View>),
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Whose {
    /// The person's who asks.
    User,
    /// That of all people of the server.
    Server,
    /// That of all of bugbot.
    Everyone,
}

/// Within which time fixes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Window {
    /// Those that run now.
    AtOnce,
    /// Those that began within the last hour.
    Hour,
    /// Those that began within the last 24 hours.
    Day,
}

/// Why a ledger says no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "because",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Refusal {
    /// There are as many fixes as there may be.
    TooMany {
        /// Whose.
        whose: Whose,
        /// When.
        window: Window,
        /// How many there may be.
        most: u32,
        /// When to try again.
        next: Timestamp,
    },
    /// The money of the day is used up.
    DaySpent {
        /// Whose.
        whose: Whose,
        /// How much it was.
        cap: Money,
        /// When there is more.
        next: Timestamp,
    },
    /// The money of the fix is used up: what is left does not pay for the call.
    JobSpent {
        /// How much it was.
        cap: Money,
        /// What of it is spent.
        spent: Money,
    },
    /// What would pay for the call is held by calls that are under way.
    Held,
    /// No fix that goes on has this name.
    Closed,
    /// Somebody has shut the model calls off.
    Shut(Shut),
}

impl Refusal {
    /// The limit, by the name of its setting: a word of ours.
    pub fn setting(&self) -> &'static str {
        match self {
            Self::TooMany { whose, .. } => match whose {
                Whose::User => "USER_FIXES",
                Whose::Server => "GUILD_FIXES",
                Whose::Everyone => "ALL_FIXES",
            },
            Self::DaySpent { whose, .. } => match whose {
                Whose::User => "USER_DAY_USD",
                Whose::Server | Whose::Everyone => "GUILD_DAY_USD",
            },
            Self::JobSpent { .. } | Self::Held | Self::Closed => "RUN_BUDGET_USD",
            Self::Shut(_) => "MODEL_SWITCH",
        }
    }
}

/// Who shut the model calls off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shut {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// How the books stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// What was spent today.
    pub spent_today: Money,
    /// What calls under way hold.
    pub held: Money,
    /// What each person spent today.
    pub users: Vec<(UserId, Money)>,
    /// The fixes that have an open account, and what each has spent of what.
    pub jobs: Vec<(JobId, Money, Money)>,
    /// The fixes that have a place.
    pub running: Vec<JobId>,
    /// Who shut the model calls off, if somebody did.
    pub shut: Option<Shut>,
}
