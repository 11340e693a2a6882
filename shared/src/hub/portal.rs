//! The portal: the whole decision about a request below `/api/bugseti/`.
//!
//! Invariants:
//! - A request is known by its method and its raw path: an id is one percent-encoded segment, and
//!   `claimed` is never an id.
//! - Nothing of a body is looked at before its key held, but for a login's, which has none.
//! - A client acts for itself: the `client_id` that it sends has to be the one that its key is of.
//! - One answer serves both generations of clients: it carries what either reads.
//!
//! Out of scope: what a claim is and who gets it ([`super::claim`]), who is let in
//! ([`super::clients`]).

mod answer;
mod body;
mod claims;
mod login;
mod numbers;
mod route;
mod wire;

use ::http::header::AUTHORIZATION;

use self::answer::Problem;
use self::route::Route;
use super::clients::{self, Admitted};
use super::key::{self, KeyHash};
use super::setup::HubSettings;
use super::{HubSetup, Hubs, Shard};
use crate::http::{Http, Request, Response};
use crate::log::{Event, Said};
use crate::ports::{Clock, Entropy, Log};
use crate::trace::Trace;

/// Where the portal is.
pub const ROOT: &str = "/api/bugseti/";
/// The longest body: 500 names of repositories, with room.
pub const MAX_BODY_BYTES: usize = 128 * 1024;
/// Where a request came from, as Cloudflare says.
pub const ADDRESS_HEADER: &str = "cf-connecting-ip";

/// What the portal needs from its platform.
pub trait Ports {
    /// To forges.
    fn http(&self) -> &impl Http;
    /// To the objects.
    fn hubs(&self) -> &impl Hubs;
    /// The time.
    fn clock(&self) -> &impl Clock;
    /// Chance, for keys.
    fn entropy(&self) -> &impl Entropy;
    /// Log lines.
    fn log(&self) -> &impl Log;
}

/// Answers one request. Never fails: whatever comes in, this is the answer.
pub async fn handle(request: &Request, setup: &HubSetup, ports: &impl Ports) -> Response {
    let Ok(settings) = setup.settings() else {
        return answer::problem(&Problem::Off);
    };
    if request.body().len() > MAX_BODY_BYTES {
        return answer::problem(&Problem::TooLarge);
    }
    let route = match Route::of(request) {
        Ok(route) => route,
        Err(problem) => return answer::problem(&problem),
    };
    let desk = Desk { ports, settings };
    if matches!(route, Route::LogIn) {
        let done = desk.log_in(request).await;
        return done.unwrap_or_else(|problem| desk.refuse(&problem));
    }
    let admitted = match desk.admit(request, &route).await {
        Ok(admitted) => admitted,
        Err(problem) => return desk.refuse(&problem),
    };
    let done = desk.act(&route, request, &admitted).await;
    let response = done.unwrap_or_else(|problem| desk.refuse(&problem));
    answer::with_rate(response, &admitted.rate)
}

/// The answer to a body that was not read to its end.
pub(crate) fn too_large() -> Response {
    answer::problem(&Problem::TooLarge)
}

/// What stands behind the scheme, whose letters may be of either case (RFC 9110, 11.1).
fn bearer(given: &str) -> Option<&str> {
    let (scheme, key) = given.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("Bearer")
        .then(|| key.trim_start_matches(' '))
}

/// One request.
struct Desk<'a, P> {
    ports: &'a P,
    settings: &'a HubSettings,
}

impl<P: Ports> Desk<'_, P> {
    /// Whose key it is. For a claim the object is noted where it will be made.
    async fn admit(&self, request: &Request, route: &Route) -> Result<Admitted, Problem> {
        let given = request.headers().get(AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok());
        let key = given
            .and_then(bearer)
            .filter(|key| key::is_key(key))
            .ok_or(Problem::Unauthorised)?;
        let admit = clients::Request::Admit {
            key: KeyHash::of(key),
            needs: route.needs(),
            claims_at: route.claims_at(request.body()),
        };
        match clients::ask(self.ports.hubs(), Shard::of_key(key), admit).await? {
            clients::Response::Admitted(admitted) => Ok(admitted),
            clients::Response::UnknownKey => Err(Problem::Unauthorised),
            clients::Response::TooMany(rate) => Err(Problem::TooMany(rate)),
            clients::Response::OutOfScope(rate) => Err(Problem::OutOfScope {
                needs: route.needs(),
                rate,
            }),
            other => Err(answer::odd(&other)),
        }
    }

    async fn act(
        &self,
        route: &Route,
        request: &Request,
        by: &Admitted,
    ) -> Result<Response, Problem> {
        match route {
            Route::LogIn => Err(Problem::NotFound),
            Route::Register => self.register(request, by).await,
            Route::Heartbeat => self.heartbeat(request, by).await,
            Route::Claim => self.claim(request, by).await,
            Route::SetStatus(issue) => self.set_status(issue, request, by).await,
            Route::Release(issue) => self.release(issue, request, by).await,
            Route::Show(issue) => self.show(issue).await,
            Route::List => self.list(request).await,
            Route::Sync => self.sync(request, by).await,
            Route::Leaderboard => self.leaderboard(request).await,
            Route::Stats => self.stats().await,
        }
    }

    fn refuse(&self, problem: &Problem) -> Response {
        if let Problem::Unavailable(why) = problem {
            let error = Said(why);
            self.ports
                .log()
                .note(&Trace::none(), Event::HubFailed { error });
        }
        answer::problem(problem)
    }
}
