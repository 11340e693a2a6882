//! Faults that a test plans for a fake: the next request that matches fails before or after its
//! effect, loses its connection, is rate-limited, or is answered late.
//!
//! "After its effect" is the case that makes retries dangerous: the handler runs, its answer is
//! thrown away. A plan that never strikes fails the test in `finish()`: a test of a fault that
//! did not happen proves nothing.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, StatusCode};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answers this status, and nothing has happened.
    BeforeEffect(u16),
    /// Answers this status although the request took effect.
    AfterEffect(u16),
    /// The connection breaks, and nothing has happened.
    DropBefore,
    /// The connection breaks although the request took effect.
    DropAfter,
    /// The service's own "too many requests"; nothing has happened.
    RateLimit {
        /// How long it asks to wait.
        retry_after: Duration,
    },
    /// The request takes effect at once and is answered after this time.
    Delay(Duration),
    /// Exactly this answer in place of the service's; nothing has happened.
    Answer(Canned),
}

/// A whole answer, written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canned {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
}

impl Canned {
    /// A JSON answer.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("a valid status"),
            headers: vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
            body: body.to_string().into(),
        }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a valid header value");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    pub(crate) fn to_response(&self) -> Response {
        let mut response = Response::new(self.body.clone().into());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers.iter().cloned());
        response
    }
}

/// Which requests a fault strikes.
///
/// Written as `"POST /api/v10/channels/*/messages"`: a method or `*`, then a path in which `*`
/// stands for one segment and a last `**` for all that follow. `"*"` alone is every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// `None` is any method.
    method: Option<Method>,
    segments: Vec<String>,
    body_contains: Option<String>,
}

impl Matcher {
    /// Parses the notation above.
    pub fn new(pattern: &str) -> Self {
        let (method, path) = pattern.split_once(' ').unwrap_or((pattern, "/**"));
        let method = (method != "*").then(|| {
            Method::from_bytes(method.as_bytes()).expect("the pattern starts with a method")
        });
        assert!(
            path.starts_with('/'),
            "the path of the pattern {pattern:?} starts with a slash"
        );
        let segments = path.split('/').skip(1).map(str::to_owned).collect();
        Self {
            method,
            segments,
            body_contains: None,
        }
    }

    /// Further narrows to requests whose body holds `text`: tells GraphQL operations apart.
    #[must_use]
    pub fn with_body(mut self, text: impl Into<String>) -> Self {
        self.body_contains = Some(text.into());
        self
    }

    /// Whether the request matches.
    pub fn matches(&self, method: &Method, path: &str, body: &[u8]) -> bool {
        self.method.as_ref().is_none_or(|m| m == method)
            && self.matches_path(path)
            && self
                .body_contains
                .as_ref()
                .is_none_or(|text| contains(body, text.as_bytes()))
    }

    fn matches_path(&self, path: &str) -> bool {
        let mut actual = path.split('/').skip(1);
        for segment in &self.segments {
            if segment == "**" {
                return true;
            }
            match actual.next() {
                Some(found) if segment == "*" || segment == found => {}
                _ => return false,
            }
        }
        actual.next().is_none()
    }
}

impl From<&str> for Matcher {
    fn from(pattern: &str) -> Self {
        Self::new(pattern)
    }
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// The faults still to strike, in the order in which they were planned.
#[derive(Debug, Default)]
pub(crate) struct Plan(Vec<Planned>);

#[derive(Debug)]
struct Planned {
    matcher: Matcher,
    fault: Fault,
    left: u32,
}

impl Plan {
    pub(crate) fn add(&mut self, matcher: Matcher, fault: Fault, times: u32) {
        self.0.push(Planned {
            matcher,
            fault,
            left: times,
        });
    }

    /// The fault that strikes this request, if any; it is then used up once.
    pub(crate) fn take(&mut self, method: &Method, path: &str, body: &[u8]) -> Option<Fault> {
        let planned = self
            .0
            .iter_mut()
            .find(|p| p.left > 0 && p.matcher.matches(method, path, body))?;
        planned.left -= 1;
        Some(planned.fault.clone())
    }

    /// The faults that have not struck as often as planned.
    pub(crate) fn unread(&self) -> Vec<String> {
        let unread = self.0.iter().filter(|p| p.left > 0);
        unread
            .map(|p| format!("{:?} for {:?}, {} more time(s)", p.fault, p.matcher, p.left))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, method: &str, path: &str) -> bool {
        Matcher::new(pattern).matches(&method.parse().unwrap(), path, b"")
    }

    #[test]
    fn a_star_is_one_segment_and_two_are_the_rest() {
        assert!(matches("GET /a/*/c", "GET", "/a/b/c"));
        assert!(!matches("GET /a/*/c", "GET", "/a/b/d"));
        assert!(!matches("GET /a/*", "GET", "/a/b/c"));
        assert!(!matches("GET /a/b/c", "GET", "/a/b"));
        assert!(matches("GET /a/**", "GET", "/a/b/c"));
        assert!(matches("* /a", "PATCH", "/a"));
        assert!(!matches("GET /a", "PATCH", "/a"));
        assert!(matches("*", "PUT", "/x/y"));
    }

    #[test]
    fn a_body_tells_two_operations_on_one_path_apart() {
        let create = Matcher::new("POST /graphql").with_body("issueCreate");
        assert!(create.matches(
            &Method::POST,
            "/graphql",
            br#"{"query":"mutation { issueCreate }"}"#
        ));
        assert!(!create.matches(&Method::POST, "/graphql", br#"{"query":"{ issue }"}"#));
    }

    #[test]
    fn faults_strike_in_the_order_planned_and_only_so_often() {
        let mut plan = Plan::default();
        plan.add("GET /a".into(), Fault::DropBefore, 1);
        plan.add("*".into(), Fault::BeforeEffect(500), 1);
        assert_eq!(plan.take(&Method::GET, "/a", b""), Some(Fault::DropBefore));
        assert_eq!(plan.unread().len(), 1);
        assert_eq!(
            plan.take(&Method::GET, "/a", b""),
            Some(Fault::BeforeEffect(500))
        );
        assert_eq!(plan.take(&Method::GET, "/a", b""), None);
        assert!(plan.unread().is_empty());
    }
}
