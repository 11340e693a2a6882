//! The protocol of [`shared::executor`] over HTTP.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::executor::{Form, Health, MAX_REQUEST_BYTES, RunRequest, RunStatus, Steer};
use shared::id::{JobId, ThreadId};
use shared::trace::{Trace, TraceId};

use crate::run::{Run, Stop};
use crate::runs::{Runs, StartRefused};

/// What a caller without room to run is told to wait, in seconds.
const RETRY_AFTER: &str = "10";

/// How much of a file is in memory while it is sent.
const PIECE_BYTES: usize = 64 * 1024;

/// The routes of an executor.
pub fn router(runs: Arc<Runs>) -> Router {
    Router::new()
        .route("/runs", post(start))
        .route("/runs/{id}", get(status))
        .route("/runs/{id}/result", get(result))
        .route("/runs/{id}/checkpoint", get(checkpoint))
        .route("/runs/{id}/crash-report", get(crash_report))
        .route("/runs/{id}/steer", post(steer))
        .route("/runs/{id}/cancel", post(cancel))
        .layer(middleware::from_fn_with_state(runs.clone(), guard))
        .route("/health", get(health))
        .method_not_allowed_fallback(async || {
            Refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "not with this method".to_owned(),
            )
        })
        .fallback(async || Refusal(StatusCode::NOT_FOUND, "no such address".to_owned()))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(runs)
}

/// A status and why.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.0, Json(json!({ "error": self.1 }))).into_response();
        if self.0 == StatusCode::SERVICE_UNAVAILABLE {
            let wait = header::HeaderValue::from_static(RETRY_AFTER);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}

impl From<StartRefused> for Refusal {
    fn from(refused: StartRefused) -> Self {
        let status = match refused {
            StartRefused::Invalid(_) => StatusCode::BAD_REQUEST,
            StartRefused::Conflict => StatusCode::CONFLICT,
            StartRefused::Unconfined(_) => StatusCode::PRECONDITION_FAILED,
            StartRefused::Busy | StartRefused::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self(status, refused.to_string())
    }
}

/// Nobody passes without the token, if there is one.
async fn guard(State(runs): State<Arc<Runs>>, request: Request, next: Next) -> Response {
    if let Some(token) = &runs.config().token {
        let shown = request.headers().get(header::AUTHORIZATION);
        let shown = shown.map_or(&b""[..], |value| value.as_bytes());
        let wanted = format!("Bearer {}", token.expose());
        // Hashes are compared, so that the time it takes says nothing about the token.
        if Sha256::digest(shown) != Sha256::digest(&wanted) {
            let why = "the bearer token is missing or wrong".to_owned();
            return Refusal(StatusCode::UNAUTHORIZED, why).into_response();
        }
    }
    next.run(request).await
}

async fn start(
    State(runs): State<Arc<Runs>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<RunStatus>), Refusal> {
    // The message of a parse error may quote the body, which holds secrets: its place will do.
    let request: RunRequest = serde_json::from_slice(&body).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Refusal(StatusCode::BAD_REQUEST, format!("not a run: {place}"))
    })?;
    let span = span(&headers, &request);
    let status = span.in_scope(|| runs.start(request))?;
    Ok((StatusCode::ACCEPTED, Json(status)))
}

/// What every log line about a run is about: our caller's trace goes on here.
fn span(headers: &HeaderMap, request: &RunRequest) -> tracing::Span {
    let trace = Trace::from_headers(headers);
    tracing::info_span!(
        "run",
        run = %request.run_id,
        trace = trace.id.as_ref().map(TraceId::as_str),
        job = trace.job.as_ref().map(JobId::as_str),
        thread = trace.thread.as_ref().map(ThreadId::as_str),
    )
}

async fn status(
    State(runs): State<Arc<Runs>>,
    Path(id): Path<String>,
) -> Result<Json<RunStatus>, Refusal> {
    Ok(Json(find(&runs, &id)?.status()))
}

async fn result(
    State(runs): State<Arc<Runs>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let run = find(&runs, &id)?;
    Ok(match run.result() {
        Some(result) => Json(result).into_response(),
        None => (StatusCode::ACCEPTED, Json(run.status())).into_response(),
    })
}

async fn checkpoint(
    State(runs): State<Arc<Runs>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let run = find(&runs, &id)?;
    match run.checkpoint().await {
        Some(checkpoint) => Ok(Json(checkpoint).into_response()),
        None => Err(Refusal(
            StatusCode::CONFLICT,
            "there is no work to save".to_owned(),
        )),
    }
}

/// Not read into memory: several callers may fetch one at once.
async fn crash_report(
    State(runs): State<Arc<Runs>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let none = || {
        let why = "there is no crash report of this run, or none any more";
        Refusal(StatusCode::NOT_FOUND, why.to_owned())
    };
    let form = headers.get(header::ACCEPT);
    let form = Form::accepted(form.map_or(&b""[..], |accept| accept.as_bytes()));
    let run = find(&runs, &id)?;
    let (tar, size) = run.crash_report(form).ok_or_else(none)?;
    // Packing takes the processor for a while.
    let pieces = futures_util::stream::try_unfold(tar, async |tar| {
        tokio::task::spawn_blocking(move || next_piece(tar))
            .await
            .map_err(std::io::Error::other)?
    });
    let headers = [
        (header::CONTENT_TYPE, form.media_type().to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Some more of it, and the rest; none at its end.
fn next_piece<R: std::io::Read>(mut from: R) -> std::io::Result<Option<(Vec<u8>, R)>> {
    let mut piece = vec![0; PIECE_BYTES];
    let read = from.read(&mut piece)?;
    piece.truncate(read);
    Ok((read > 0).then_some((piece, from)))
}

async fn cancel(
    State(runs): State<Arc<Runs>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<RunStatus>), Refusal> {
    let run = find(&runs, &id)?;
    run.stop(Stop::Cancelled);
    Ok((StatusCode::ACCEPTED, Json(run.status())))
}

async fn steer(
    State(runs): State<Arc<Runs>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<RunStatus>), Refusal> {
    let bad = |why: String| Refusal(StatusCode::BAD_REQUEST, why);
    let steer: Steer = serde_json::from_slice(&body)
        .map_err(|error| bad(format!("not an instruction: {error}")))?;
    if let Some(problem) = steer.problem() {
        return Err(bad(problem));
    }
    let run = find(&runs, &id)?;
    run.steer(steer)
        .map_err(|refused| Refusal(StatusCode::CONFLICT, refused.to_string()))?;
    Ok((StatusCode::ACCEPTED, Json(run.status())))
}

async fn health(State(runs): State<Arc<Runs>>) -> Json<Health> {
    Json(runs.health())
}

fn find(runs: &Runs, id: &str) -> Result<Arc<Run>, Refusal> {
    let unknown = || Refusal(StatusCode::NOT_FOUND, "no such run".to_owned());
    runs.get(id).ok_or_else(unknown)
}
