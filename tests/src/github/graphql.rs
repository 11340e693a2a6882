//! GitHub's GraphQL API: the mutation that commits, and the look-ups that go with it.

mod commit;
mod object;
mod pull;

use std::cell::RefCell;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};

use self::object::{Node, Object};
use super::Service;
use super::access::Grant;
use super::gate::Caller;
use super::refusal::{Answer, Refusal, ok};
use super::state::State;
use crate::graphql::{Api, Errors, Malformed, connections};

static API: LazyLock<Api> = LazyLock::new(|| Api::new(include_str!("schema.graphql")));

/// No connection gives more at once.
const LARGEST_PAGE: i64 = 100;

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/graphql", post(serve))
}

/// What one request sees while it is executed.
struct World<'a> {
    state: RefCell<&'a mut State>,
    grant: &'a Grant,
    errors: Errors,
}

async fn serve(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer {
    let operation = match API.parse(&body) {
        Ok(operation) => operation,
        Err(Malformed::Body(why)) => {
            fake.violation(format!("POST /graphql: {why}"));
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "Problems parsing JSON",
            ));
        }
        Err(Malformed::Invalid(reasons)) => {
            fake.violation(format!("POST /graphql: {}", reasons.join("; ")));
            return ok(
                json!({ "errors": reasons.iter().map(|r| json!({ "message": r })).collect::<Vec<_>>() }),
            );
        }
    };
    for connection in connections(&operation) {
        if !connection
            .bound
            .is_some_and(|bound| (1..=LARGEST_PAGE).contains(&bound))
        {
            fake.violation(format!(
                "POST /graphql: {} needs `first` or `last` up to 100",
                connection.field
            ));
            return ok(unbounded(&connection.field));
        }
    }
    let mut state = fake.lock();
    let world = World {
        state: RefCell::new(&mut *state),
        grant: caller.grant()?,
        errors: Errors::default(),
    };
    let root = if operation.is_mutation {
        Node::Mutation
    } else {
        Node::Query
    };
    ok(API.execute(
        &operation,
        &Object {
            world: &world,
            node: root,
        },
        &world.errors,
    ))
}

fn unbounded(field: &str) -> Value {
    let message = format!(
        "You must provide a `first` or `last` value to properly paginate the `{field}` connection, up to 100."
    );
    json!({ "errors": [{ "type": "MISSING_PAGINATION_BOUNDARIES", "message": message }] })
}
