//! The HTTP port over real sockets, for stories that drive workerd: plain HTTP, loopback only.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use shared::http::{Http, MAX_RESPONSE_BYTES, Request, Response, Unreachable};

/// Sends over loopback sockets.
#[derive(Debug, Clone)]
pub struct Sockets(Client<HttpConnector, Full<Bytes>>);

impl Sockets {
    /// A client with its own pool of connections.
    pub fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl Default for Sockets {
    fn default() -> Self {
        Self::new()
    }
}

impl Http for Sockets {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        let host = request.uri().host();
        assert!(
            matches!(host, Some("127.0.0.1" | "localhost")),
            "tests stay on this machine: {}",
            request.uri()
        );
        let exchange = async {
            let response = self
                .0
                .request(request.map(|body| Full::new(body.into())))
                .await;
            let (parts, body) = response
                .map_err(|e| Unreachable::Connection(e.to_string()))?
                .into_parts();
            let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await;
            let body = body.map_err(|e| {
                if e.is::<http_body_util::LengthLimitError>() {
                    Unreachable::TooLarge
                } else {
                    Unreachable::Connection(e.to_string())
                }
            })?;
            Ok(Response::from_parts(parts, body.to_bytes().into()))
        };
        tokio::time::timeout(within, exchange)
            .await
            .unwrap_or(Err(Unreachable::TimedOut(within)))
    }
}
