//! GitHub's primary rate limits: so many requests in a window, by kind of resource.
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A kind of request with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// The REST API.
    Core,
    /// `/search/*` other than code.
    Search,
    /// `/search/code`: 10 a minute.
    CodeSearch,
    /// The GraphQL API.
    Graphql,
}

impl Resource {
    /// The resource that a request to this path draws on.
    pub(super) fn of(path: &str) -> Self {
        match path {
            "/search/code" => Self::CodeSearch,
            "/graphql" => Self::Graphql,
            _ if path.starts_with("/search/") => Self::Search,
            _ => Self::Core,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Search => "search",
            Self::CodeSearch => "code_search",
            Self::Graphql => "graphql",
        }
    }

    fn default_limit(self) -> u32 {
        match self {
            Self::Core | Self::Graphql => 5_000,
            Self::Search => 30,
            Self::CodeSearch => 10,
        }
    }

    fn window(self) -> SignedDuration {
        match self {
            Self::Core | Self::Graphql => SignedDuration::from_hours(1),
            Self::Search | Self::CodeSearch => SignedDuration::from_mins(1),
        }
    }

    const ALL: [Self; 4] = [Self::Core, Self::Search, Self::CodeSearch, Self::Graphql];
}

/// What was used of each limit.
#[derive(Debug, Default)]
pub(super) struct Limits {
    limits: BTreeMap<Resource, u32>,
    windows: BTreeMap<Resource, Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    used: u32,
    reset: Timestamp,
}

/// Where a limit stands after a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) resource: Resource,
    limit: u32,
    used: u32,
    reset: Timestamp,
    pub(super) exceeded: bool,
}

impl Limits {
    /// Allows so many requests a window from now on.
    pub(super) fn set(&mut self, resource: Resource, limit: u32) {
        self.limits.insert(resource, limit);
    }

    /// Counts one request.
    pub(super) fn count(&mut self, resource: Resource, now: Timestamp) -> Standing {
        let mut standing = self.standing(resource, now);
        if standing.used >= standing.limit {
            standing.exceeded = true;
        } else {
            standing.used += 1;
        }
        self.windows.insert(
            resource,
            Window {
                used: standing.used,
                reset: standing.reset,
            },
        );
        standing
    }

    fn standing(&self, resource: Resource, now: Timestamp) -> Standing {
        let limit = self
            .limits
            .get(&resource)
            .copied()
            .unwrap_or(resource.default_limit());
        let current = self
            .windows
            .get(&resource)
            .filter(|window| now < window.reset);
        let (used, reset) = current.map_or((0, now + resource.window()), |w| (w.used, w.reset));
        Standing {
            resource,
            limit,
            used,
            reset,
            exceeded: false,
        }
    }

    /// The body of `GET /rate_limit`.
    pub(super) fn overview(&self, now: Timestamp) -> Value {
        let all = Resource::ALL.map(|resource| self.standing(resource, now));
        let resources: serde_json::Map<_, _> = all
            .iter()
            .map(|s| (s.resource.name().to_owned(), s.to_json()))
            .collect();
        json!({ "rate": resources["core"], "resources": resources })
    }
}

impl Standing {
    fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }

    fn to_json(self) -> Value {
        json!({
            "limit": self.limit,
            "remaining": self.remaining(),
            "used": self.used,
            "reset": self.reset.as_second(),
            "resource": self.resource.name(),
        })
    }

    pub(super) fn write_to(&self, headers: &mut HeaderMap) {
        let numbers = [
            ("x-ratelimit-limit", i64::from(self.limit)),
            ("x-ratelimit-remaining", i64::from(self.remaining())),
            ("x-ratelimit-used", i64::from(self.used)),
            ("x-ratelimit-reset", self.reset.as_second()),
        ];
        for (name, value) in numbers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
        headers.insert(
            "x-ratelimit-resource",
            HeaderValue::from_static(self.resource.name()),
        );
    }
}
