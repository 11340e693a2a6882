//! Which of the eleven calls a request is.

use ::http::Method;
use percent_encoding::percent_decode_str;

use super::ROOT;
use super::answer::Problem;
use super::body;
use crate::http::Request;
use crate::hub::key::Scope;
use crate::hub::{IssueRef, Shard};

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// `POST /auth/forge`
    LogIn,
    /// `POST /register`
    Register,
    /// `POST /heartbeat`
    Heartbeat,
    /// `POST /issues/claim`
    Claim,
    /// `PATCH /issues/{id}/status`
    SetStatus(IssueRef),
    /// `DELETE /issues/{id}/claim`
    Release(IssueRef),
    /// `GET /issues/{id}`
    Show(IssueRef),
    /// `GET /issues/claimed`
    List,
    /// `POST /stats/sync`
    Sync,
    /// `GET /leaderboard`
    Leaderboard,
    /// `GET /stats`
    Stats,
}

impl Route {
    pub(super) fn of(request: &Request) -> Result<Self, Problem> {
        let path = request.uri().path();
        let below = path.strip_prefix(ROOT).ok_or(Problem::NotFound)?;
        let parts: Vec<&str> = below.split('/').collect();
        let (allowed, route) = match parts.as_slice() {
            ["auth", "forge"] => (Method::POST, Self::LogIn),
            ["register"] => (Method::POST, Self::Register),
            ["heartbeat"] => (Method::POST, Self::Heartbeat),
            ["issues", "claim"] if request.method() == Method::POST => (Method::POST, Self::Claim),
            ["issues", "claimed"] => (Method::GET, Self::List),
            ["issues", id] => (Method::GET, Self::Show(issue(id)?)),
            ["issues", id, "status"] => (Method::PATCH, Self::SetStatus(issue(id)?)),
            ["issues", id, "claim"] => (Method::DELETE, Self::Release(issue(id)?)),
            ["stats", "sync"] => (Method::POST, Self::Sync),
            ["leaderboard"] => (Method::GET, Self::Leaderboard),
            ["stats"] => (Method::GET, Self::Stats),
            _ => return Err(Problem::NotFound),
        };
        if request.method() == allowed {
            Ok(route)
        } else {
            Err(Problem::Method(allowed))
        }
    }

    /// What a key has to be good for.
    pub(super) fn needs(&self) -> Scope {
        match self {
            Self::Show(_) | Self::List | Self::Leaderboard | Self::Stats => Scope::Read,
            _ => Scope::Write,
        }
    }

    /// Where the claim will be made, if one is asked for.
    pub(super) fn claims_at(&self, body: &[u8]) -> Option<u8> {
        let Self::Claim = self else { return None };
        match Shard::of_issue(&body::claimed_issue(body)?) {
            Shard::Claims(number) => Some(number),
            Shard::Clients(_) => None,
        }
    }
}

fn issue(segment: &str) -> Result<IssueRef, Problem> {
    let decoded = percent_decode_str(segment).decode_utf8();
    let decoded = decoded.map_err(|_| Problem::NotFound)?;
    IssueRef::parse(&decoded).map_err(|bad| Problem::invalid("issue_id", bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> Result<Route, Problem> {
        let request = ::http::Request::builder()
            .method(method)
            .uri(format!("https://hub.example/api/bugseti/{path}"))
            .body(Vec::new());
        Route::of(&request.unwrap())
    }

    fn id(text: &str) -> IssueRef {
        IssueRef::parse(text).unwrap()
    }

    #[test]
    fn the_eleven_calls() {
        let table = [
            ("POST", "auth/forge", Route::LogIn),
            ("POST", "register", Route::Register),
            ("POST", "heartbeat", Route::Heartbeat),
            ("POST", "issues/claim", Route::Claim),
            (
                "PATCH",
                "issues/acme%2Fweb%23123/status",
                Route::SetStatus(id("acme/web#123")),
            ),
            (
                "DELETE",
                "issues/acme%2fweb%23123/claim",
                Route::Release(id("acme/web#123")),
            ),
            ("GET", "issues/issue-42", Route::Show(id("issue-42"))),
            ("GET", "issues/claimed?status=claimed", Route::List),
            ("POST", "stats/sync", Route::Sync),
            ("GET", "leaderboard?limit=5", Route::Leaderboard),
            ("GET", "stats", Route::Stats),
        ];
        for (method, path, expected) in table {
            assert_eq!(route(method, path), Ok(expected), "{method} {path}");
        }
    }

    #[test]
    fn claimed_is_a_call_and_a_lookalike_is_an_id() {
        assert_eq!(route("GET", "issues/claimed"), Ok(Route::List));
        let of_escapes = route("GET", "issues/%63laimed");
        assert_eq!(of_escapes, Ok(Route::Show(id("claimed"))));
        // Nothing is claimed under this id by a GET; it can be asked for all the same.
        assert_eq!(route("GET", "issues/claim"), Ok(Route::Show(id("claim"))));
    }

    #[test]
    fn a_slash_that_is_not_escaped_divides() {
        assert_eq!(
            route("GET", "issues/acme/web%23123"),
            Err(Problem::NotFound)
        );
        assert_eq!(
            route("GET", "issues/%ff"),
            Err(Problem::NotFound),
            "no UTF-8"
        );
    }

    #[test]
    fn another_method_is_told_which_one_it_is() {
        assert_eq!(route("GET", "register"), Err(Problem::Method(Method::POST)));
        assert_eq!(route("POST", "stats"), Err(Problem::Method(Method::GET)));
        let patch = Err(Problem::Method(Method::PATCH));
        assert_eq!(route("PUT", "issues/x/status"), patch);
        assert_eq!(route("GET", "nothing"), Err(Problem::NotFound));
        assert_eq!(route("GET", ""), Err(Problem::NotFound));
    }
}
