//! `POST /graphql`: credential, limits, schema, then execution.

use std::cell::RefCell;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Service;
use super::limits::{Budget, Standing, refusal};
use super::state::{Key, State};
use super::world::{Node, Object, World};
use crate::graphql::{Api, Errors, Malformed, Operation, connections};

/// Linear's published schema, without its descriptions: see its first lines.
static API: LazyLock<Api> =
    LazyLock::new(|| Api::new(include_str!("../../fixtures/linear/schema.graphql")));

/// No connection gives more at once.
const LARGEST_PAGE: i64 = 250;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/graphql", post(serve))
        .fallback(unknown)
}

async fn unknown(Shared(fake): Shared<Service>, method: Method, uri: Uri) -> StatusCode {
    fake.violation(format!(
        "{method} {uri}: Linear has one endpoint, POST /graphql"
    ));
    StatusCode::NOT_FOUND
}

async fn serve(Shared(fake): Shared<Service>, headers: HeaderMap, body: Bytes) -> Response {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    if !is_json {
        fake.violation("the Content-Type is not application/json");
        return malformed(&[
            "This operation has been blocked as a potential Cross-Site Request Forgery".to_owned(),
        ]);
    }
    let mut state = fake.lock();
    let key = match authenticate(&state, &headers) {
        Ok(key) => key,
        Err((status, message)) => return unauthenticated(status, message),
    };
    let now = state.now();
    let mut standings = vec![state.limits.count(Budget::Requests, now)];
    let operation = match API.parse(&body) {
        Ok(operation) => operation,
        Err(Malformed::Body(reason)) => {
            drop(state);
            fake.violation(format!("no GraphQL request: {reason}"));
            return malformed(&[reason]);
        }
        Err(Malformed::Invalid(reasons)) => {
            drop(state);
            fake.violation(format!("not in the schema: {}", reasons.join("; ")));
            return malformed(&reasons);
        }
    };
    if operation.selects("searchIssues") {
        standings.push(state.limits.count(Budget::Search, now));
    }
    let mut response = if standings.iter().any(|standing| standing.exceeded) {
        refusal()
    } else {
        execute(&fake, &mut state, &key, &operation)
    };
    for standing in &standings {
        Standing::write_to(standing, response.headers_mut());
    }
    response
}

fn execute(fake: &Service, state: &mut State, key: &Key, operation: &Operation) -> Response {
    for connection in connections(operation) {
        match connection.bound {
            Some(bound) if (1..=LARGEST_PAGE).contains(&bound) => {}
            Some(bound) => fake.violation(format!("{}: a page of {bound}", connection.field)),
            None => fake.violation(format!("{}: a list without `first`", connection.field)),
        }
    }
    let world = World {
        state: RefCell::new(state),
        key,
        errors: Errors::default(),
        unmodelled: RefCell::default(),
    };
    let root = if operation.is_mutation {
        Node::Mutation
    } else {
        Node::Query
    };
    let body = API.execute(
        operation,
        &Object {
            world: &world,
            node: root,
        },
        &world.errors,
    );
    for field in world.unmodelled.take() {
        fake.violation(format!("{field} is not modelled"));
    }
    Json(body).into_response()
}

/// 400, with one error a reason.
fn malformed(reasons: &[String]) -> Response {
    let error = |reason: &String| {
        let extensions = json!({ "code": "GRAPHQL_VALIDATION_FAILED", "type": "graphql error", "userError": true });
        json!({ "message": reason, "extensions": extensions })
    };
    let errors: Value = reasons.iter().map(error).collect();
    (StatusCode::BAD_REQUEST, Json(json!({ "errors": errors }))).into_response()
}

/// A personal key goes as it is; the token of an OAuth application goes as a bearer.
fn authenticate(state: &State, headers: &HeaderMap) -> Result<Key, (StatusCode, &'static str)> {
    const REQUIRED: &str = "Authentication required, not authenticated";
    const NO_BEARER: &str = "It looks like you're trying to use an API key as a Bearer token. Remove the Bearer \
                             prefix from the Authorization header.";
    // Linear is known to answer 400 to some and 401 to others: clients must take both.
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok());
    let given = given.ok_or((StatusCode::BAD_REQUEST, REQUIRED))?;
    let bearer = given.strip_prefix("Bearer ");
    if bearer.is_some_and(|token| token.starts_with("lin_api_")) {
        return Err((StatusCode::BAD_REQUEST, NO_BEARER));
    }
    let token = bearer.unwrap_or(given);
    let key = state
        .keys
        .get(token)
        .filter(|_| bearer.is_some() == token.starts_with("lin_oauth_"));
    key.cloned().ok_or((StatusCode::UNAUTHORIZED, REQUIRED))
}

fn unauthenticated(status: StatusCode, message: &str) -> Response {
    let error = json!({
        "message": message,
        "extensions": {
            "type": "authentication error",
            "code": "AUTHENTICATION_ERROR",
            "statusCode": 401,
            "userError": true,
            "userPresentableMessage": "You need to authenticate to access this operation.",
        },
    });
    (status, Json(json!({ "errors": [error] }))).into_response()
}
