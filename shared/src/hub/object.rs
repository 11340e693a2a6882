//! What is asked of an object of the hub, and how it is reached.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sql::{Sql, SqlFailed};
use super::{Shard, claims, clients};
use crate::ports::{Clock, Log};

/// A question: each goes to the object that has what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    /// Of clients.
    Clients(Box<clients::Request>),
    /// Of claims.
    Claims(Box<claims::Request>),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// Of clients.
    Clients(Box<clients::Response>),
    /// Of claims.
    Claims(Box<claims::Response>),
}

/// Reaches the objects of the hub.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Hubs {
    /// Asks an object. The error says why it did not answer; what was asked may have been done.
    async fn ask_hub(&self, shard: Shard, question: &Question) -> Result<Answer, String>;
}

impl<T: Hubs> Hubs for &T {
    async fn ask_hub(&self, shard: Shard, question: &Question) -> Result<Answer, String> {
        (**self).ask_hub(shard, question).await
    }
}

/// Makes the tables that are not there yet.
pub fn prepare(sql: &impl Sql) -> Result<(), SqlFailed> {
    for statement in claims::TABLES.iter().chain(clients::TABLES) {
        sql.run(statement, &[])?;
    }
    Ok(())
}

/// Answers a question. To be called within a transaction, and without an await: nothing else of the
/// object runs meanwhile.
pub fn answer(sql: &impl Sql, question: Question, now: Timestamp) -> Result<Answer, SqlFailed> {
    Ok(match question {
        Question::Clients(request) => {
            Answer::Clients(Box::new(clients::answer(sql, *request, now)?))
        }
        Question::Claims(request) => Answer::Claims(Box::new(claims::answer(sql, *request, now)?)),
    })
}

/// Whether the object has news for others, and its alarm is to be set.
pub fn has_news(sql: &impl Sql) -> Result<bool, SqlFailed> {
    Ok(!claims::news(sql, 1)?.is_empty())
}

/// The most news of one alarm; what is left is the next one's.
const NEWS: u32 = 100;

/// Carries the object's news to where they belong. Repeatable at any point: they are forgotten
/// after they have arrived, and where they arrive twice they change nothing.
pub async fn deliver_news(sql: &impl Sql, ports: &(impl Hubs + Clock + Log)) -> Result<(), String> {
    for credit in claims::news(sql, NEWS).map_err(|failed| failed.to_string())? {
        let shard = Shard::of_client(&credit.client);
        clients::ask(ports, shard, clients::Request::Credit(credit.clone())).await?;
        claims::forget_news(sql, &credit).map_err(|failed| failed.to_string())?;
    }
    Ok(())
}
