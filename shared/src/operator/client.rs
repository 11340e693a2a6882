//! The API from the program's side: a request builder and a parser for each call.

use std::time::Duration;

use ::http::{HeaderValue, Method};
use serde::de::DeserializeOwned;

use super::access::{OPERATOR_HEADER, Operator};
use super::wire::{
    Acted, DeadView, ErrorBody, ErrorCode, Facts, JobShown, JobView, ModelView, Page, SwitchOrder,
};
use crate::audit;
use crate::http::{Http, Request, Response, Unreachable};
use crate::secret::Secret;
use crate::service::{Api, BadAccess};

/// The longest that a request may take: the consumer looks at every service for the facts.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// The API below this path, segment by segment.
const PATH: [&str; 2] = ["operator", "v1"];

/// The operator API over an HTTP port.
#[derive(Debug)]
pub struct OperatorClient<H> {
    http: H,
    api: Api,
    name: HeaderValue,
}

/// Why an order was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    /// No answer came.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Something answers there that has no operator API, or has not opened it.
    #[error("the operator API is not open there")]
    Closed,
    /// The token is not the operator's.
    #[error("{0}")]
    Unauthorized(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be done as things stand.
    #[error("{0}")]
    Conflict(String),
    /// A part of the platform did not answer: worth another try.
    #[error("a part of bugbot did not answer: {0}")]
    Unavailable(String),
    /// An answer that the API does not give.
    #[error("status {status}: {detail}")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What came.
        detail: String,
    },
}

impl<H: Http> OperatorClient<H> {
    /// A client of the gateway at `base`, for an operator of this name.
    pub fn new(http: H, base: &str, token: &Secret, name: &str) -> Result<Self, BadAccess> {
        let name = Operator::named(name);
        let name = name.id().operator().unwrap_or_default();
        Ok(Self {
            http,
            api: Api::new(base)?.authorized("Bearer ", token)?,
            name: HeaderValue::from_str(name).map_err(|_| BadAccess::Credential)?,
        })
    }

    /// A page of the open jobs.
    pub async fn jobs(
        &self,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<JobView>, OperatorError> {
        self.get(&["jobs"], &page(limit, after, false)).await
    }

    /// One job. `thread` helps to find one that has ended.
    pub async fn job(&self, job: &str, thread: Option<&str>) -> Result<JobShown, OperatorError> {
        self.get(&["jobs", job], &hint(thread)).await
    }

    /// The tar of a fix's crash report, packed if its executor packs them; or JSON of the work that
    /// was saved last, if its sandbox was lost.
    pub async fn crash_report(&self, job: &str) -> Result<Vec<u8>, OperatorError> {
        let request = self.request(Method::GET, &["jobs", job, "crash-report"], &[]);
        let response = self.http.send(request, TIME_LIMIT).await?;
        checked(&response)?;
        Ok(response.into_body())
    }

    /// Stops a job.
    pub async fn cancel(&self, job: &str, thread: Option<&str>) -> Result<Acted, OperatorError> {
        self.post(&["jobs", job, "cancel"], &hint(thread)).await
    }

    /// Does a job again.
    pub async fn retry(&self, job: &str, thread: Option<&str>) -> Result<Acted, OperatorError> {
        self.post(&["jobs", job, "retry"], &hint(thread)).await
    }

    /// A page of dead letters; `all`: also those that were dealt with.
    pub async fn dead_letters(
        &self,
        limit: usize,
        after: Option<&str>,
        all: bool,
    ) -> Result<Page<DeadView>, OperatorError> {
        self.get(&["dlq"], &page(limit, after, all)).await
    }

    /// One dead letter.
    pub async fn dead_letter(&self, id: &str) -> Result<DeadView, OperatorError> {
        self.get(&["dlq", id], &[]).await
    }

    /// Puts a dead letter back on the queue.
    pub async fn replay(&self, id: &str) -> Result<Acted, OperatorError> {
        self.post(&["dlq", id, "replay"], &[]).await
    }

    /// Puts a dead letter aside.
    pub async fn discard(&self, id: &str) -> Result<Acted, OperatorError> {
        self.post(&["dlq", id, "discard"], &[]).await
    }

    /// What the gateway knows.
    pub async fn facts(&self) -> Result<Facts, OperatorError> {
        self.get(&["facts"], &[]).await
    }

    /// A page of an audit log (`super::logs` says which there are).
    pub async fn audit(
        &self,
        log: &str,
        limit: usize,
        after: u64,
    ) -> Result<audit::Export, OperatorError> {
        let after = after.to_string();
        self.get(&["audit", log], &page(limit, Some(&after), false))
            .await
    }

    /// Whether model calls are let through.
    pub async fn model(&self) -> Result<ModelView, OperatorError> {
        self.get(&["model"], &[]).await
    }

    /// Lets model calls through, or shuts them off.
    pub async fn switch_model(&self, on: bool, reason: &str) -> Result<ModelView, OperatorError> {
        let path = ["model", if on { "on" } else { "off" }];
        let order = SwitchOrder {
            reason: reason.to_owned(),
        };
        let mut request = self.request(Method::POST, &path, &[]);
        *request.body_mut() = serde_json::to_vec(&order).expect("a text is JSON");
        parse(&self.http.send(request, TIME_LIMIT).await?)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, OperatorError> {
        self.call(Method::GET, path, query).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, OperatorError> {
        self.call(Method::POST, path, query).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, OperatorError> {
        let request = self.request(method, path, query);
        parse(&self.http.send(request, TIME_LIMIT).await?)
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, String)]) -> Request {
        let path = [&PATH, path].concat();
        let query: Vec<_> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let mut request = self.api.call(method, &path, &query);
        request
            .headers_mut()
            .insert(OPERATOR_HEADER, self.name.clone());
        request
    }
}

fn page(limit: usize, after: Option<&str>, all: bool) -> Vec<(&'static str, String)> {
    let mut query = vec![("limit", limit.to_string())];
    query.extend(after.map(|after| ("after", after.to_owned())));
    if all {
        query.push(("all", "true".to_owned()));
    }
    query
}

fn hint(thread: Option<&str>) -> Vec<(&'static str, String)> {
    thread
        .map(|thread| ("thread", thread.to_owned()))
        .into_iter()
        .collect()
}

/// The answer, or what the caller can do about it. Only our own API answers errors in JSON, so a
/// 404 in another form is no word on the thing that was asked for.
fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, OperatorError> {
    checked(response)?;
    serde_json::from_slice(response.body()).map_err(|error| OperatorError::Unexpected {
        status: response.status().as_u16(),
        detail: format!("not the answer that was expected: {error}"),
    })
}

fn checked(response: &Response) -> Result<(), OperatorError> {
    let status = response.status();
    let unexpected = |detail: String| OperatorError::Unexpected {
        status: status.as_u16(),
        detail,
    };
    if status.is_success() {
        return Ok(());
    }
    let Ok(ErrorBody { error }) = serde_json::from_slice(response.body()) else {
        return Err(match status.as_u16() {
            404 => OperatorError::Closed,
            _ => unexpected(crate::service::snippet(response.body())),
        });
    };
    Err(match error.code {
        ErrorCode::Unauthorized => OperatorError::Unauthorized(error.message),
        ErrorCode::NotFound => OperatorError::NotFound(error.message),
        ErrorCode::Conflict => OperatorError::Conflict(error.message),
        ErrorCode::Unavailable => OperatorError::Unavailable(error.message),
        ErrorCode::BadRequest | ErrorCode::Other => unexpected(error.message),
    })
}
