//! The gateway behind the proxy, or whatever else speaks like the model's service.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use futures_util::StreamExt as _;
use shared::executor::ModelAccess;
use shared::model::{self, REFUSAL_HEADER};

use super::refusal;
use super::usage::Meter;

/// Waits before the second, third and fourth attempt, unless the service says how long.
const RETRY_AFTER: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(8),
];
/// The longest wait that the service may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(1);
/// The service sends pings in between, so that silence this long is a broken connection.
const READ_TIMEOUT: Duration = Duration::from_mins(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Upstream {
    client: reqwest::Client,
    base_url: String,
    key: HeaderValue,
}

impl Upstream {
    pub(super) fn new(model: &ModelAccess) -> Result<Self, String> {
        let mut key = HeaderValue::from_str(model.api_key.expose()).map_err(|e| e.to_string())?;
        key.set_sensitive(true);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build()
            .map_err(|error| error.to_string())?;
        let base_url = model.base_url.trim_end_matches('/').to_owned();
        Ok(Self {
            client,
            base_url,
            key,
        })
    }

    /// Sends a request, again if need be, and streams the answer.
    pub(super) async fn send(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
        meter: &Arc<Meter>,
    ) -> Response {
        let path = uri
            .path_and_query()
            .map_or(uri.path(), |both| both.as_str());
        let url = format!("{}{path}", self.base_url);
        let headers = self.headers(headers);
        let mut waits = RETRY_AFTER.into_iter();
        loop {
            let request = self
                .client
                .post(&url)
                .headers(headers.clone())
                .body(body.clone());
            let answer = request.send().await;
            let next = waits.next();
            match (answer, next) {
                (Ok(answer), Some(wait)) if is_temporary(answer.status()) => {
                    let wait = asked_to_wait(answer.headers()).unwrap_or(wait);
                    tracing::warn!(
                        status = answer.status().as_u16(),
                        ?wait,
                        "the model is busy"
                    );
                    tokio::time::sleep(wait.min(MAX_RETRY_AFTER)).await;
                }
                (Ok(answer), _) => return passed_back(answer, meter),
                (Err(error), Some(wait)) => {
                    // An error of reqwest names the address and no header.
                    tracing::warn!(%error, ?wait, "the model cannot be reached");
                    tokio::time::sleep(wait).await;
                }
                (Err(error), None) => {
                    tracing::warn!(%error, "the model cannot be reached");
                    meter.note_status(StatusCode::BAD_GATEWAY.as_u16());
                    return refusal(StatusCode::BAD_GATEWAY, "api_error", "unreachable");
                }
            }
        }
    }

    fn headers(&self, from: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in from {
            if model::is_passed_on(name.as_str()) {
                headers.append(name.clone(), value.clone());
            }
        }
        headers.insert("x-api-key", self.key.clone());
        // The answer is read on its way through.
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        headers
    }
}

fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504 | 529)
}

fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

fn passed_back(answer: reqwest::Response, meter: &Arc<Meter>) -> Response {
    let status = answer.status();
    meter.note_status(status.as_u16());
    let mut response = Response::builder().status(status);
    if let Some(word) = answer.headers().get(REFUSAL_HEADER) {
        meter.note_refusal(word.to_str().unwrap_or_default());
    }
    for (name, value) in answer.headers() {
        if model::is_passed_back(name.as_str()) {
            response = response.header(name, value);
        }
    }
    let mut reader = meter.reader();
    let stream = answer.bytes_stream().inspect(move |chunk| {
        if let Ok(chunk) = chunk {
            reader.read(chunk);
        }
    });
    response
        .body(Body::from_stream(stream))
        .expect("a status and headers that were valid")
}
