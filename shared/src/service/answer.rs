//! Reading answers: decoding, and telling apart the failures that all services share.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::ServiceError;
use crate::http::Response;
use crate::redact::{Kinds, floor, redact};

/// How long a rate limit lasts when the answer does not say: a minute is the longest window of
/// the services' short-term limits.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_mins(1);

/// The longest wait that we believe. The services' longest window is an hour.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// How much of an unexpected body goes into an error, in characters.
const SNIPPET_CHARS: usize = 200;
/// How much of it is looked at: it is cut after secrets were taken out of it.
const LOOKED_AT_BYTES: usize = 4 * 1024;

/// The body of a 2xx answer; any other status is the caller's mistake to have passed on.
pub(crate) fn decode<T: DeserializeOwned>(response: &Response) -> Result<T, ServiceError> {
    serde_json::from_slice(response.body()).map_err(|error| ServiceError::Unexpected {
        status: response.status().as_u16(),
        detail: format!("cannot read the answer: {error}"),
    })
}

/// What a status says when the service's own error codes said nothing more: `message` is the
/// service's sentence for it.
pub(crate) fn refusal(response: &Response, message: &str) -> ServiceError {
    let status = response.status().as_u16();
    match status {
        401 | 403 => ServiceError::Unauthorized(message.to_owned()),
        404 | 410 => ServiceError::NotFound,
        429 => ServiceError::RateLimited {
            retry_after: retry_after(header_seconds(response)),
        },
        400..500 => ServiceError::Refused(message.to_owned()),
        _ => ServiceError::Unexpected {
            status,
            detail: message.to_owned(),
        },
    }
}

/// A wait of `seconds`, or the default where the service gave none or nonsense.
pub(crate) fn retry_after(seconds: Option<f64>) -> Duration {
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map_or(DEFAULT_RETRY_AFTER, |wait| wait.min(MAX_RETRY_AFTER))
}

/// A wait from `now` until `at`, within what we believe.
pub(crate) fn retry_at(at: Option<Timestamp>, now: Timestamp) -> Duration {
    at.map_or(DEFAULT_RETRY_AFTER, |at| {
        // A moment in the past is over: a second, so that nobody spins.
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        wait.clamp(Duration::from_secs(1), MAX_RETRY_AFTER)
    })
}

/// The `Retry-After` header in seconds. Its date form is read as absent: none of our services
/// sends it.
fn header_seconds(response: &Response) -> Option<f64> {
    response
        .headers()
        .get("retry-after")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The beginning of a body as one printable line, for logs, without secrets and addresses.
pub(crate) fn snippet(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(2 * LOOKED_AT_BYTES)]);
    let end = head.floor_char_boundary(LOOKED_AT_BYTES);
    let text = redact(&head[..floor(&head, end)], Kinds::ALL);
    let end = text.char_indices().nth(SNIPPET_CHARS);
    let end = end.map_or(text.len(), |(at, _)| floor(&text, at));
    let text: String = text[..end]
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.trim().is_empty() {
        "empty body".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, retry_after: Option<&str>) -> Response {
        let mut builder = ::http::Response::builder().status(status);
        if let Some(value) = retry_after {
            builder = builder.header("Retry-After", value);
        }
        builder.body(b"no".to_vec()).unwrap()
    }

    #[test]
    fn every_failing_status_says_what_can_be_done() {
        let of = |status| refusal(&response(status, None), "no");
        assert_eq!(of(400), ServiceError::Refused("no".into()));
        assert_eq!(of(401), ServiceError::Unauthorized("no".into()));
        assert_eq!(of(403), ServiceError::Unauthorized("no".into()));
        assert_eq!(of(404), ServiceError::NotFound);
        assert_eq!(of(422), ServiceError::Refused("no".into()));
        assert_eq!(
            of(429),
            ServiceError::RateLimited {
                retry_after: DEFAULT_RETRY_AFTER
            }
        );
        for status in [302, 500, 502, 503] {
            let expected = ServiceError::Unexpected {
                status,
                detail: "no".into(),
            };
            assert_eq!(of(status), expected);
        }
    }

    #[test]
    fn retry_after_is_believed_within_reason() {
        let of = |value| match refusal(&response(429, Some(value)), "") {
            ServiceError::RateLimited { retry_after } => retry_after,
            other => panic!("{other:?}"),
        };
        assert_eq!(of("7"), Duration::from_secs(7));
        assert_eq!(of("0.25"), Duration::from_millis(250));
        assert_eq!(of("999999999"), MAX_RETRY_AFTER);
        for nonsense in ["-1", "NaN", "inf", "soon", "Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(of(nonsense), DEFAULT_RETRY_AFTER, "{nonsense}");
        }
    }

    #[test]
    fn a_snippet_is_one_bounded_printable_line() {
        assert_eq!(snippet(b"a\n\x1b[31mb\xff"), "a  [31mb\u{fffd}");
        assert_eq!(snippet(" \n".as_bytes()), "empty body");
        let token = format!("{} ghp_{}", "x".repeat(170), "a1B2".repeat(9));
        let redacted = snippet(token.as_bytes());
        assert_eq!(
            redacted,
            format!("{} [redacted: GitHub token]", "x".repeat(170))
        );
        assert_eq!(
            snippet("é".repeat(5_000).as_bytes()).chars().count(),
            SNIPPET_CHARS
        );
    }
}
