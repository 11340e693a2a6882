//! The one HTTP port. Clients build a [`Request`] and parse a [`Response`]; the shells carry them.

use std::time::Duration;

use ::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;

/// A whole request; bodies here are small and bounded by their builders.
pub type Request = ::http::Request<Vec<u8>>;
/// A whole response; the shell refuses to read past [`MAX_RESPONSE_BYTES`].
pub type Response = ::http::Response<Vec<u8>>;

/// The longest response body that a shell reads: 8 MiB, four times the largest that we ask for
/// (a run's result of 1 MiB of files in base64 and JSON).
pub const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// Sent with every request. GitHub refuses requests without one and Discord asks for this form.
/// <https://docs.discord.com/developers/reference#user-agent>
pub const USER_AGENT: &str = concat!(
    "DiscordBot (https://github.com/bugbot/bugbot, ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// An answer of ours in JSON, which nobody is to keep.
pub(crate) fn uncached_json(status: u16, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("answers are JSON");
    ::http::Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/json")
        .header(CACHE_CONTROL, "no-store")
        .body(body)
        .expect("a constant status and header are valid")
}

/// Carries requests to the outside.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Http {
    /// Sends one request and reads its whole response. Never retries, never follows redirects.
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable>;
}

/// No usable response came. The request may or may not have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// No response within the time given.
    #[error("no response within {0:?}")]
    TimedOut(Duration),
    /// The connection failed or broke off.
    #[error("connection failed: {0}")]
    Connection(String),
    /// The response was longer than [`MAX_RESPONSE_BYTES`].
    #[error("response larger than {MAX_RESPONSE_BYTES} bytes")]
    TooLarge,
    /// Not sent: the service has not been answering, and is left alone for now.
    #[error("it does not answer, and is asked again in {retry_after:?}")]
    Resting {
        /// When to ask again.
        retry_after: Duration,
    },
    /// Not sent: the service's rate limit leaves no room for it now.
    #[error("its rate limit is used up for {retry_after:?}")]
    OverBudget {
        /// When there is room.
        retry_after: Duration,
    },
}

impl<T: Http> Http for &T {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        (**self).send(request, within).await
    }
}
