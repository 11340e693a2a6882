//! The token of a job: what a sandbox shows to have its model calls paid for.
//!
//! It says which job it is for, who pays and until when, and proves it with an HMAC. So it needs
//! no storage: a request without a good one is refused before any object is asked, there is no
//! list of tokens to be stolen, and every run of a job gets a token of its own life span. That a
//! job has ended is the ledger's to know: the token of a closed account opens nothing.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::id::{GuildId, JobId, UserId};
use crate::proof::mac;
use crate::secret::Secret;

/// What every token begins with. Bound into the proof, so that no other use of the key can make
/// a token.
const PREFIX: &str = "bugbot-model-1";
/// The shortest secret that is taken for a key.
const MIN_KEY_BYTES: usize = 32;
/// The longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 1024;

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The job.
    #[serde(rename = "j")]
    pub job: JobId,
    /// Its server; empty in a direct message.
    #[serde(rename = "g")]
    pub guild: GuildId,
    /// Who pays with their day's money.
    #[serde(rename = "u")]
    pub user: UserId,
    /// Until when, in seconds of the Unix epoch.
    #[serde(rename = "e")]
    expires: i64,
}

impl Claim {
    /// A claim that holds for so long.
    pub fn new(job: JobId, guild: GuildId, user: UserId, lasts: Duration, now: Timestamp) -> Self {
        let lasts = i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX);
        Self {
            job,
            guild,
            user,
            expires: now.as_second().saturating_add(lasts),
        }
    }
}

/// `MODEL_TOKEN_KEY`: makes tokens and checks them.
#[derive(Debug, Clone)]
pub struct TokenKey(Secret);

impl TokenKey {
    /// A key of enough bytes that nobody guesses it.
    pub fn new(key: Secret) -> Result<Self, &'static str> {
        if key.expose().len() < MIN_KEY_BYTES {
            return Err("is shorter than 32 characters: `openssl rand -hex 32` makes a good one");
        }
        Ok(Self(key))
    }

    /// A key that makes no token that anybody checks: for settings that are refused as a whole.
    pub(crate) fn none() -> Self {
        Self(Secret::new(""))
    }

    /// The token of a claim.
    pub fn token(&self, claim: &Claim) -> Secret {
        let claim = serde_json::to_vec(claim).expect("a claim is JSON");
        let claim = URL_SAFE_NO_PAD.encode(claim);
        let proof = self.mac(&claim).finalize().into_bytes();
        let proof = URL_SAFE_NO_PAD.encode(proof);
        Secret::new(format!("{PREFIX}.{claim}.{proof}"))
    }

    /// The claim of a token that is ours and has not ended. Takes as long for every wrong proof.
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<Claim> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let rest = token.strip_prefix(PREFIX)?.strip_prefix('.')?;
        let (claim, proof) = rest.split_once('.')?;
        let proof = URL_SAFE_NO_PAD.decode(proof).ok()?;
        self.mac(claim).verify_slice(&proof).ok()?;
        let claim = URL_SAFE_NO_PAD.decode(claim).ok()?;
        let claim: Claim = serde_json::from_slice(&claim).ok()?;
        (now.as_second() < claim.expires).then_some(claim)
    }

    fn mac(&self, claim: &str) -> Hmac<Sha256> {
        let mut mac = mac(&self.0);
        mac.update(PREFIX.as_bytes());
        mac.update(b".");
        mac.update(claim.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> TokenKey {
        TokenKey::new(Secret::new(text.repeat(32))).unwrap()
    }

    fn now() -> Timestamp {
        "2026-08-01T12:00:00Z".parse().unwrap()
    }

    fn claim() -> Claim {
        let hour = Duration::from_hours(1);
        Claim::new("1".into(), "2".into(), "3".into(), hour, now())
    }

    #[test]
    fn a_token_speaks_for_its_claim_until_it_ends() {
        let token = key("k").token(&claim());
        let verify = |at| key("k").verify(token.expose(), at);
        assert_eq!(verify(now()), Some(claim()));
        assert_eq!(verify(now() + Duration::from_secs(3599)), Some(claim()));
        assert_eq!(verify(now() + Duration::from_hours(1)), None);
    }

    #[test]
    fn no_other_key_makes_it() {
        let token = key("k").token(&claim());
        assert_eq!(key("l").verify(token.expose(), now()), None);
    }

    #[test]
    fn every_changed_byte_spoils_it() {
        let token = key("k").token(&claim());
        let token = token.expose();
        for at in 0..token.len() {
            let mut changed = token.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(key("k").verify(&changed, now()), None, "{changed}");
        }
        for end in 0..token.len() {
            assert_eq!(key("k").verify(&token[..end], now()), None);
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let long = "x".repeat(10_000);
        for text in [
            "",
            ".",
            "bugbot-model-1",
            "bugbot-model-1..",
            "sk-ant-x",
            &long,
        ] {
            assert_eq!(key("k").verify(text, now()), None);
        }
    }

    #[test]
    fn a_key_that_could_be_guessed_is_no_key() {
        assert!(TokenKey::new(Secret::new("short")).is_err());
        assert!(!format!("{:?}", key("k")).contains("kkk"));
    }
}
