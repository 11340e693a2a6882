//! The operator API: what `bugbot` (the program) asks of the gateway, below `/operator/v1/`.
//!
//! Invariants:
//! - Closed by default: without an `OPERATOR_TOKEN` worth the name the API does not exist (404).
//! - Nothing of a request is looked at before its token held; tokens are compared in constant time.
//! - Every order may be given twice: the second time it says that nothing changed.
//! - No answer holds a secret, an interaction's token, or what people said in a thread.
//!
//! Authority stays where it is: a job's state is asked of its Thread and Job objects, and a replay
//! is possible because the Thread object says so. The key-value store is an index only.

mod access;
mod answer;
mod client;
mod crash_report;
mod dead;
mod facts;
mod jobs;
mod logs;
mod model;
mod nothing;
mod records;
mod retry;
#[cfg(test)]
mod tests;
mod wire;

use ::http::Method;

pub use access::{AUTHORIZATION_HEADER, OPERATOR_HEADER, Operator, OperatorSetup, TOKEN_VARIABLE};
pub use client::{OperatorClient, OperatorError};
pub use facts::{HEARTBEAT_KEY, Heartbeat, beat};
pub use nothing::Nothing;
pub use wire::*;

use crate::address;
use crate::audit::{self, Audits, Fact, LogName, Record};
pub use crate::checkup::{Check, CheckUp};
use crate::fix::Jobs;
use crate::gateway::{Ports, Setup};
use crate::http::{Request, Response};
use crate::ledger::Ledgers;
use crate::log::Event;
use crate::ports::{Clock as _, CrashReports, Kv, Log as _};
use crate::thread::Threads;
use crate::trace::Trace;
use answer::Problem;

/// Where the API is.
pub const ROOT: &str = address::OPERATOR;

/// Where an object of the consumer tries the consumer's credentials.
pub const CHECKUP_PATH: &str = "/checkup";

/// The longest body of a request.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// The most entries of a page; a page of jobs asks two objects for each.
pub const MAX_PAGE: usize = 100;
/// The entries of a page, if nothing else is asked for.
pub const PAGE: usize = 25;

/// What operators reach through the gateway, besides what the gateway has anyway.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Back: Kv + Threads + Jobs + Audits + Ledgers + CrashReports {
    /// Has the consumer try its own credentials ([`crate::checkup`]): only it knows them.
    async fn check_up(&self, asked: &CheckUp) -> Result<Vec<Check>, String>;
}

/// Answers a request to the API.
pub async fn handle(request: &Request, setup: &Setup, ports: &impl Ports) -> Response {
    let Some(access) = setup.operator().access() else {
        return answer::closed();
    };
    let Some(operator) = access.admit(request.headers()) else {
        ports.log().note(&Trace::none(), Event::OperatorRefused {});
        return answer::problem(&Problem::Unauthorized);
    };
    if request.body().len() > MAX_BODY_BYTES {
        return answer::problem(&Problem::TooLarge);
    }
    let desk = Desk {
        ports,
        setup,
        operator,
    };
    match desk.route(request).await {
        Ok(answer) => answer,
        Err(problem) => answer::problem(&problem),
    }
}

/// One request of an operator who was let in.
struct Desk<'a, P> {
    ports: &'a P,
    setup: &'a Setup,
    operator: Operator,
}

impl<P: Ports> Desk<'_, P> {
    async fn route(&self, request: &Request) -> Result<Response, Problem> {
        let path = request.uri().path().strip_prefix(ROOT).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let query = Query::of(request);
        let is_get = request.method() == Method::GET;
        let is_post = request.method() == Method::POST;
        Ok(match parts.as_slice() {
            ["jobs"] if is_get => answer::ok(&self.jobs(&query).await?),
            ["jobs", job] if is_get => answer::ok(&self.job(&job_id(job)?, &query).await?),
            ["jobs", job, "crash-report"] if is_get => self.crash_report(&job_id(job)?).await?,
            ["jobs", job, "cancel"] if is_post => {
                answer::ok(&self.cancel(&job_id(job)?, &query).await?)
            }
            ["jobs", job, "retry"] if is_post => {
                answer::ok(&self.retry(&job_id(job)?, &query).await?)
            }
            ["dlq"] if is_get => answer::ok(&self.dead(&query).await?),
            ["dlq", id] if is_get => answer::ok(&self.dead_one(&dead_id(id)?).await?),
            ["dlq", id, "replay"] if is_post => answer::ok(&self.replay(&dead_id(id)?).await?),
            ["dlq", id, "discard"] if is_post => answer::ok(&self.discard(&dead_id(id)?).await?),
            ["audit", log] if is_get => answer::ok(&self.audit(&logs::name(log)?, &query).await?),
            ["model"] if is_get => answer::ok(&self.model().await?),
            ["model", "on"] if is_post => answer::ok(&self.switch(true, request.body()).await?),
            ["model", "off"] if is_post => answer::ok(&self.switch(false, request.body()).await?),
            ["facts"] if is_get => answer::ok(&self.facts(request).await),
            ["jobs" | "dlq" | "facts" | "model"]
            | ["jobs" | "dlq" | "audit", _]
            | ["model", "on" | "off"]
            | ["jobs", _, "cancel" | "retry" | "crash-report"]
            | ["dlq", _, "replay" | "discard"] => return Err(Problem::Method),
            _ => return Err(Problem::NotFound("There is no such address.".to_owned())),
        })
    }

    fn back(&self) -> &impl Back {
        self.ports.back()
    }

    /// Every order is in the audit log before it is carried out: what cannot be recorded is not
    /// done. An order that changes nothing, or is refused, was given all the same.
    async fn record(&self, action: &'static str, target: &str) -> Result<(), Problem> {
        let by = self.operator.id();
        let now = self.ports.clock().now();
        self.ports.log().note(
            &Trace::of_job(&crate::id::JobId::new(target)),
            Event::OperatorOrder {
                by: by.as_str(),
                action,
            },
        );
        let record = Record {
            key: format!("{action}/{target}/{}", now.as_millisecond()),
            fact: Fact::Operated {
                by: by.operator().unwrap_or_default().to_owned(),
                action: action.to_owned(),
                target: target.to_owned(),
            },
        };
        let records = vec![record];
        let append = audit::Request::Append { records };
        let answer = self.back().ask_audit(&LogName::operator(), &append).await;
        match answer {
            Ok(audit::Response::Appended { .. }) => Ok(()),
            Ok(other) => Err(Problem::Unavailable(format!(
                "the audit log answered {other:?}"
            ))),
            Err(why) => Err(Problem::Unavailable(format!(
                "the audit log did not answer, so nothing was done: {why}"
            ))),
        }
    }
}

/// The parameters of a request.
struct Query {
    limit: usize,
    after: Option<String>,
    thread: Option<crate::id::ThreadId>,
    all: bool,
}

impl Query {
    fn of(request: &Request) -> Self {
        let pairs = request.uri().query().unwrap_or_default();
        let get = |name: &str| {
            url::form_urlencoded::parse(pairs.as_bytes())
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.into_owned())
                .filter(|value| is_id(value))
        };
        let limit = get("limit").and_then(|text| text.parse().ok());
        Self {
            limit: limit.unwrap_or(PAGE).clamp(1, MAX_PAGE),
            after: get("after"),
            thread: get("thread").map(crate::id::ThreadId::new),
            all: get("all").is_some_and(|value| value == "true"),
        }
    }
}

/// Ids become keys and names of objects: nothing else than these characters may.
fn is_id(text: &str) -> bool {
    const MAX_CHARS: usize = 64;
    let may = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !text.is_empty() && text.len() <= MAX_CHARS && text.bytes().all(may)
}

fn job_id(text: &str) -> Result<crate::id::JobId, Problem> {
    if is_id(text) {
        Ok(crate::id::JobId::new(text))
    } else {
        Err(Problem::BadRequest("This is no id of a job.".to_owned()))
    }
}

fn dead_id(text: &str) -> Result<String, Problem> {
    job_id(text).map(|id| id.to_string())
}
