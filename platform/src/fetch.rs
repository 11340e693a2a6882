//! HTTP to the outside, through the runtime's `fetch`.
//!
//! One request, one response: nothing is retried, no redirect is followed, and the time limit
//! covers the body as well as the headers. Past the limit (of time or of size) the connection is
//! dropped, not left to run.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use shared::http::{Http, MAX_RESPONSE_BYTES, Request, Response, Unreachable};
use worker::js_sys::Uint8Array;
use worker::{AbortController, AbortSignal, ByteStream, Delay, web_sys};

/// The HTTP port over the global `fetch`: the public internet, and loopback in development.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fetch;

impl Http for Fetch {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        carry(request, within, async |request| {
            worker::Fetch::Request(request).send().await
        })
        .await
    }
}

/// Sends `request` by way of `send`: the one path of every request that leaves a worker, be it to
/// the internet, to a Durable Object or to a container.
pub(crate) async fn carry(
    request: Request,
    within: Duration,
    send: impl AsyncFnOnce(worker::Request) -> worker::Result<worker::Response>,
) -> Result<Response, Unreachable> {
    let abort = AbortController::default();
    let request = outbound(request, &abort.signal())?;
    let exchange = async { receive(send(request).await.map_err(broken)?).await };
    let outcome = match select(pin!(exchange), Delay::from(within)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(((), _)) => Err(Unreachable::TimedOut(within)),
    };
    if outcome.is_err() {
        abort.abort();
    }
    outcome
}

pub(crate) fn outbound(
    request: Request,
    signal: &AbortSignal,
) -> Result<worker::Request, Unreachable> {
    let (head, body) = request.into_parts();
    let headers = web_sys::Headers::new().map_err(thrown)?;
    for (name, value) in &head.headers {
        let value = value.to_str().map_err(|_| {
            Unreachable::Connection(format!("the request's header {name} is not plain text"))
        })?;
        headers.append(name.as_str(), value).map_err(thrown)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(head.method.as_str());
    init.set_headers(&headers);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_signal(Some(signal));
    if !body.is_empty() {
        init.set_body(&Uint8Array::from(body.as_slice()));
    }
    web_sys::Request::new_with_str_and_init(&head.uri.to_string(), &init)
        .map(worker::Request::from)
        .map_err(thrown)
}

async fn receive(mut response: worker::Response) -> Result<Response, Unreachable> {
    let mut received = http::Response::builder().status(response.status_code());
    for (name, value) in response.headers().entries() {
        received = received.header(name, value);
    }
    let body = match response.body() {
        worker::ResponseBody::Empty => Vec::new(),
        worker::ResponseBody::Body(body) => body.clone(),
        worker::ResponseBody::Stream(_) => {
            let stream = response.stream().map_err(broken)?;
            read_bounded(stream, MAX_RESPONSE_BYTES)
                .await
                .map_err(|failure| match failure {
                    ReadFailed::TooLarge => Unreachable::TooLarge,
                    ReadFailed::Broken(detail) => Unreachable::Connection(detail),
                })?
        }
    };
    received
        .body(body)
        .map_err(|error| Unreachable::Connection(error.to_string()))
}

/// Why a body could not be read.
#[derive(Debug)]
pub(crate) enum ReadFailed {
    TooLarge,
    Broken(String),
}

/// Reads a body to its end, or up to the first byte past `limit`. Dropping the stream cancels it.
pub(crate) async fn read_bounded(
    mut stream: ByteStream,
    limit: usize,
) -> Result<Vec<u8>, ReadFailed> {
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ReadFailed::Broken(error.to_string()))?;
        if chunk.len() > limit - body.len() {
            return Err(ReadFailed::TooLarge);
        }
        if body.is_empty() {
            body = chunk; // Most bodies come in one piece.
        } else {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(body)
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
pub(crate) fn broken(error: worker::Error) -> Unreachable {
    Unreachable::Connection(error.to_string())
}

fn thrown(error: worker::wasm_bindgen::JsValue) -> Unreachable {
    broken(worker::Error::from(error))
}
