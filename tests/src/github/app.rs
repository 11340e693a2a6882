//! The App: its installation, and the short-lived tokens that it mints there. The look at the
//! rate limits, which any credential may take, is here too.

use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::access::{APP_ID, APP_LOGIN, INSTALLATION_ID, Level, Permissions};
use super::gate::Body;
use super::refusal::{Answer, Refusal, created, ok};
use super::state::{Hosted, State};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/app", get(app))
        .route("/app/installations/{id}/access_tokens", post(access_token))
        .route("/repos/{owner}/{repo}/installation", get(installation))
        .route("/rate_limit", get(rate_limit))
}

async fn rate_limit(Shared(fake): Shared<Service>) -> Answer {
    let state = fake.lock();
    ok(state.limits.overview(state.now()))
}

async fn app(Shared(fake): Shared<Service>) -> Answer {
    let state = fake.lock();
    ok(json!({
        "id": APP_ID,
        "slug": APP_LOGIN.trim_end_matches("[bot]"),
        "name": "bugbot (development)",
        "permissions": state.access.app_permissions,
    }))
}

async fn installation(
    Shared(fake): Shared<Service>,
    Path((owner, repo)): Path<(String, String)>,
) -> Answer {
    let state = fake.lock();
    let name = format!("{owner}/{repo}").to_lowercase();
    let hosted = state
        .repositories
        .get(&name)
        .ok_or_else(Refusal::not_found)?;
    ok(json!({
        "id": INSTALLATION_ID,
        "app_id": APP_ID,
        "account": super::render::user(&hosted.owner),
        "repository_selection": "all",
        "permissions": state.access.app_permissions,
        "suspended_at": null,
    }))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Narrowing {
    repositories: Option<Vec<String>>,
    repository_ids: Option<Vec<u64>>,
    permissions: Option<Permissions>,
}

async fn access_token(
    Shared(fake): Shared<Service>,
    Path(id): Path<u64>,
    Body(narrowing): Body<Narrowing>,
) -> Answer {
    if id != INSTALLATION_ID {
        return Err(Refusal::not_found());
    }
    let Narrowing {
        repositories,
        repository_ids,
        permissions,
    } = narrowing;
    if repositories.is_none() && repository_ids.is_none() || permissions.is_none() {
        fake.violation("an installation token was asked for without narrowing its repositories and permissions");
    }
    let mut state = fake.lock();
    let chosen = chosen_repositories(&state, repositories.as_deref(), repository_ids.as_deref())?;
    let permissions = permissions.unwrap_or_else(|| state.access.app_permissions.clone());
    check_permissions(&state.access.app_permissions, &permissions)?;
    let now = state.now();
    let names = chosen.iter().map(|name| name.to_lowercase()).collect();
    let (token, expires_at) = state.access.issue(Some(names), permissions.clone(), now);
    created(json!({
        "token": token,
        // Whole seconds, as GitHub writes it.
        "expires_at": jiff::Timestamp::from_second(expires_at.as_second()).ok(),
        "permissions": permissions,
        "repository_selection": if repositories.is_some() { "selected" } else { "all" },
        "repositories": chosen.iter().map(|name| described(&state, name)).collect::<Vec<_>>(),
    }))
}

fn described(state: &State, full_name: &str) -> Value {
    let hosted = &state.repositories[&full_name.to_lowercase()];
    json!({ "id": hosted.id, "name": hosted.name, "full_name": full_name, "private": hosted.private })
}

/// By short name, or by id; an unknown one refuses the whole.
fn chosen_repositories(
    state: &State,
    names: Option<&[String]>,
    ids: Option<&[u64]>,
) -> Result<Vec<String>, Refusal> {
    let all = || state.repositories.values();
    let missing = || {
        Refusal::unprocessable(
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    };
    if let Some(ids) = ids {
        let find = |id: &u64| all().find(|hosted| hosted.id == *id).map(Hosted::full_name);
        return ids
            .iter()
            .map(find)
            .collect::<Option<_>>()
            .ok_or_else(missing);
    }
    match names {
        None => Ok(all().map(Hosted::full_name).collect()),
        Some(names) => {
            let find = |name: &String| {
                all()
                    .find(|h| h.name.eq_ignore_ascii_case(name))
                    .map(Hosted::full_name)
            };
            names
                .iter()
                .map(find)
                .collect::<Option<_>>()
                .ok_or_else(missing)
        }
    }
}

fn check_permissions(granted: &Permissions, asked: &Permissions) -> Result<(), Refusal> {
    let covers = |(name, level): (&String, &Level)| {
        name == "metadata" && *level == Level::Read
            || granted.get(name).is_some_and(|had| had >= level)
    };
    if asked.iter().all(covers) {
        return Ok(());
    }
    Err(Refusal::unprocessable(
        "The permissions requested are not granted to this installation.",
    ))
}
