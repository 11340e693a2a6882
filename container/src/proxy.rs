//! Between the agent and the model: one small server a run, on loopback or, for an agent without
//! network, behind a socket that only its relay reaches ([`crate::confine`]).
//!
//! What it forwards to is the gateway, with a token that is good for this job's calls only; the
//! real key is there.
//!
//! Invariants: the token never reaches the agent, and the agent's key opens nothing but this
//! server while its run lasts. Only `POST /v1/messages` and `/v1/messages/count_tokens` pass.
//! When the budget is used up nothing passes any more, whatever the agent makes of its own
//! limits.
//!
//! It also retries what the service says is temporary, so that one overloaded minute does not
//! cost a whole run: only before the first byte of an answer, which makes it safe.

mod upstream;
mod usage;

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use sha2::{Digest, Sha256};
use shared::executor::ModelAccess;
use shared::model::Prices;
use shared::secret::Secret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::{Instrument as _, Span};

use crate::confine::relay::{self, SocketPath};
use upstream::Upstream;
pub use usage::Meter;

/// The service's own limit. <https://docs.anthropic.com/en/api/overview#request-size-limits>
const MAX_REQUEST_BYTES: usize = 32 * 1024 * 1024;

/// The model as the agent sees it. It is gone when this is dropped.
#[derive(Debug)]
pub struct ModelProxy {
    base_url: String,
    socket: Option<PathBuf>,
    key: Secret,
    meter: Arc<Meter>,
    serving: JoinHandle<()>,
}

struct Shared {
    key: Secret,
    upstream: Upstream,
    meter: Arc<Meter>,
    /// The run's: what is logged about a call names it.
    span: Span,
}

impl ModelProxy {
    /// Starts with a new key and this much money to spend: behind `socket` for an agent without
    /// network, otherwise on a free port.
    pub async fn start(
        model: &ModelAccess,
        budget_usd: f64,
        prices: Prices,
        socket: Option<PathBuf>,
    ) -> io::Result<Self> {
        let key = new_key()?;
        let meter = Arc::new(Meter::new(budget_usd, prices));
        let shared = Arc::new(Shared {
            key: key.clone(),
            upstream: Upstream::new(model).map_err(io::Error::other)?,
            meter: meter.clone(),
            span: Span::current(),
        });
        let routes = Router::new()
            .route("/v1/messages", post(forward))
            .route("/v1/messages/count_tokens", post(forward))
            .fallback(async || refusal(StatusCode::NOT_FOUND, "not_found_error", "Not found"))
            .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
            .with_state(shared);
        let (base_url, serving) = if let Some(path) = &socket {
            let listener = SocketPath::new(path)?.listen()?;
            let base_url = format!("http://{}:{}", Ipv4Addr::LOCALHOST, relay::PORT);
            (base_url, tokio::spawn(serve(listener, routes)))
        } else {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let base_url = format!("http://{}", listener.local_addr()?);
            (base_url, tokio::spawn(serve(listener, routes)))
        };
        Ok(Self {
            base_url,
            socket,
            key,
            meter,
            serving,
        })
    }

    /// `ANTHROPIC_BASE_URL` for the agent.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The socket that a relay has to pass on to, if it listens on one.
    pub fn socket(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// `ANTHROPIC_API_KEY` for the agent.
    pub fn key(&self) -> &Secret {
        &self.key
    }

    /// What has gone through.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }
}

impl Drop for ModelProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve<L>(listener: L, routes: Router)
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "a model proxy failed");
    }
}

async fn forward(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let shown = headers
        .get("x-api-key")
        .map_or(&b""[..], |value| value.as_bytes());
    // Hashes are compared, so that the time it takes says nothing about the key.
    if Sha256::digest(shown) != Sha256::digest(shared.key.expose()) {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "authentication_error",
            "invalid x-api-key",
        );
    }
    if shared.meter.is_exhausted() {
        shared.meter.note_exhausted();
        return refusal(
            StatusCode::FORBIDDEN,
            "permission_error",
            "The budget is used up.",
        );
    }
    shared
        .upstream
        .send(&uri, &headers, body, &shared.meter)
        .instrument(shared.span.clone())
        .await
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    let error = serde_json::json!({ "type": kind, "message": message });
    (
        status,
        axum::Json(serde_json::json!({ "type": "error", "error": error })),
    )
        .into_response()
}

fn new_key() -> io::Result<Secret> {
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Secret::new(format!("sk-ant-run-{}", hex::encode(random))))
}
