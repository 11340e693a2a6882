//! The core's HTTP port for a native program, and its clock.

use std::time::Duration;

use jiff::Timestamp;
use shared::http::{Http, MAX_RESPONSE_BYTES, Request, Response, Unreachable};
use shared::ports::Clock;

/// HTTP to the internet. Follows no redirects, like every implementation of the port.
#[derive(Debug, Clone)]
pub struct Net(reqwest::Client);

impl Net {
    /// A client with the program's own provider of cryptography.
    pub fn new() -> Result<Self, reqwest::Error> {
        // An error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self(client))
    }

    async fn exchange(&self, request: Request) -> Result<Response, Unreachable> {
        let (head, body) = request.into_parts();
        let mut response = self
            .0
            .request(head.method, head.uri.to_string())
            .headers(head.headers)
            .body(body)
            .send()
            .await
            .map_err(broken)?;
        let mut received = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            received = received.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(Unreachable::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        received
            .body(body)
            .map_err(|error| Unreachable::Connection(error.to_string()))
    }
}

/// What broke, down to its cause: "error sending request" alone helps nobody.
fn broken(error: reqwest::Error) -> Unreachable {
    // The address may hold what was asked; whoever asked knows it.
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    Unreachable::Connection(text)
}

impl Http for Net {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        tokio::time::timeout(within, self.exchange(request))
            .await
            .unwrap_or(Err(Unreachable::TimedOut(within)))
    }
}

impl Clock for Net {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    }
}
