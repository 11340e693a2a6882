//! A stateful fake of the portal of the hub where volunteers claim issues, at `/api/bugseti`.
//!
//! Invariant: it is as strict as the contract. An unknown field, a body or path that is not in the
//! contract's form and a call without its headers are refused, and are violations. What takes effect
//! is noted ([`State::effects`]), so that a test sees what a client did twice.
//!
//! It answers like either generation of portals, or like both at once. Not modelled: rate limits
//! (a fault plan has them), scopes, the score.

mod answers;
mod calls;
mod state;

use std::collections::BTreeMap;
use std::ops::Deref;

use axum::Router;
use axum::routing::{delete, get, patch, post};

pub use self::answers::Generation;
pub use self::state::{Effect, State};
use crate::clock::TestClock;
use crate::fake::{Dialect, Fake};

/// The path of all its calls.
pub const PATH: &str = "/api/bugseti";
/// The forge that it trusts.
pub const FORGE: &str = "https://forge.test";
/// A token of that forge, of its user Ann.
pub const FORGE_TOKEN: &str = "forge-token-of-ann";

/// One portal. Clones are the same portal.
#[derive(Debug, Clone)]
pub struct Bugseti(Fake<State>);

impl Deref for Bugseti {
    type Target = Fake<State>;

    fn deref(&self) -> &Fake<State> {
        &self.0
    }
}

impl Bugseti {
    /// A portal that nobody has used yet.
    pub fn new(clock: TestClock, generation: Generation) -> Self {
        let state = State {
            clock,
            generation,
            knows_owners: true,
            keys: BTreeMap::new(),
            clients: BTreeMap::new(),
            claims: BTreeMap::new(),
            totals: BTreeMap::new(),
            effects: Vec::new(),
        };
        Self(Fake::new(Dialect::plain("the hub"), state))
    }

    /// The portal, with its faults and its journal.
    pub fn router(&self) -> Router {
        let calls = Router::new()
            .route("/auth/forge", post(calls::forge))
            .route("/register", post(calls::register))
            .route("/heartbeat", post(calls::heartbeat))
            .route("/issues/claim", post(calls::claim))
            .route("/issues/claimed", get(calls::claimed))
            .route("/issues/{id}", get(calls::show))
            .route("/issues/{id}/status", patch(calls::status))
            .route("/issues/{id}/claim", delete(calls::release))
            .route("/stats/sync", post(calls::sync))
            .route("/leaderboard", get(calls::leaderboard))
            .route("/stats", get(calls::stats));
        let routes = Router::new().nest(PATH, calls).fallback(calls::nowhere);
        self.0.equip(routes)
    }

    /// Somebody else claims an issue, for half an hour.
    pub fn claimed_by(&self, client: &str, issue: &str) {
        self.lock().claim(client, issue, serde_json::Value::Null);
    }

    /// Every key is forgotten.
    pub fn forget_keys(&self) {
        self.lock().keys.clear();
    }
}
