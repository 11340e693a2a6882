//! Passing an answer through: its bytes go on as they come, and somebody reads along.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use shared::http::{Request, Unreachable};
use worker::{AbortController, Delay, Headers, ResponseBody};

use crate::fetch::{broken, outbound};

/// Reads along with an answer. It is dropped when there will be no more of it: at its end, when
/// it breaks off, or when whoever asked has gone.
pub trait Tap {
    /// The answer begins.
    fn status(&mut self, status: u16);
    /// It goes on.
    fn read(&mut self, bytes: &[u8]);
}

impl<T: Tap> Tap for Option<T> {
    fn status(&mut self, status: u16) {
        if let Some(tap) = self {
            tap.status(status);
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        if let Some(tap) = self {
            tap.read(bytes);
        }
    }
}

/// Sends a request and passes the answer through. It has to begin within the limit; from then on
/// it may take its time. Of its headers those go on that `passes`.
pub async fn relay(
    request: Request,
    within: Duration,
    passes: impl Fn(&str) -> bool,
    mut tap: impl Tap + 'static,
) -> Result<worker::Response, Unreachable> {
    let abort = AbortController::default();
    let request = outbound(request, &abort.signal())?;
    let fetch = worker::Fetch::Request(request);
    let answer = match select(pin!(fetch.send()), Delay::from(within)).await {
        Either::Left((answer, _)) => answer.map_err(broken),
        Either::Right(((), _)) => {
            abort.abort();
            Err(Unreachable::TimedOut(within))
        }
    };
    let mut answer = answer?;
    let status = answer.status_code();
    tap.status(status);
    let headers = Headers::new();
    for (name, value) in answer.headers().entries().filter(|(name, _)| passes(name)) {
        headers.append(&name, &value).map_err(broken)?;
    }
    let response = worker::Response::builder()
        .with_status(status)
        .with_headers(headers);
    match answer.body() {
        ResponseBody::Empty => Ok(response.empty()),
        ResponseBody::Body(body) => {
            tap.read(body);
            Ok(response.fixed(body.clone()))
        }
        ResponseBody::Stream(_) => {
            let stream = answer.stream().map_err(broken)?;
            let stream = stream.inspect(move |chunk| {
                if let Ok(chunk) = chunk {
                    tap.read(chunk);
                }
            });
            response.from_stream(stream).map_err(broken)
        }
    }
}
