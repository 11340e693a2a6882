//! The calls of the executor protocol.

use axum::extract::{Path, Request, State as Shared};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use shared::executor::{AgentNetwork, Health, MAX_REQUEST_BYTES, RunRequest, Steer};

use super::state::State;
use crate::fake::{Dropped, Fake};

type Service = Fake<State>;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/health", get(health))
        .route("/runs", post(start))
        .route("/runs/{id}", get(status))
        .route("/runs/{id}/checkpoint", get(checkpoint))
        .route("/runs/{id}/result", get(result))
        .route("/runs/{id}/crash-report", get(crash_report))
        .route("/runs/{id}/steer", post(steer))
        .route("/runs/{id}/cancel", post(cancel))
        .fallback(
            |Shared(fake): Shared<Service>, request: Request| async move {
                fake.violation(format!(
                    "{} {}: no such route",
                    request.method(),
                    request.uri()
                ));
                refuse(StatusCode::NOT_FOUND, "no such route")
            },
        )
        .layer(axum::extract::DefaultBodyLimit::disable())
}

impl super::ExecutorFake {
    /// Around everything: the token, the time that has passed, and silence.
    pub(super) fn guarded(&self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self.0.clone(), guard))
    }
}

async fn guard(Shared(fake): Shared<Service>, request: Request, next: Next) -> Response {
    let (silent, token) = {
        let mut state = fake.lock();
        state.pass_time();
        (state.is_silent(), format!("Bearer {}", state.token))
    };
    if silent {
        let mut response = Response::default();
        response.extensions_mut().insert(Dropped);
        return response;
    }
    if request.uri().path() == "/health" {
        return next.run(request).await;
    }
    let shown = request.headers().get(http::header::AUTHORIZATION);
    if shown.is_none_or(|shown| shown.as_bytes() != token.as_bytes()) {
        fake.violation(format!("{}: without the token", request.uri()));
        return refuse(
            StatusCode::UNAUTHORIZED,
            "the bearer token is missing or wrong",
        );
    }
    next.run(request).await
}

async fn health(Shared(fake): Shared<Service>) -> Json<Health> {
    let (active, refused) = {
        let state = fake.lock();
        (state.active().len(), state.network_refused.clone())
    };
    let network = refused.map_or(AgentNetwork::Closed, |reason| AgentNetwork::Refused {
        reason,
    });
    Json(Health {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        active_runs: u32::try_from(active).unwrap_or(u32::MAX),
        accepting: true,
        agent_network: Some(network),
    })
}

async fn start(Shared(fake): Shared<Service>, body: Bytes) -> Response {
    let request = match serde_json::from_slice::<RunRequest>(&body) {
        Ok(request) if body.len() <= MAX_REQUEST_BYTES => request,
        Ok(_) => return mistake(&fake, StatusCode::PAYLOAD_TOO_LARGE, "too large"),
        Err(error) => {
            return mistake(
                &fake,
                StatusCode::BAD_REQUEST,
                &format!("not a run: {error}"),
            );
        }
    };
    if let Some(why) = nonsense(&request) {
        return mistake(&fake, StatusCode::BAD_REQUEST, why);
    }
    let known = {
        let mut state = fake.lock();
        let id = request.run_id.as_str();
        let is_same = state
            .run(id)
            .map(|(run, _)| run.request.is_same_run(&request));
        // A repeat may be where its end is heard of.
        is_same.zip(state.tell(id))
    };
    match known {
        Some((true, status)) => (StatusCode::ACCEPTED, Json(status)).into_response(),
        Some((false, _)) => mistake(&fake, StatusCode::CONFLICT, "another run has this id"),
        None => {
            let status = fake.lock().start(request);
            (StatusCode::ACCEPTED, Json(status)).into_response()
        }
    }
}

/// Why the real executor would not take it.
fn nonsense(request: &RunRequest) -> Option<&'static str> {
    let id = request.run_id.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let commit = request.source.base_commit.as_str();
    if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
        Some("the run's id is no id")
    } else if commit.len() != 40 || !commit.chars().all(|c| c.is_ascii_hexdigit()) {
        Some("the base commit is no commit")
    } else if !request.source.url.starts_with("https://") || request.source.url.contains('@') {
        Some("the repository's address is not https without credentials")
    } else if request.steers.len() > Steer::MAX_COUNT
        || request.steers.iter().any(|steer| steer.problem().is_some())
    {
        Some("an instruction is too long, or there are too many")
    } else if request.source.token.is_none() {
        Some("a private repository takes a token")
    } else {
        None
    }
}

async fn status(Shared(fake): Shared<Service>, Path(id): Path<String>) -> Response {
    let status = fake.lock().tell(&id);
    status.map_or_else(unknown, |status| Json(status).into_response())
}

async fn result(Shared(fake): Shared<Service>, Path(id): Path<String>) -> Response {
    let found = {
        let state = fake.lock();
        let run = state.run(&id);
        run.map(|(run, now)| (run.result(now), run.status(now)))
    };
    match found {
        None => unknown(),
        Some((Some(result), _)) => Json(result).into_response(),
        Some((None, status)) => (StatusCode::ACCEPTED, Json(status)).into_response(),
    }
}

async fn crash_report(
    Shared(fake): Shared<Service>,
    Path(id): Path<String>,
    headers: http::HeaderMap,
) -> Response {
    let accept = headers.get(http::header::ACCEPT);
    let accept = accept.map_or(&b""[..], |it| it.as_bytes());
    let given = {
        let state = fake.lock();
        let run = state.run(&id);
        run.and_then(|(run, now)| {
            let form = run.given_as(accept);
            Some((form, run.report_as(form, now)?.to_vec()))
        })
    };
    let Some((form, bytes)) = given else {
        return refuse(StatusCode::NOT_FOUND, "there is no crash report");
    };
    if form.media_type().as_bytes() != accept {
        let why = "a crash report was asked for in a form that is not given";
        fake.violation(why.to_owned());
        return refuse(StatusCode::NOT_ACCEPTABLE, why);
    }
    let head = [(http::header::CONTENT_TYPE, form.media_type())];
    (head, bytes).into_response()
}

async fn checkpoint(Shared(fake): Shared<Service>, Path(id): Path<String>) -> Response {
    let checkpoint = fake.lock().run(&id).map(|(run, now)| run.checkpoint(now));
    match checkpoint {
        None => unknown(),
        Some(Some(checkpoint)) => Json(checkpoint).into_response(),
        Some(None) => refuse(StatusCode::CONFLICT, "there is no work to save"),
    }
}

async fn steer(Shared(fake): Shared<Service>, Path(id): Path<String>, body: Bytes) -> Response {
    let steer = match serde_json::from_slice::<Steer>(&body) {
        Ok(steer) => steer,
        Err(error) => {
            return mistake(
                &fake,
                StatusCode::BAD_REQUEST,
                &format!("no steer: {error}"),
            );
        }
    };
    if let Some(problem) = steer.problem() {
        return mistake(&fake, StatusCode::BAD_REQUEST, &problem);
    }
    let taken = fake.lock().steer(&id, steer);
    match taken {
        None => unknown(),
        Some(Ok(status)) => (StatusCode::ACCEPTED, Json(status)).into_response(),
        Some(Err(why)) => refuse(StatusCode::CONFLICT, why),
    }
}

async fn cancel(Shared(fake): Shared<Service>, Path(id): Path<String>) -> Response {
    let status = fake.lock().cancel(&id);
    status.map_or_else(unknown, |status| {
        (StatusCode::ACCEPTED, Json(status)).into_response()
    })
}

fn unknown() -> Response {
    refuse(StatusCode::NOT_FOUND, "no such run")
}

fn mistake(fake: &Service, status: StatusCode, why: &str) -> Response {
    fake.violation(format!("POST /runs: {why}"));
    refuse(status, why)
}

fn refuse(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({"error": why}))).into_response()
}
