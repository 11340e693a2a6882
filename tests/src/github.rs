//! GitHub as far as bugbot speaks to it, over a bare git repository (a real one on disk, but for the
//! simulation): REST, the GraphQL mutation that commits, App authentication, code search, and git
//! over smart HTTP.
//!
//! Invariant: there is one truth, the repository. What the API commits, a clone holds; what a push
//! moves, the API shows. A request either has its whole effect or none.
//!
//! Out of scope: forks, teams, branch protection.

mod access;
mod app;
mod checks;
mod commits;
mod gate;
mod graphql;
mod hook;
mod issues;
mod limits;
mod pulls;
mod refs;
mod refusal;
mod render;
mod repository;
mod reviews;
mod search;
mod seed;
mod smart_http;
mod state;
mod story;
#[cfg(test)]
mod tests;
mod webhook;

use std::ops::Deref;
use std::time::Duration;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};

pub use self::access::{
    APP_ID, APP_KEY_PEM, APP_LOGIN, INSTALLATION_ID, Level, Permissions, permissions,
};
pub use self::limits::Resource;
use self::refusal::Refusal;
pub use self::repository::{
    ChangeRefused, Changes, Commit, Entry, GitFailed, Person, Repository, Stat,
};
pub use self::seed::Files;
pub use self::state::{Comment, PullRequest, State};
pub use self::webhook::{Delivery, Told, Webhook};
use crate::fake::{Dialect, Fake};

/// Where a program reaches the API in-process: the production address.
pub const ORIGIN: &str = "https://api.github.com";

/// What the handlers share.
type Service = Fake<State>;

/// The longest text of an issue, a pull request or a comment.
const MAX_BODY_CHARACTERS: usize = 65_536;

/// A stand-in for GitHub. Clones are the same GitHub.
#[derive(Debug, Clone)]
pub struct GitHub {
    fake: Service,
}

impl Deref for GitHub {
    type Target = Fake<State>;

    fn deref(&self) -> &Fake<State> {
        &self.fake
    }
}

impl GitHub {
    /// Panics on violations and on planned faults that never struck.
    pub fn finish(&self) {
        self.fake.finish(&[]);
    }

    /// The API at `/`, and git at `/{owner}/{repo}.git`.
    pub fn router(&self) -> Router {
        let api = Router::new()
            .merge(refs::routes())
            .merge(commits::routes())
            .merge(pulls::routes())
            .merge(issues::routes())
            .merge(checks::routes())
            .merge(reviews::routes())
            .merge(search::routes())
            .merge(app::routes())
            .merge(hook::routes())
            .merge(graphql::routes())
            .layer(middleware::from_fn_with_state(
                self.fake.clone(),
                gate::pass,
            ));
        self.fake.equip(
            api.merge(smart_http::routes())
                .merge(checks::storage())
                .fallback(unknown),
        )
    }
}

/// What GitHub does not have, bugbot has no reason to ask for.
async fn unknown(Shared(fake): Shared<Service>, method: Method, uri: Uri) -> Refusal {
    fake.violation(format!("{method} {uri}: no such route"));
    Refusal::not_found()
}

const DIALECT: Dialect = Dialect {
    service: "GitHub",
    failure,
    rate_limited: secondary_limit,
};

/// Its front end's failures are HTML; those of the API are JSON. Clients must take either.
fn failure(status: StatusCode) -> Response {
    Refusal::new(status, "Server Error").into_response()
}

/// A secondary rate limit: 403, not 429, with `Retry-After`.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
fn secondary_limit(after: Duration) -> Response {
    let message =
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    Refusal::forbidden(message)
        .with_retry_after(after)
        .into_response()
}
