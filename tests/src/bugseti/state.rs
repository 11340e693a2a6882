//! What the portal knows.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::ports::Clock;

use super::answers::Generation;
use crate::clock::TestClock;

/// How long a claim lasts, unless it is renewed.
const CLAIM_LASTS: SignedDuration = SignedDuration::from_mins(30);

/// The portal's memory.
#[derive(Debug)]
pub struct State {
    pub(super) clock: TestClock,
    /// Which answers it gives.
    pub generation: Generation,
    /// Whether a claim of its own owner is an answer. There are portals for which it is a conflict.
    pub knows_owners: bool,
    /// Keys, and the clients that they are of.
    pub keys: BTreeMap<String, String>,
    /// Clients that are registered, and their names.
    pub clients: BTreeMap<String, String>,
    pub(super) claims: BTreeMap<String, Claim>,
    /// The last totals of each client.
    pub totals: BTreeMap<String, Value>,
    /// Everything that changed something, in order.
    pub effects: Vec<Effect>,
}

/// Something changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A key was made for this client.
    Key(String),
    /// An issue that was free is claimed by this client.
    Claimed(String, String),
    /// A claim has another status than before.
    Status(String, String),
    /// A claim is gone.
    Released(String),
}

#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) client: String,
    pub(super) status: String,
    pub(super) claimed_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) request: Value,
    pub(super) pr: Value,
}

impl State {
    /// The claim of an issue, if it has not run out.
    pub(super) fn live(&self, issue: &str) -> Option<&Claim> {
        let claim = self.claims.get(issue)?;
        (claim.expires_at > self.clock.now()).then_some(claim)
    }

    /// Whose an issue is, and how far.
    pub fn holder(&self, issue: &str) -> Option<(String, String)> {
        let claim = self.live(issue)?;
        Some((claim.client.clone(), claim.status.clone()))
    }

    /// Claims for a client; false where it is another's.
    pub(super) fn claim(&mut self, client: &str, issue: &str, request: Value) -> bool {
        let now = self.clock.now();
        match self.live(issue).map(|claim| claim.client == client) {
            Some(false) => return false,
            Some(true) if !self.knows_owners => return false,
            Some(true) => self.renew(client),
            None => {
                let effect = Effect::Claimed(issue.to_owned(), client.to_owned());
                self.effects.push(effect);
                let claim = Claim {
                    client: client.to_owned(),
                    status: "claimed".to_owned(),
                    claimed_at: now,
                    expires_at: now + CLAIM_LASTS,
                    request,
                    pr: Value::Null,
                };
                self.claims.insert(issue.to_owned(), claim);
            }
        }
        true
    }

    /// Renews all claims of a client.
    pub(super) fn renew(&mut self, client: &str) {
        let now = self.clock.now();
        let own = self.claims.values_mut().filter(|it| it.client == client);
        for claim in own.filter(|it| it.expires_at > now) {
            claim.expires_at = now + CLAIM_LASTS;
        }
    }

    pub(super) fn set_status(&mut self, issue: &str, status: &str, pr: Value) {
        let Some(claim) = self.claims.get_mut(issue) else {
            return;
        };
        if claim.status != status {
            let effect = Effect::Status(issue.to_owned(), status.to_owned());
            self.effects.push(effect);
        }
        status.clone_into(&mut claim.status);
        claim.pr = pr;
        claim.expires_at = self.clock.now() + CLAIM_LASTS;
    }

    pub(super) fn release(&mut self, issue: &str) {
        if self.claims.remove(issue).is_some() {
            self.effects.push(Effect::Released(issue.to_owned()));
        }
    }
}
