//! The portal's answers: JSON, never cached.

use ::http::header::{ALLOW, RETRY_AFTER};
use ::http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};

use super::wire;
use crate::http::{Response, uncached_json};
use crate::hub::Claim;
use crate::hub::key::Scope;
use crate::hub::rate::Rate;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// There is no hub here.
    Off,
    TooLarge,
    NotFound,
    /// Nobody has the issue.
    NotClaimed,
    /// This one would do.
    Method(Method),
    Unauthorised,
    /// A forge did not say that somebody is somebody.
    ForgeRefused(String),
    Forbidden(&'static str),
    OutOfScope {
        needs: Scope,
        rate: Rate,
    },
    /// Fields and what is wrong with them.
    Invalid(Vec<(String, String)>),
    TooMany(Rate),
    /// Somebody else has it.
    Claimed(Box<Claim>),
    /// A part of the platform did not answer: worth another try.
    Unavailable(String),
}

impl Problem {
    pub(super) fn invalid(name: &str, what: impl std::fmt::Display) -> Self {
        Self::Invalid(vec![(name.to_owned(), what.to_string())])
    }
}

impl From<String> for Problem {
    fn from(lost: String) -> Self {
        Self::Unavailable(lost)
    }
}

/// An object answered another question.
pub(super) fn odd(answer: &impl std::fmt::Debug) -> Problem {
    Problem::Unavailable(format!("an object answered {answer:?}"))
}

pub(super) fn problem(problem: &Problem) -> Response {
    let (status, error, message) = match problem {
        Problem::Off => (503, "unavailable", "The hub is not set up here."),
        Problem::TooLarge => (413, "too_large", "The body is too large."),
        Problem::NotFound => (404, "not_found", "There is no such address."),
        Problem::NotClaimed => (404, "not_found", "Nobody has this issue."),
        Problem::Method(_) => (
            405,
            "method_not_allowed",
            "This address takes another method.",
        ),
        Problem::Unauthorised => (
            401,
            "unauthorised",
            "The key is missing, wrong or replaced.",
        ),
        Problem::ForgeRefused(why) => (401, why.as_str(), why.as_str()),
        Problem::Forbidden(why) => (403, "forbidden", *why),
        Problem::OutOfScope { needs, rate } => {
            let message = format!("The key lacks the scope {}.", needs.as_str());
            let body = json!({"error": "forbidden", "message": message});
            return with_rate(uncached_json(403, &body), rate);
        }
        Problem::Invalid(errors) => return uncached_json(422, &invalid(errors)),
        Problem::TooMany(rate) => return too_many(rate),
        Problem::Claimed(claim) => {
            let message = format!(
                "{} has it until {}.",
                claim.client_name,
                wire::time(claim.expires_at)
            );
            let body = json!({
                "error": "Issue already claimed",
                "message": message,
                "claim": wire::claim(claim),
            });
            return uncached_json(409, &body);
        }
        Problem::Unavailable(_) => (503, "unavailable", "The hub did not answer: try again."),
    };
    let mut response = uncached_json(status, &json!({"error": error, "message": message}));
    if let Problem::Method(allowed) = problem {
        set(&mut response, ALLOW, allowed.as_str());
    }
    response
}

fn invalid(errors: &[(String, String)]) -> Value {
    let mut fields = Map::new();
    for (name, what) in errors {
        let list = fields.entry(name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!(what));
        }
    }
    let first = errors.first().map(|(name, what)| format!("{name} {what}"));
    json!({
        "error": "validation_failed",
        "message": first.unwrap_or_default(),
        "errors": fields,
    })
}

fn too_many(rate: &Rate) -> Response {
    let body = json!({
        "error": "rate_limited",
        "message": format!("Too many requests: try again in {} s.", rate.reset_s),
        "rate_limit": {"limit": rate.limit, "remaining": rate.remaining, "reset": rate.reset_s},
    });
    let mut response = with_rate(uncached_json(429, &body), rate);
    set(&mut response, RETRY_AFTER, &rate.reset_s.to_string());
    response
}

/// The same answer, with how many more requests there are.
pub(super) fn with_rate(mut response: Response, rate: &Rate) -> Response {
    set(&mut response, LIMIT, &rate.limit.to_string());
    set(&mut response, REMAINING, &rate.remaining.to_string());
    set(&mut response, RESET, &rate.reset_s.to_string());
    response
}

pub(super) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
