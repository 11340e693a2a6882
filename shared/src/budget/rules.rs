//! Which buckets a call draws on, and what an answer says of them: each service's own rules.
//!
//! Where a service documents a limit, that is where its bucket starts; its headers overrule it.

use std::time::Duration;

use ::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reading;
use crate::http::{Request, Response};
use crate::service::Service;

/// One bucket that a call draws on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draw {
    /// Which.
    pub bucket: String,
    /// How many calls it takes until the service says otherwise.
    pub limit: u32,
    /// In this time.
    #[serde(with = "crate::millis")]
    pub window: Duration,
    /// Whether it is so small that every call is counted where all isolates see it.
    pub is_scarce: bool,
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// The wait that GitHub asks for where it names none, and a guess for the others.
const DEFAULT_WAIT: Duration = MINUTE;

/// What every call to a service draws on.
fn all(service: Service) -> Draw {
    let (limit, window) = match service {
        // 50 a second for a bot; ten are left to the gateway, which does not ask here.
        // <https://docs.discord.com/developers/topics/rate-limits#global-rate-limit>
        Service::Discord => (40, Duration::from_secs(1)),
        // <https://linear.app/developers/rate-limiting>
        Service::Linear => (5_000, HOUR),
        // 240 a minute, whenever the minute begins: any minute meets at most five of these.
        // <https://posthog.com/docs/api#rate-limiting>
        Service::PostHog => (48, Duration::from_secs(15)),
        // Not more than 900 points a minute; a read is one, a write five.
        // <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>
        Service::GitHub => (400, MINUTE),
        Service::Executor
        | Service::ThreadObject
        | Service::Ledger
        | Service::AuditLog
        | Service::Hub
        | Service::CrashReports => (u32::MAX, MINUTE),
    };
    draw("all", limit, window, false)
}

fn draw(bucket: impl Into<String>, limit: u32, window: Duration, is_scarce: bool) -> Draw {
    Draw {
        bucket: bucket.into(),
        limit,
        window,
        is_scarce,
    }
}

/// The buckets that a call draws on, the narrowest first.
pub fn draws(service: Service, request: &Request) -> Vec<Draw> {
    let path = request.uri().path();
    let narrow = match service {
        Service::Discord => {
            let route = route(request.method().as_str(), path);
            // Only the headers know; this is what a channel's messages usually have.
            let narrow = draw(route, 5, Duration::from_secs(5), false);
            // Calls by an interaction's token do not count against the bot's limit.
            if path.contains("/webhooks/") {
                return vec![narrow];
            }
            Some(narrow)
        }
        Service::Linear => {
            let searches = contains(request.body(), b"searchIssues");
            searches.then(|| draw("search", 30, MINUTE, true))
        }
        // 1,200 an hour: any hour meets at most thirteen of these.
        Service::PostHog => Some(draw("slow", 92, Duration::from_mins(5), true)),
        Service::GitHub => Some(match path {
            _ if path.ends_with("/search/code") => draw("code_search", 10, MINUTE, true),
            _ if path.contains("/search/") => draw("search", 30, MINUTE, true),
            _ if path.ends_with("/graphql") => draw("graphql", 5_000, HOUR, false),
            _ => draw("core", 5_000, HOUR, false),
        }),
        Service::Executor
        | Service::ThreadObject
        | Service::Ledger
        | Service::AuditLog
        | Service::Hub
        | Service::CrashReports => None,
    };
    narrow.into_iter().chain([all(service)]).collect()
}

/// A route of Discord's with its major parameters: method and path, minor ids blotted out. A
/// webhook's token is a major parameter and a secret: a hash of it does.
fn route(method: &str, path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let resource = parts
        .iter()
        .position(|part| matches!(*part, "channels" | "guilds" | "webhooks"))
        .unwrap_or(0);
    let mut shown = method.to_owned();
    for (at, part) in parts.iter().enumerate().skip(resource) {
        shown.push('/');
        let is_id = part.bytes().all(|b| b.is_ascii_digit());
        match at - resource {
            2 if parts[resource] == "webhooks" => shown += &crate::id::JobId::new(*part).short(),
            2.. if is_id => shown.push_str(":id"),
            _ => shown += part,
        }
    }
    shown
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// What an answer says of the buckets that its call drew on.
pub fn readings(
    service: Service,
    draws: &[Draw],
    answer: &Response,
    now: Timestamp,
) -> Vec<(String, Reading)> {
    let Some(narrow) = draws.first() else {
        return Vec::new();
    };
    let name = narrow.bucket.as_str();
    let named = |bucket: &str, reading: Option<Reading>| Some((bucket.to_owned(), reading?));
    let found = match service {
        Service::Discord => {
            let after = number::<f64>(answer, "x-ratelimit-reset-after")
                .and_then(|secs| Duration::try_from_secs_f64(secs).ok());
            let at = after.map(|after| now + after.min(HOUR));
            vec![named(name, reading(answer, "x-ratelimit", at))]
        }
        Service::GitHub => {
            let at = number(answer, "x-ratelimit-reset");
            let at = at.and_then(|secs| Timestamp::from_second(secs).ok());
            // The answer names its bucket; that of another kind would be a misreading.
            let is_it = text(answer, "x-ratelimit-resource").is_none_or(|said| said == name);
            let reading = reading(answer, "x-ratelimit", at).filter(|_| is_it);
            vec![named(name, reading)]
        }
        Service::Linear => {
            let of = |bucket: &str, kind: &str| {
                let prefix = format!("x-ratelimit-{kind}");
                let at = number(answer, &format!("{prefix}-reset"));
                let at = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
                named(bucket, reading(answer, &prefix, at))
            };
            let search = (name == "search").then(|| of("search", "endpoint-requests"));
            vec![of("all", "requests"), search.flatten()]
        }
        Service::PostHog
        | Service::Executor
        | Service::ThreadObject
        | Service::Ledger
        | Service::AuditLog
        | Service::Hub
        | Service::CrashReports => Vec::new(),
    };
    found.into_iter().flatten().collect()
}

/// If the service refused because of a limit: which of the buckets is closed, and until when.
pub fn limited(
    service: Service,
    draws: &[Draw],
    answer: &Response,
    now: Timestamp,
) -> Option<(String, Timestamp)> {
    let used_up = readings(service, draws, answer, now)
        .into_iter()
        .find(|(_, reading)| reading.remaining == 0);
    let asked = number::<f64>(answer, "retry-after")
        .and_then(|secs| Duration::try_from_secs_f64(secs).ok());
    let is_limited = match answer.status() {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN if service == Service::GitHub => used_up.is_some() || asked.is_some(),
        StatusCode::BAD_REQUEST if service == Service::Linear => {
            used_up.is_some() || text(answer, "x-ratelimit-requests-remaining") == Some("0")
        }
        _ => false,
    };
    if !is_limited {
        return None;
    }
    let is_global = text(answer, "x-ratelimit-scope") == Some("global");
    let narrow = draws.first().map(|draw| draw.bucket.clone());
    let (bucket, resets_at) = match used_up {
        Some((bucket, reading)) => (bucket, Some(reading.resets_at)),
        // A limit of a kind that has no bucket closes all; Discord's are by route unless it says
        // so.
        None if service == Service::Discord && !is_global => (narrow?, None),
        None => ("all".to_owned(), None),
    };
    let bucket = if is_global { "all".to_owned() } else { bucket };
    let asked = asked.map(|asked| now + asked.min(HOUR));
    let until = asked.or(resets_at).unwrap_or(now + DEFAULT_WAIT);
    Some((bucket, until))
}

fn reading(answer: &Response, prefix: &str, resets_at: Option<Timestamp>) -> Option<Reading> {
    Some(Reading {
        limit: number(answer, &format!("{prefix}-limit")),
        remaining: number(answer, &format!("{prefix}-remaining"))?,
        resets_at: resets_at?,
    })
}

fn number<T: std::str::FromStr>(answer: &Response, header: &str) -> Option<T> {
    text(answer, header)?.trim().parse().ok()
}

fn text<'a>(answer: &'a Response, header: &str) -> Option<&'a str> {
    answer.headers().get(header)?.to_str().ok()
}
