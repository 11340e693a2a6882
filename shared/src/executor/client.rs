//! The calls of the executor protocol.

use std::time::Duration;

use ::http::{Method, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::form::Form;
use super::progress::{Health, RunResult, RunStatus};
use super::run::{Checkpoint, RunRequest};
use super::steer::Steer;
use crate::http::{Http, Request, Response, Unreachable};
use crate::id::RunId;
use crate::redact::{Cleared, Place, Redaction};
use crate::secret::Secret;
use crate::service::ServiceError;
use crate::trace::Trace;

/// For calls that the executor answers from memory.
const SOON: Duration = Duration::from_secs(10);
/// For calls that carry files, or make the executor read its clone.
const BULK: Duration = Duration::from_secs(30);
/// How long to wait when the executor has no room and does not say.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// An executor over an HTTP port.
#[derive(Debug)]
pub struct ExecutorClient<'a, H> {
    http: &'a H,
    base: &'a Url,
    token: Option<&'a Secret>,
    trace: Trace,
    redaction: Redaction,
}

impl<'a, H: Http> ExecutorClient<'a, H> {
    /// The executor at `base`, which wants `token` if it was given one.
    pub fn new(http: &'a H, base: &'a Url, token: Option<&'a Secret>) -> Self {
        Self {
            http,
            base,
            token,
            trace: Trace::none(),
            redaction: Redaction::default(),
        }
    }

    /// The same, on behalf of `trace`: the executor's log lines about a run name it too.
    #[must_use]
    pub fn traced(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

    /// The same with the operator's choice of what the model does not read.
    #[must_use]
    pub fn redacting(self, redaction: Redaction) -> Self {
        Self { redaction, ..self }
    }

    async fn send(
        &self,
        mut request: Request,
        run: &RunId,
        within: Duration,
    ) -> Result<Response, Unreachable> {
        request
            .headers_mut()
            .extend(self.trace.headers(run.as_str()));
        self.http.send(request, within).await
    }

    /// Starts a run, or finds it already started.
    pub async fn start(&self, run: &RunRequest) -> Result<RunStatus, ServiceError> {
        let cleared = self.redaction.clear(Place::Model, run.clone());
        let request = start_request(self.base, self.token, &cleared);
        parse_status(&self.send(request, &run.run_id, BULK).await?)
    }

    /// How a run stands.
    pub async fn status(&self, run: &RunId) -> Result<RunStatus, ServiceError> {
        let request = status_request(self.base, self.token, run);
        parse_status(&self.send(request, run, SOON).await?)
    }

    /// The work of a run so far.
    pub async fn checkpoint(&self, run: &RunId) -> Result<Checkpoint, ServiceError> {
        let request = checkpoint_request(self.base, self.token, run);
        parse_checkpoint(&self.send(request, run, BULK).await?)
    }

    /// What a run came to; `None` while it has not ended. May be asked for again.
    pub async fn result(&self, run: &RunId) -> Result<Option<RunResult>, ServiceError> {
        let request = result_request(self.base, self.token, run);
        parse_result(&self.send(request, run, BULK).await?)
    }

    /// The tar of a failed run's crash report, in a form that its executor gives. May be asked for
    /// again.
    pub async fn crash_report(&self, run: &RunId, form: Form) -> Result<Vec<u8>, ServiceError> {
        let request = crash_report_request(self.base, self.token, run, form);
        parse_crash_report(self.send(request, run, BULK).await?)
    }

    /// Gives a run's agent a further instruction, or finds it given.
    pub async fn steer(&self, run: &RunId, steer: &Steer) -> Result<RunStatus, ServiceError> {
        let cleared = self.redaction.clear(Place::Model, steer.clone());
        let request = steer_request(self.base, self.token, run, &cleared);
        parse_status(&self.send(request, run, SOON).await?)
    }

    /// Stops a run. Harmless for one that has ended.
    pub async fn cancel(&self, run: &RunId) -> Result<RunStatus, ServiceError> {
        let request = cancel_request(self.base, self.token, run);
        parse_status(&self.send(request, run, SOON).await?)
    }

    /// Whether the executor is up.
    pub async fn health(&self) -> Result<Health, ServiceError> {
        parse_health(&self.http.send(health_request(self.base), SOON).await?)
    }
}

/// `POST /runs`.
pub fn start_request(base: &Url, token: Option<&Secret>, run: &Cleared<RunRequest>) -> Request {
    let body = serde_json::to_vec(run).expect("a run has string keys and finite numbers only");
    request(Method::POST, base, &["runs"], token, body)
}

/// `GET /runs/{id}`.
pub fn status_request(base: &Url, token: Option<&Secret>, run: &RunId) -> Request {
    request(
        Method::GET,
        base,
        &["runs", run.as_str()],
        token,
        Vec::new(),
    )
}

/// `GET /runs/{id}/checkpoint`.
pub fn checkpoint_request(base: &Url, token: Option<&Secret>, run: &RunId) -> Request {
    request(
        Method::GET,
        base,
        &["runs", run.as_str(), "checkpoint"],
        token,
        Vec::new(),
    )
}

/// `GET /runs/{id}/result`.
pub fn result_request(base: &Url, token: Option<&Secret>, run: &RunId) -> Request {
    request(
        Method::GET,
        base,
        &["runs", run.as_str(), "result"],
        token,
        Vec::new(),
    )
}

/// `GET /runs/{id}/crash-report`.
pub fn crash_report_request(
    base: &Url,
    token: Option<&Secret>,
    run: &RunId,
    form: Form,
) -> Request {
    let mut request = request(
        Method::GET,
        base,
        &["runs", run.as_str(), "crash-report"],
        token,
        Vec::new(),
    );
    let form = header::HeaderValue::from_static(form.media_type());
    request.headers_mut().insert(header::ACCEPT, form);
    request
}

/// `POST /runs/{id}/steer`.
pub fn steer_request(
    base: &Url,
    token: Option<&Secret>,
    run: &RunId,
    steer: &Cleared<Steer>,
) -> Request {
    let body = serde_json::to_vec(steer).expect("an instruction is two strings");
    request(
        Method::POST,
        base,
        &["runs", run.as_str(), "steer"],
        token,
        body,
    )
}

/// `POST /runs/{id}/cancel`.
pub fn cancel_request(base: &Url, token: Option<&Secret>, run: &RunId) -> Request {
    request(
        Method::POST,
        base,
        &["runs", run.as_str(), "cancel"],
        token,
        Vec::new(),
    )
}

/// `GET /health`.
pub fn health_request(base: &Url) -> Request {
    request(Method::GET, base, &["health"], None, Vec::new())
}

/// The answer to start, status, steer and cancel.
pub fn parse_status(response: &Response) -> Result<RunStatus, ServiceError> {
    checked(response).and_then(|()| decode(response))
}

/// The answer to checkpoint.
pub fn parse_checkpoint(response: &Response) -> Result<Checkpoint, ServiceError> {
    checked(response).and_then(|()| decode(response))
}

/// The answer to result.
pub fn parse_result(response: &Response) -> Result<Option<RunResult>, ServiceError> {
    checked(response)?;
    if response.status() == StatusCode::ACCEPTED {
        return Ok(None);
    }
    decode(response).map(Some)
}

/// The answer to crash-report.
pub fn parse_crash_report(response: Response) -> Result<Vec<u8>, ServiceError> {
    checked(&response)?;
    Ok(response.into_body())
}

/// The answer to health.
pub fn parse_health(response: &Response) -> Result<Health, ServiceError> {
    checked(response).and_then(|()| decode(response))
}

fn request(
    method: Method,
    base: &Url,
    segments: &[&str],
    token: Option<&Secret>,
    body: Vec<u8>,
) -> Request {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("the executor's address is http or https, which has a path")
        .pop_if_empty()
        .extend(segments);
    let mut request = ::http::Request::builder()
        .method(method)
        .uri(url.as_str())
        .header(header::ACCEPT, "application/json");
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
    }
    request
        .body(body)
        .expect("the address is a URL and the token is one of ours")
}

fn checked(response: &Response) -> Result<(), ServiceError> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let reason = reason_of(response);
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ServiceError::Unauthorized(reason),
        StatusCode::NOT_FOUND => ServiceError::NotFound,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            ServiceError::RateLimited {
                retry_after: retry_after_of(response),
            }
        }
        _ if status.is_client_error() => ServiceError::Refused(reason),
        _ => ServiceError::Unexpected {
            status: status.as_u16(),
            detail: reason,
        },
    })
}

fn reason_of(response: &Response) -> String {
    #[derive(Deserialize)]
    struct Failure {
        error: String,
    }
    serde_json::from_slice::<Failure>(response.body())
        .map_or_else(|_| "no reason given".to_owned(), |failure| failure.error)
}

fn retry_after_of(response: &Response) -> Duration {
    response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map_or(DEFAULT_RETRY_AFTER, Duration::from_secs)
}

fn decode<T: DeserializeOwned>(response: &Response) -> Result<T, ServiceError> {
    serde_json::from_slice(response.body()).map_err(|error| ServiceError::Unexpected {
        status: response.status().as_u16(),
        detail: format!("not the executor's JSON: {error}"),
    })
}

#[cfg(test)]
mod tests;
