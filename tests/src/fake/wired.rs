//! The HTTP port, wired to routers in this process: no sockets, no serialisation.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use shared::http::{Http, MAX_RESPONSE_BYTES, Request, Response, Unreachable};
use tower::ServiceExt;
use url::Url;

use super::Dropped;

/// Carries each request to the router that stands for its origin.
///
/// A request to an origin that nothing stands for panics: in production it would have left for
/// a host that nobody chose.
#[derive(Debug, Clone, Default)]
pub struct Wired {
    routers: BTreeMap<String, Router>,
}

impl Wired {
    /// Knows no origin yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, `router` stands for the origin of `url` (`https://discord.com`); a path in
    /// it is ignored.
    #[must_use]
    pub fn at(mut self, url: &str, router: Router) -> Self {
        self.routers.insert(origin(url), router);
        self
    }
}

fn origin(url: &str) -> String {
    let url = Url::parse(url).unwrap_or_else(|e| panic!("{url:?} is not an absolute URL: {e}"));
    url.origin().ascii_serialization()
}

impl Http for Wired {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        let origin = origin(&request.uri().to_string());
        let router = self.routers.get(&origin);
        let router = router.unwrap_or_else(|| {
            panic!(
                "nothing stands for {origin}: {} {}",
                request.method(),
                request.uri()
            )
        });
        let answer = router.clone().oneshot(over_the_wire(request));
        let Ok(Ok(response)) = tokio::time::timeout(within, answer).await else {
            return Err(Unreachable::TimedOut(within));
        };
        if response.extensions().get::<Dropped>().is_some() {
            return Err(Unreachable::Connection(
                "dropped by the fault plan".to_owned(),
            ));
        }
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, MAX_RESPONSE_BYTES)
            .await
            .map_err(|_| Unreachable::TooLarge)?;
        Ok(Response::from_parts(parts, body.to_vec()))
    }
}

/// What a server sees of a request: a path without the origin, and a `Host`.
fn over_the_wire(request: Request) -> axum::extract::Request {
    let (mut parts, body) = request.into_parts();
    if let Some(authority) = parts.uri.authority() {
        let host = authority
            .as_str()
            .parse()
            .expect("an authority is a valid header value");
        parts.headers.entry(http::header::HOST).or_insert(host);
    }
    let path = parts
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    parts.uri = path.parse().expect("a URI's own path is a valid URI");
    if !body.is_empty() {
        parts
            .headers
            .entry(http::header::CONTENT_LENGTH)
            .or_insert(body.len().into());
    }
    axum::extract::Request::from_parts(parts, Body::from(body))
}
