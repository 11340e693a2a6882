//! The webhook: requests from programs on this machine become events.
//!
//! Invariants: a 202 is sent after the event is in its inbox; every request is bounded in bytes and time,
//! every connection in number.
//!
//! A page in a browser can send requests to loopback too, and would speak to whoever reads the inbox.
//! Browsers say so (`Origin`, `Sec-Fetch-Site`); programs do not. What says so is refused.

mod answer;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use shared::hooks::{EventId, HEALTH_PATH, MAX_BODY_BYTES, Refusal};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::counts::Counts;
use crate::emitter::Emitter;
use crate::live::Live;

/// Connections at once; others wait to be accepted.
const CONNECTIONS: usize = 256;
/// For the head of a request, from the first moment of its connection.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// For its body.
const BODY_LIMIT: Duration = Duration::from_secs(10);
/// After an accept that failed, for want of file descriptors perhaps.
const PAUSE: Duration = Duration::from_millis(100);

/// What answers requests.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) live: Live,
    pub(crate) counts: Arc<Counts>,
    pub(crate) emitter: Emitter,
}

/// Listens on an address.
pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves until `stop` says so; then it answers the requests that have begun, and returns.
pub(crate) async fn serve(listener: TcpListener, hook: Hook, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, place)) => {
                let (hook, stop) = (hook.clone(), stop.clone());
                connections.spawn(async move {
                    connection(stream, hook, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = room
        .clone()
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    let _ = stream.set_nodelay(true);
    Ok((stream, place))
}

async fn connection(stream: TcpStream, hook: Hook, mut stop: watch::Receiver<bool>) {
    let service = service_fn(move |request| {
        let hook = hook.clone();
        async move { Ok::<_, Infallible>(hook.answer(request).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // How a connection ends is its other end's business.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Hook {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.uri().path() == HEALTH_PATH {
            return match *request.method() {
                Method::GET | Method::HEAD => answer::json(StatusCode::OK, self.counts.to_json()),
                _ => answer::refused(&Refusal::Method("GET, HEAD")),
            };
        }
        let settings = self.live.now();
        let (head, body) = request.into_parts();
        let route = match settings.routes.find(&head.method, head.uri.path()) {
            Ok(route) => route,
            Err(refusal) => return self.refuse(&refusal, head.uri.path()),
        };
        self.counts.received(1);
        if is_from_a_browser(&head.headers) {
            return self.not_done(
                StatusCode::FORBIDDEN,
                route.path.as_str(),
                "requests of browsers are refused",
            );
        }
        if let Some(encoding) = encoding(&head.headers) {
            let why = format!("the body is encoded ({encoding}): it has to be sent as it is");
            return self.not_done(StatusCode::BAD_REQUEST, route.path.as_str(), &why);
        }
        let draft = match read(body).await {
            Ok(body) => route.draft(&body),
            Err(NotRead::TooLarge) => Err(Refusal::TooLarge),
            Err(NotRead::TooSlow) => {
                return self.not_done(
                    StatusCode::REQUEST_TIMEOUT,
                    route.path.as_str(),
                    "the body did not come in time",
                );
            }
            Err(NotRead::Broken(why)) => {
                return self.not_done(StatusCode::BAD_REQUEST, route.path.as_str(), &why);
            }
        };
        let draft = match draft {
            Ok(draft) => draft,
            Err(refusal) => return self.refuse(&refusal, route.path.as_str()),
        };
        let to = draft.to.clone();
        let id = match random_id() {
            Ok(id) => id,
            Err(error) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return self.not_done(status, route.path.as_str(), &error.to_string());
            }
        };
        let event = draft.stamped(&settings.agent, id, (settings.clock)());
        let emitted = self
            .emitter
            .emit(settings.inbox.clone(), to, event.line())
            .await;
        match emitted {
            Ok(()) => {
                tracing::debug!(
                    route = route.path.as_str(),
                    id = event.id.as_str(),
                    "emitted"
                );
                answer::accepted(&event.id)
            }
            Err(error) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                self.not_done(status, route.path.as_str(), &error.to_string())
            }
        }
    }

    fn refuse(&self, refusal: &Refusal, path: &str) -> Response<Full<Bytes>> {
        self.counts.errors(1);
        tracing::warn!(path, status = refusal.status().as_u16(), reason = %refusal, "a request was refused");
        answer::refused(refusal)
    }

    fn not_done(&self, status: StatusCode, path: &str, reason: &str) -> Response<Full<Bytes>> {
        self.counts.errors(1);
        tracing::warn!(
            path,
            status = status.as_u16(),
            reason,
            "a request was refused"
        );
        answer::error(status, reason)
    }
}

fn is_from_a_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

/// What the body is packed with: nothing is unpacked here.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let named = headers.get(header::CONTENT_ENCODING)?;
    let named = String::from_utf8_lossy(named.as_bytes());
    let named = named.trim().to_ascii_lowercase();
    (!matches!(named.as_str(), "" | "identity")).then_some(named)
}

enum NotRead {
    TooLarge,
    TooSlow,
    Broken(String),
}

async fn read(body: Incoming) -> Result<Bytes, NotRead> {
    let collected = tokio::time::timeout(BODY_LIMIT, Limited::new(body, MAX_BODY_BYTES).collect());
    match collected.await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(NotRead::TooLarge),
        Ok(Err(error)) => Err(NotRead::Broken(error.to_string())),
        Err(_) => Err(NotRead::TooSlow),
    }
}

fn random_id() -> Result<EventId, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(EventId::of(bytes))
}
