//! The portal's calls.

use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answers::{answer, refusal};
use super::state::{Effect, State};
use super::{FORGE, FORGE_TOKEN};
use crate::fake::Fake;

type Portal = Shared<Fake<State>>;
/// A refusal in place of what was asked for.
type Asked<T> = Result<T, Box<Response>>;

const WORDS: [&str; 4] = ["claimed", "in_progress", "completed", "skipped"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are the contract's")]
struct Forge {
    forge_url: String,
    forge_token: String,
    client_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Register {
    client_id: String,
    name: String,
    version: String,
    os: String,
    arch: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    client_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    client_id: String,
    issue_id: String,
    #[serde(rename = "repo")]
    _repo: String,
    #[serde(rename = "issue_number")]
    _number: u64,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "url")]
    _url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are the contract's")]
struct Status {
    client_id: String,
    status: String,
    pr_url: Option<String>,
    pr_number: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sync {
    client_id: String,
    stats: Totals,
}

#[derive(Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Totals {
    issues_attempted: u64,
    issues_completed: u64,
    issues_skipped: u64,
    prs_submitted: u64,
    prs_merged: u64,
    prs_rejected: u64,
    current_streak: u64,
    longest_streak: u64,
    total_time_minutes: u64,
    repos_contributed: Vec<String>,
}

/// The headers of every call, and a body as the contract has it.
fn body<T: DeserializeOwned>(fake: &Fake<State>, headers: &HeaderMap, bytes: &Bytes) -> Asked<T> {
    check_headers(fake, headers)?;
    serde_json::from_slice(bytes).map_err(|error| bad(fake, 422, &error.to_string()))
}

fn check_headers(fake: &Fake<State>, headers: &HeaderMap) -> Asked<()> {
    for name in ["content-type", "accept"] {
        if headers.get(name).is_none_or(|it| it != "application/json") {
            return Err(bad(fake, 415, &format!("{name} is not application/json")));
        }
    }
    Ok(())
}

/// The client's mistake.
#[expect(clippy::unnecessary_box_returns, reason = "it is the error of `Asked`")]
fn bad(fake: &Fake<State>, status: u16, what: &str) -> Box<Response> {
    fake.violation(what);
    Box::new(refusal(status, what))
}

/// The client whose key this is. That a key is not known is no mistake.
fn client(fake: &Fake<State>, headers: &HeaderMap) -> Asked<String> {
    let bearer = headers.get("authorization").and_then(|it| it.to_str().ok());
    let key = bearer.and_then(|it| it.strip_prefix("Bearer ak_"));
    let known = key.and_then(|key| fake.lock().keys.get(&format!("ak_{key}")).cloned());
    known.ok_or_else(|| Box::new(refusal(401, "unauthorised")))
}

/// The same, who has to say the same in the body.
fn same(fake: &Fake<State>, headers: &HeaderMap, said: &str) -> Asked<String> {
    let client = client(fake, headers)?;
    if client == said {
        Ok(client)
    } else {
        Err(bad(fake, 403, "the key is another client's"))
    }
}

/// An issue's id that came as one encoded segment.
fn issue(fake: &Fake<State>, uri: &Uri, id: &str) -> Asked<()> {
    let encoded: String = id.bytes().map(encoded).collect();
    if uri.path().split('/').any(|segment| segment == encoded) {
        Ok(())
    } else {
        Err(bad(fake, 400, &format!("{id} is not encoded in {uri}")))
    }
}

fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn told(asked: Asked<Response>) -> Response {
    asked.unwrap_or_else(|refused| *refused)
}

pub(super) async fn nowhere(Shared(fake): Portal, uri: Uri) -> Response {
    *bad(&fake, 404, &format!("there is no {uri}"))
}

pub(super) async fn forge(Shared(fake): Portal, headers: HeaderMap, bytes: Bytes) -> Response {
    let run = || {
        let asked: Forge = body(&fake, &headers, &bytes)?;
        if headers.contains_key("authorization") {
            return Err(bad(&fake, 400, "a key is sent with a request for one"));
        }
        let hex = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex(&asked.client_id) {
            return Err(bad(&fake, 422, "the client's id is not 32 hex characters"));
        }
        if asked.forge_url != FORGE || asked.forge_token != FORGE_TOKEN {
            return Ok(answer(
                401,
                &json!({"error": "the forge does not know that token"}),
            ));
        }
        let mut state = fake.lock();
        let made = state
            .effects
            .iter()
            .filter(|it| matches!(it, Effect::Key(_)));
        let key = format!("ak_{:032}", made.count() + 1);
        state.keys.retain(|_, client| *client != asked.client_id);
        state.keys.insert(key.clone(), asked.client_id.clone());
        state.effects.push(Effect::Key(asked.client_id));
        Ok(answer(201, &json!({"api_key": key, "forge_user": "Ann"})))
    };
    told(run())
}

pub(super) async fn register(Shared(fake): Portal, headers: HeaderMap, bytes: Bytes) -> Response {
    let run = || {
        let asked: Register = body(&fake, &headers, &bytes)?;
        let client = same(&fake, &headers, &asked.client_id)?;
        if [&asked.version, &asked.os, &asked.arch]
            .iter()
            .any(|it| it.is_empty())
        {
            return Err(bad(&fake, 422, "a registration says too little"));
        }
        fake.lock().clients.insert(client, asked.name.clone());
        let said = json!({"client": {"client_id": asked.client_id, "name": asked.name}});
        Ok(answer(201, &said))
    };
    told(run())
}

pub(super) async fn heartbeat(Shared(fake): Portal, headers: HeaderMap, bytes: Bytes) -> Response {
    let run = || {
        let asked: Own = body(&fake, &headers, &bytes)?;
        let client = same(&fake, &headers, &asked.client_id)?;
        fake.lock().renew(&client);
        Ok(answer(200, &json!({"ok": true})))
    };
    told(run())
}

pub(super) async fn claim(Shared(fake): Portal, headers: HeaderMap, bytes: Bytes) -> Response {
    let run = || {
        let asked: Claim = body(&fake, &headers, &bytes)?;
        let client = same(&fake, &headers, &asked.client_id)?;
        let request: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut state = fake.lock();
        if !state.claim(&client, &asked.issue_id, request) {
            return Ok(answer(409, &json!({"error": "Issue already claimed"})));
        }
        let claim = state.live(&asked.issue_id).expect("it was just claimed");
        Ok(answer(201, &state.words_of(&asked.issue_id, claim)))
    };
    told(run())
}

pub(super) async fn status(
    Shared(fake): Portal,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let run = || {
        issue(&fake, &uri, &id)?;
        let asked: Status = body(&fake, &headers, &bytes)?;
        let client = same(&fake, &headers, &asked.client_id)?;
        if !WORDS.contains(&asked.status.as_str()) {
            return Err(bad(&fake, 422, "there is no such status"));
        }
        let mut state = fake.lock();
        match state.live(&id).map(|claim| claim.client == client) {
            None => Ok(refusal(404, "not claimed")),
            Some(false) => Ok(refusal(403, "forbidden")),
            Some(true) => {
                let pr = json!({"pr_url": asked.pr_url, "pr_number": asked.pr_number});
                state.set_status(&id, &asked.status, pr);
                Ok(answer(200, &json!({"claim": {"status": asked.status}})))
            }
        }
    };
    told(run())
}

pub(super) async fn release(
    Shared(fake): Portal,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let run = || {
        issue(&fake, &uri, &id)?;
        let asked: Own = body(&fake, &headers, &bytes)?;
        let client = same(&fake, &headers, &asked.client_id)?;
        let mut state = fake.lock();
        match state.live(&id).map(|claim| claim.client == client) {
            None => Ok(refusal(404, "not claimed")),
            Some(false) => Ok(refusal(403, "forbidden")),
            Some(true) => {
                state.release(&id);
                Ok(answer(200, &json!({"ok": true})))
            }
        }
    };
    told(run())
}

pub(super) async fn sync(Shared(fake): Portal, headers: HeaderMap, bytes: Bytes) -> Response {
    let run = || {
        let asked: Sync = body(&fake, &headers, &bytes)?;
        let client = same(&fake, &headers, &asked.client_id)?;
        let totals = serde_json::to_value(asked.stats).unwrap_or_default();
        fake.lock().totals.insert(client, totals);
        Ok(answer(200, &json!({"synced": true})))
    };
    told(run())
}

pub(super) async fn show(
    Shared(fake): Portal,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let run = || {
        issue(&fake, &uri, &id)?;
        check_headers(&fake, &headers)?;
        client(&fake, &headers)?;
        let state = fake.lock();
        Ok(match state.live(&id) {
            None => refusal(404, "not claimed"),
            Some(claim) => answer(200, &state.words_of(&id, claim)),
        })
    };
    told(run())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    status: Option<String>,
    repo: Option<String>,
}

pub(super) async fn claimed(
    Shared(fake): Portal,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Response {
    let run = || {
        check_headers(&fake, &headers)?;
        client(&fake, &headers)?;
        let state = fake.lock();
        let fits = |name: &Option<String>, of: &Value| name.as_deref().is_none_or(|it| of == it);
        let live = state.claims.iter().filter(|(id, claim)| {
            state.live(id).is_some()
                && fits(&filter.status, &json!(claim.status))
                && fits(&filter.repo, &claim.request["repo"])
        });
        Ok(answer(200, &state.words_of_all(live)))
    };
    told(run())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    limit: Option<usize>,
}

pub(super) async fn leaderboard(
    Shared(fake): Portal,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Response {
    let run = || {
        check_headers(&fake, &headers)?;
        client(&fake, &headers)?;
        Ok(answer(200, &fake.lock().board(page.limit.unwrap_or(20))))
    };
    told(run())
}

pub(super) async fn stats(Shared(fake): Portal, headers: HeaderMap) -> Response {
    let run = || {
        check_headers(&fake, &headers)?;
        client(&fake, &headers)?;
        Ok(answer(200, &fake.lock().numbers()))
    };
    told(run())
}
