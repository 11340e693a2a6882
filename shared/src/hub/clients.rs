//! The object that has clients: their keys and limits, their names, their numbers.

mod keys;
mod numbers;
mod people;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credit::Credit;
use super::forge::ForgeUser;
use super::key::{KeyHash, Scope};
use super::object::{Answer, Hubs, Question};
use super::rate::Rate;
use super::score::Entry;
use super::sql::{Sql, SqlFailed};
use super::stats::Reported;
use super::{ClientId, Shard};

/// The tables.
pub const TABLES: &[&str] = &[
    // `r_` is reported, `s_` is seen; the last four are what counts, for the leaderboard's order.
    "CREATE TABLE IF NOT EXISTS clients (\
     id TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT, os TEXT, arch TEXT, \
     forge TEXT, forge_user TEXT, known_since INTEGER NOT NULL, heard_at INTEGER NOT NULL, \
     reported TEXT, reported_at INTEGER, \
     s_attempted INTEGER NOT NULL DEFAULT 0, s_completed INTEGER NOT NULL DEFAULT 0, \
     s_skipped INTEGER NOT NULL DEFAULT 0, s_submitted INTEGER NOT NULL DEFAULT 0, \
     attempted INTEGER NOT NULL DEFAULT 0, completed INTEGER NOT NULL DEFAULT 0, \
     skipped INTEGER NOT NULL DEFAULT 0, submitted INTEGER NOT NULL DEFAULT 0, \
     merged INTEGER NOT NULL DEFAULT 0, score INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS clients_by_place \
     ON clients (score DESC, merged DESC, completed DESC, id)",
    "CREATE TABLE IF NOT EXISTS keys (\
     hash TEXT PRIMARY KEY, client TEXT NOT NULL, scopes TEXT NOT NULL, made_at INTEGER NOT NULL, \
     window_at INTEGER, used INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS keys_by_client ON keys (client)",
    "CREATE TABLE IF NOT EXISTS knocks (\
     address TEXT PRIMARY KEY, window_at INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID",
    // Which objects may have claims of a client.
    "CREATE TABLE IF NOT EXISTS places (\
     client TEXT NOT NULL, shard INTEGER NOT NULL, noted_at INTEGER NOT NULL, \
     PRIMARY KEY (client, shard)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS deeds (\
     claim TEXT PRIMARY KEY, version INTEGER NOT NULL, completed INTEGER NOT NULL, \
     skipped INTEGER NOT NULL, submitted INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS runs (\
     client TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, \
     PRIMARY KEY (client, first)) WITHOUT ROWID",
];

/// A request to an object that has clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// Somebody without a key wants to be let in.
    #[serde(rename_all = "camelCase")]
    Knock {
        /// From this address.
        address: String,
        /// So many a minute may.
        per_minute: u32,
    },
    /// A forge has said who somebody is: the client gets this key in place of its old one.
    #[serde(rename_all = "camelCase")]
    LogIn {
        /// The client.
        client: ClientId,
        /// Who the forge says it is.
        user: ForgeUser,
        /// The new key.
        key: KeyHash,
        /// What it is good for.
        scopes: Vec<Scope>,
    },
    /// A request came with this key.
    #[serde(rename_all = "camelCase")]
    Admit {
        /// The key.
        key: KeyHash,
        /// What the request needs.
        needs: Scope,
        /// The object where a claim is about to be made.
        claims_at: Option<u8>,
    },
    /// A client says what it is.
    Register {
        /// Which.
        client: ClientId,
        /// What it is.
        profile: Profile,
    },
    /// In which objects may this client have claims?
    Places {
        /// Which client.
        client: ClientId,
    },
    /// It has none in these, where the last was noted before then.
    #[serde(rename_all = "camelCase")]
    ForgetPlaces {
        /// Which client.
        client: ClientId,
        /// Which objects.
        shards: Vec<u8>,
        /// Then.
        noted_before: Timestamp,
    },
    /// A client reports its numbers.
    Report {
        /// Which.
        client: ClientId,
        /// Those.
        reported: Reported,
    },
    /// How a claim stands.
    Credit(Credit),
    /// Who is best?
    Leaders {
        /// So many.
        limit: u32,
    },
    /// How many are there?
    Count,
}

/// What a client is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// What it is called.
    pub name: String,
    /// The version of its program.
    pub version: Option<String>,
    /// Its system.
    pub os: Option<String>,
    /// Its machine.
    pub arch: Option<String>,
}

/// A client, as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// What it is.
    pub profile: Profile,
    /// Since when it is known.
    pub known_since: Timestamp,
    /// When it was heard of last.
    pub heard_at: Timestamp,
}

/// Somebody was let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Admitted {
    /// Whose key it is.
    pub client: ClientId,
    /// What they are called.
    pub name: String,
    /// How many more requests there are.
    pub rate: Rate,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Response {
    /// Come in.
    Welcome,
    /// Too many came from there.
    TooMany(Rate),
    /// The client has its key.
    LoggedIn,
    /// The client is somebody else's.
    OthersClient,
    /// The key is good.
    Admitted(Admitted),
    /// There is no such key.
    UnknownKey,
    /// The key is not good for this.
    OutOfScope(Rate),
    /// The client as it is now.
    Registered(Client),
    /// Objects that may have claims of it.
    Places(Vec<u8>),
    /// Done.
    Noted,
    /// The best, in order.
    Leaders(Vec<Entry>),
    /// How many there are.
    Counted(Counts),
}

/// How many clients there are, and what they have done together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Clients.
    pub clients: u64,
    /// Those heard of within [`ACTIVE_WITHIN_MS`].
    pub active: u64,
    /// Issues begun.
    pub attempted: u64,
    /// Issues done.
    pub completed: u64,
    /// Pull requests opened.
    pub submitted: u64,
    /// Pull requests merged.
    pub merged: u64,
}

/// Whoever was heard of within a day takes part.
pub const ACTIVE_WITHIN_MS: i64 = 24 * 60 * 60 * 1000;

impl Counts {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            clients: self.clients + other.clients,
            active: self.active + other.active,
            attempted: self.attempted + other.attempted,
            completed: self.completed + other.completed,
            submitted: self.submitted + other.submitted,
            merged: self.merged + other.merged,
        }
    }
}

/// Answers a request.
pub fn answer(sql: &impl Sql, request: Request, now: Timestamp) -> Result<Response, SqlFailed> {
    match request {
        Request::Knock {
            address,
            per_minute,
        } => keys::knock(sql, &address, per_minute, now),
        Request::LogIn {
            client,
            user,
            key,
            scopes,
        } => keys::log_in(sql, &client, &user, &key, &scopes, now),
        Request::Admit {
            key,
            needs,
            claims_at,
        } => keys::admit(sql, &key, needs, claims_at, now),
        Request::Register { client, profile } => {
            people::register(sql, &client, &profile, now).map(Response::Registered)
        }
        Request::Places { client } => people::places(sql, &client).map(Response::Places),
        Request::ForgetPlaces {
            client,
            shards,
            noted_before,
        } => {
            people::forget_places(sql, &client, &shards, noted_before)?;
            Ok(Response::Noted)
        }
        Request::Report { client, reported } => {
            numbers::report(sql, &client, &reported, now)?;
            Ok(Response::Noted)
        }
        Request::Credit(credit) => {
            numbers::credit(sql, &credit, now)?;
            Ok(Response::Noted)
        }
        Request::Leaders { limit } => numbers::leaders(sql, limit, now).map(Response::Leaders),
        Request::Count => numbers::count(sql, now).map(Response::Counted),
    }
}

/// Asks an object that has clients.
pub async fn ask(hubs: &impl Hubs, shard: Shard, request: Request) -> Result<Response, String> {
    let question = Question::Clients(Box::new(request));
    match hubs.ask_hub(shard, &question).await? {
        Answer::Clients(response) => Ok(*response),
        Answer::Claims(other) => Err(format!("the object of clients answered {other:?}")),
    }
}
