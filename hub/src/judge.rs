//! What an answer means for whoever asked: a pure function of the answer, its time and the write.
//!
//! Invariant: a write leaves the queue only by an answer of the hub itself. Silence, a failure, a
//! proxy's page and a lost key all leave it where it is.

use std::time::Duration;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::http::Response;

use crate::error::Trouble;
use crate::write::Kind;

/// How long a 429 lasts that does not say: the hub counts by the minute.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);
/// The longest wait that is believed.
pub(crate) const MAX_WAIT: Duration = Duration::from_hours(1);
/// How much of the hub's words is kept, in characters.
const MAX_WORDS: usize = 300;

/// What an answer means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It is done; this was the answer (null where there was none).
    Done(Value),
    /// There is no such thing (404).
    Missing(String),
    /// The hub said no, for good.
    Refused { status: u16, message: String },
    /// The key is not good (401).
    Renew(String),
    /// Nothing is settled: later, then.
    Later(Trouble),
}

/// What the answer to a write means: there is nothing that may be missing. For a release, "there is no
/// such claim" is what it was to bring about: an earlier try, or the claim's own end, was faster. A
/// claim is answered with the claim: somebody begins to work because of it.
pub(crate) fn of_write(kind: &Kind, response: &Response, now: Timestamp) -> Verdict {
    match (kind, of_answer(response, now)) {
        (Kind::Claim(_), Verdict::Done(answer)) if !is_something(&answer) => {
            let status = response.status().as_u16();
            Verdict::Later(Trouble::NotTheHub { status })
        }
        (Kind::Release(_), Verdict::Missing(_)) => Verdict::Done(Value::Null),
        (_, Verdict::Missing(message)) => Verdict::Refused {
            status: 404,
            message,
        },
        (_, verdict) => verdict,
    }
}

/// What any answer means.
pub(crate) fn of_answer(response: &Response, now: Timestamp) -> Verdict {
    let status = response.status();
    let code = status.as_u16();
    let later = Verdict::Later;
    match status {
        StatusCode::UNAUTHORIZED => Verdict::Renew(words(response)),
        StatusCode::TOO_MANY_REQUESTS => later(Trouble::RateLimited {
            until: until(response, now),
        }),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => {
            later(Trouble::Failing { status: code })
        }
        _ if status.is_server_error() => later(Trouble::Failing { status: code }),
        _ if status.is_redirection() || is_page(response) => {
            later(Trouble::NotTheHub { status: code })
        }
        _ if status.is_success() && is_no_json(response) => {
            later(Trouble::NotTheHub { status: code })
        }
        _ if status.is_success() => Verdict::Done(json(response)),
        StatusCode::NOT_FOUND => Verdict::Missing(words(response)),
        _ => Verdict::Refused {
            status: code,
            message: words(response),
        },
    }
}

/// A page for people is no answer of the hub, whatever its status.
fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    let kind = kind.and_then(|it| it.to_str().ok()).unwrap_or_default();
    kind.trim_start()
        .to_ascii_lowercase()
        .starts_with("text/html")
}

/// The hub says JSON, or nothing; a proxy that says "OK" is not the hub.
fn is_no_json(response: &Response) -> bool {
    let body = response.body().trim_ascii();
    !body.is_empty() && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err()
}

fn is_something(answer: &Value) -> bool {
    answer.as_object().is_some_and(|fields| !fields.is_empty())
}

/// What the answer says; null where that is no JSON.
pub(crate) fn json(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

/// What the hub said about it, on one line.
fn words(response: &Response) -> String {
    let answer = json(response);
    let said = ["message", "error"].map(|name| answer[name].as_str());
    let said = match said {
        [Some(message), _] => message.to_owned(),
        [None, Some(error)] => error.to_owned(),
        [None, None] => String::from_utf8_lossy(response.body()).into_owned(),
    };
    let printable = said.replace(char::is_control, " ");
    let line = shared::shorten::one_line(&printable);
    if line.is_empty() {
        return "it said nothing".to_owned();
    }
    shared::shorten::shorten(&line, MAX_WORDS)
}

/// When the hub may be asked again: `Retry-After` in seconds or as a date, within reason.
fn until(response: &Response, now: Timestamp) -> Timestamp {
    let header = response.headers().get(http::header::RETRY_AFTER);
    let header = header.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let seconds = || {
        let seconds: f64 = header.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    let date = || {
        let date = jiff::fmt::rfc2822::DateTimeParser::new();
        let date = date.parse_timestamp(header.trim()).ok()?;
        Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
    };
    let wait = seconds().or_else(date).unwrap_or(DEFAULT_WAIT);
    // A moment that has passed already is no reason to ask at once, again and again.
    let wait = wait.clamp(Duration::from_secs(1), MAX_WAIT);
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T14:00:00Z".parse().unwrap()
    }

    fn answer(status: u16, body: &str) -> Response {
        let response = http::Response::builder().status(status);
        response.body(body.as_bytes().to_vec()).unwrap()
    }

    fn of(status: u16) -> Verdict {
        of_answer(&answer(status, r#"{"error": "no"}"#), now())
    }

    #[test]
    fn every_status_says_whether_a_write_is_settled() {
        for status in [200, 201, 202] {
            assert_eq!(of(status), Verdict::Done(json!({"error": "no"})));
        }
        assert_eq!(
            of_answer(&answer(204, ""), now()),
            Verdict::Done(Value::Null)
        );
        for status in [400, 403, 405, 409, 410, 413, 422, 451] {
            let message = "no".to_owned();
            assert_eq!(of(status), Verdict::Refused { status, message });
        }
        assert_eq!(of(404), Verdict::Missing("no".to_owned()));
        assert_eq!(of(401), Verdict::Renew("no".to_owned()));
        for status in [408, 425, 500, 502, 503, 599] {
            assert_eq!(of(status), Verdict::Later(Trouble::Failing { status }));
        }
        for status in [301, 302, 304, 307, 308] {
            assert_eq!(of(status), Verdict::Later(Trouble::NotTheHub { status }));
        }
    }

    #[test]
    fn a_page_for_people_settles_nothing() {
        for status in [200, 404] {
            let mut page = answer(status, "<html>");
            let html = "text/html; charset=utf-8".parse().unwrap();
            page.headers_mut().insert("content-type", html);
            assert_eq!(
                of_answer(&page, now()),
                Verdict::Later(Trouble::NotTheHub { status })
            );
        }
    }

    #[test]
    fn what_is_no_json_settles_nothing() {
        for said in ["OK", "{\"ok\": tr", "\u{1}\u{2}"] {
            let verdict = of_answer(&answer(200, said), now());
            assert_eq!(verdict, Verdict::Later(Trouble::NotTheHub { status: 200 }));
        }
        assert_eq!(
            of_answer(&answer(200, " "), now()),
            Verdict::Done(Value::Null)
        );
    }

    #[test]
    fn an_issue_is_ours_only_where_the_answer_is_a_claim() {
        let claim = Kind::Claim("acme/shop#12".parse().unwrap());
        let of = |said: &str| of_write(&claim, &answer(201, said), now());
        for said in ["", "null", "[]", "\"OK\"", "true", "{}"] {
            let waits = Verdict::Later(Trouble::NotTheHub { status: 201 });
            assert_eq!(of(said), waits, "{said}");
        }
        let ours = r#"{"id": "acme/shop#12", "status": "claimed"}"#;
        assert!(matches!(of(ours), Verdict::Done(_)));
    }

    #[test]
    fn a_claim_that_is_gone_is_given_back() {
        let gone = answer(404, "");
        let release = Kind::Release("issue-42".parse().unwrap());
        assert_eq!(of_write(&release, &gone, now()), Verdict::Done(Value::Null));
        let refused = Verdict::Refused {
            status: 404,
            message: "it said nothing".to_owned(),
        };
        assert_eq!(of_write(&Kind::Heartbeat, &gone, now()), refused);
    }

    #[test]
    fn a_rate_limit_is_believed_within_reason() {
        let after = |value: &str| {
            let mut response = answer(429, "{}");
            let headers = response.headers_mut();
            headers.insert("retry-after", value.parse().unwrap());
            match of_answer(&response, now()) {
                Verdict::Later(Trouble::RateLimited { until }) => {
                    until.duration_since(now()).as_secs()
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(after("7"), 7);
        assert_eq!(after("0"), 1);
        assert_eq!(after("999999999"), 3_600);
        assert_eq!(after("Sat, 21 Nov 2026 14:00:30 GMT"), 30);
        assert_eq!(after("Sat, 21 Nov 2026 13:00:30 GMT"), 1);
        for nonsense in ["soon", "-1", "NaN", ""] {
            assert_eq!(after(nonsense), 60, "{nonsense}");
        }
    }

    #[test]
    fn what_the_hub_says_is_one_line_that_no_terminal_obeys() {
        let said = answer(422, "{\"error\":\"e\",\"message\":\"a\\u001b[2J\\nb\"}");
        let expected = Verdict::Refused {
            status: 422,
            message: "a [2J b".to_owned(),
        };
        assert_eq!(of_answer(&said, now()), expected);
    }
}
