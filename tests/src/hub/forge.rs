//! A forge: the one call of Forgejo and Gitea that the hub makes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::{Value, json};

/// Where it is.
pub const FORGE: &str = "https://forge.test";

/// A stand-in for a forge. Clones are the same forge.
#[derive(Debug, Clone, Default)]
pub struct Forge(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<String, Value>,
    redirects_to: Option<String>,
    asked: u32,
}

impl Forge {
    /// Somebody with a token. The same login is the same account.
    pub fn account(&self, token: &str, login: &str, full_name: &str) {
        let id = login
            .bytes()
            .fold(7_u64, |n, b| n * 131 % 1_000_003 + u64::from(b));
        let account = json!({
            "id": id, "login": login, "full_name": full_name, "active": true,
            "prohibit_login": false, "email": format!("{login}@forge.test"),
        });
        self.lock().accounts.insert(token.to_owned(), account);
    }

    /// The account of this token may not log in any more.
    pub fn block(&self, token: &str) {
        if let Some(account) = self.lock().accounts.get_mut(token) {
            account["prohibit_login"] = json!(true);
        }
    }

    /// From now on every call is sent elsewhere.
    pub fn redirect_to(&self, address: &str) {
        self.lock().redirects_to = Some(address.to_owned());
    }

    /// How often it was asked.
    pub fn asked(&self) -> u32 {
        self.lock().asked
    }

    /// The forge at its path.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/v1/user", get(user))
            .with_state(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn user(Shared(forge): Shared<Forge>, headers: HeaderMap) -> Response {
    let mut state = forge.lock();
    state.asked += 1;
    if let Some(address) = &state.redirects_to {
        return Redirect::temporary(address).into_response();
    }
    let given = headers.get("authorization");
    let given = given.and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer "));
    if let Some(account) = token.and_then(|token| state.accounts.get(token)) {
        return axum::Json(account.clone()).into_response();
    }
    let body = json!({"message": "user does not exist"});
    (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
}
