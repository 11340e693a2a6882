//! Reading GitHub's answers: its rate limits come under 403 and 429, and its reasons in a
//! message and a list of errors.
//!
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::name::RepoName;
use crate::http::{Request, Response};
use crate::service::{Api, ServiceError, refusal, retry_after, retry_at, snippet};

/// What we accept, unless a call says otherwise.
pub(super) const JSON: &str = "application/vnd.github+json";

/// The most errors of a list that are named.
const MAX_ERRORS: usize = 3;

/// The body of a failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) errors: Vec<Detail>,
}

/// An entry of `errors`: a sentence, or a code about a field.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Detail {
    Said {
        message: String,
    },
    Coded {
        #[serde(default)]
        field: String,
        #[serde(default)]
        code: String,
    },
    Bare(String),
}

impl Failure {
    pub(super) fn of(response: &Response) -> Self {
        serde_json::from_slice(response.body()).unwrap_or_default()
    }

    /// Whether the message or any error says `words`.
    pub(super) fn says(&self, words: &str) -> bool {
        self.message.contains(words) || self.errors.iter().any(|e| e.to_string().contains(words))
    }

    fn sentence(&self, response: &Response) -> String {
        if self.message.is_empty() {
            return snippet(response.body());
        }
        let mut parts = vec![self.message.clone()];
        parts.extend(self.errors.iter().take(MAX_ERRORS).map(ToString::to_string));
        snippet(parts.join("; ").as_bytes())
    }
}

impl std::fmt::Display for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Said { message } => f.write_str(message),
            Self::Coded { field, code } => write!(f, "{field}: {code}"),
            Self::Bare(text) => f.write_str(text),
        }
    }
}

/// The answer if its status is a success, else what the caller can do.
pub(super) fn checked(response: &Response, now: Timestamp) -> Result<&Response, ServiceError> {
    if response.status().is_success() {
        return Ok(response);
    }
    let failure = Failure::of(response);
    let sentence = failure.sentence(response);
    Err(match response.status().as_u16() {
        403 | 429 => match limit(response, &failure, now) {
            Some(limited) => limited,
            None => ServiceError::Unauthorized(with_needed_permission(response, &sentence)),
        },
        301 | 302 | 307 | 308 => ServiceError::Refused(
            "the repository was renamed or moved: name it by its new name".to_owned(),
        ),
        _ => refusal(response, &sentence),
    })
}

/// The rate limit that an answer reports, if it does.
pub(super) fn limit(
    response: &Response,
    failure: &Failure,
    now: Timestamp,
) -> Option<ServiceError> {
    let header = |name| response.headers().get(name)?.to_str().ok();
    let wait = if let Some(seconds) = header("retry-after").and_then(|text| text.parse().ok()) {
        retry_after(Some(seconds))
    } else if header("x-ratelimit-remaining") == Some("0") {
        let reset = header("x-ratelimit-reset").and_then(|text| text.parse().ok());
        retry_at(
            reset.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            now,
        )
    } else if failure.says("secondary rate limit") || response.status() == 429 {
        // "If neither is present, wait at least one minute."
        retry_after(None)
    } else {
        return None;
    };
    Some(ServiceError::RateLimited { retry_after: wait })
}

/// GitHub names the permission that a call takes: an operator will want to know.
fn with_needed_permission(response: &Response, sentence: &str) -> String {
    let needed = response.headers().get("x-accepted-github-permissions");
    match needed.and_then(|value| value.to_str().ok()) {
        Some(needed) => format!("{sentence} (it takes {})", snippet(needed.as_bytes())),
        None => sentence.to_owned(),
    }
}

/// A call about a repository; `rest` is the path below it.
pub(super) fn about(
    api: &Api,
    method: Method,
    repo: &RepoName,
    rest: &[&str],
    query: &[(&str, &str)],
) -> Request {
    api.call(method, &path(repo, rest), query)
}

/// A call about a repository with a JSON body.
pub(super) fn about_json(
    api: &Api,
    method: Method,
    repo: &RepoName,
    rest: &[&str],
    body: &impl serde::Serialize,
) -> Request {
    api.call_json(method, &path(repo, rest), body)
}

fn path<'a>(repo: &'a RepoName, rest: &[&'a str]) -> Vec<&'a str> {
    let mut path = vec!["repos", repo.owner(), repo.name()];
    path.extend(rest);
    path
}
