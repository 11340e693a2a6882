//! Rate limits as Discord tells them: one bucket per route and major parameter, in headers on
//! every response, and 429 when a bucket is empty.
//! <https://docs.discord.com/developers/topics/rate-limits>

use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// All buckets. Every bucket has the same size: what a program must read from the headers is
/// not what it may know by heart.
#[derive(Debug)]
pub(super) struct Buckets {
    requests: u32,
    per: SignedDuration,
    open: BTreeMap<String, Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    used: u32,
    resets: Timestamp,
}

/// One request's view of its bucket.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    bucket: String,
    limit: u32,
    remaining: u32,
    resets: Timestamp,
    resets_after: SignedDuration,
    pub(super) exhausted: bool,
}

impl Default for Buckets {
    /// Wide enough for a story under a clock that stands still.
    fn default() -> Self {
        Self::sized(1_000, Duration::from_secs(1))
    }
}

impl Buckets {
    pub(super) fn sized(requests: u32, per: Duration) -> Self {
        let per = SignedDuration::try_from(per).expect("a window of seconds");
        Self {
            requests,
            per,
            open: BTreeMap::new(),
        }
    }

    /// Counts a request.
    pub(super) fn count(&mut self, method: &Method, path: &str, now: Timestamp) -> Standing {
        let bucket = bucket_of(method, path);
        let fresh = Window {
            used: 0,
            resets: now + self.per,
        };
        let window = self.open.entry(bucket.clone()).or_insert(fresh);
        if now >= window.resets {
            *window = fresh;
        }
        let exhausted = window.used >= self.requests;
        if !exhausted {
            window.used += 1;
        }
        Standing {
            bucket,
            limit: self.requests,
            remaining: self.requests - window.used,
            resets: window.resets,
            resets_after: window.resets.duration_since(now),
            exhausted,
        }
    }
}

/// The route with its minor parameters blotted out, plus the major one, hashed as Discord's
/// bucket names are.
fn bucket_of(method: &Method, path: &str) -> String {
    let mut segments: Vec<&str> = path.split('/').collect();
    // "", "api", "v10", then the resource and its major parameter; a webhook has two.
    let major = if segments.get(3) == Some(&"webhooks") {
        6
    } else {
        5
    };
    for segment in segments.iter_mut().skip(major) {
        if segment.bytes().all(|b| b.is_ascii_digit()) {
            *segment = ":id";
        }
    }
    let digest = Sha256::digest(format!("{method} {}", segments.join("/")));
    hex::encode(&digest[..16])
}

impl Standing {
    pub(super) fn write_to(&self, headers: &mut HeaderMap) {
        let reset = self.resets.as_duration().as_secs_f64();
        let values = [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", format!("{reset:.3}")),
            (
                "x-ratelimit-reset-after",
                format!("{:.3}", self.resets_after.as_secs_f64()),
            ),
            ("x-ratelimit-bucket", self.bucket.clone()),
        ];
        for (name, value) in values {
            headers.insert(name, HeaderValue::from_str(&value).expect("digits and hex"));
        }
    }

    pub(super) fn refusal(&self) -> Response {
        let after = self.resets_after.try_into().unwrap_or(Duration::ZERO);
        let mut response = rate_limited(after, Scope::User);
        self.write_to(response.headers_mut());
        response
    }
}

/// Whose limit was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This bot's, for one route.
    User,
    /// This bot's, for all routes.
    Global,
    /// The resource's, by anybody; not our fault.
    Shared,
}

/// Discord's 429.
pub(super) fn rate_limited(after: Duration, scope: Scope) -> Response {
    let (headers, body) = rate_limit_parts(after, scope);
    (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
}

/// `Retry-After` is whole seconds, rounded up; the body has the fraction.
pub(super) fn rate_limit_parts(after: Duration, scope: Scope) -> (HeaderMap, Value) {
    let (scope_name, message) = match scope {
        Scope::User => ("user", "You are being rate limited."),
        Scope::Global => ("global", "You are being rate limited."),
        Scope::Shared => ("shared", "The resource is being rate limited."),
    };
    let is_global = scope == Scope::Global;
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", seconds.into());
    headers.insert("x-ratelimit-scope", HeaderValue::from_static(scope_name));
    if is_global {
        headers.insert("x-ratelimit-global", HeaderValue::from_static("true"));
    }
    (
        headers,
        json!({"message": message, "retry_after": after.as_secs_f64(), "global": is_global}),
    )
}
