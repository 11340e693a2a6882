//! API keys: `ak_` and 32 letters and digits.
//!
//! A key carries some 186 bits of chance, so that a plain SHA-256 of it is enough to store. It has
//! to be found without knowing its client, and a client's old key has to go when it gets a new one:
//! both are one transaction because a key is drawn until it falls to the object of its client
//! (16 draws on average; it costs the key 4 of its bits).

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ClientId, Shard};
use crate::ports::Entropy;
use crate::secret::Secret;

/// What every key begins with.
pub const PREFIX: &str = "ak_";
/// How many letters and digits follow.
pub const KEY_CHARS: usize = 32;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The largest multiple of 62 that a byte holds: what is above would favour the first letters.
const FAIR: u8 = 248;

/// The SHA-256 of a key, in hexadecimal digits: what is stored of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash(String);

impl KeyHash {
    /// Of this key.
    pub fn of(key: &str) -> Self {
        Self(hex::encode(Sha256::digest(key.as_bytes())))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// To look.
    #[serde(rename = "bugseti.read")]
    Read,
    /// To claim, and whatever else changes something.
    #[serde(rename = "bugseti.write")]
    Write,
}

impl Scope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "bugseti.read",
            Self::Write => "bugseti.write",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// Whether a text has the form of a key. What has not is looked up nowhere.
pub fn is_key(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == KEY_CHARS && rest.bytes().all(|b| ALPHABET.contains(&b)))
}

/// A new key for this client.
pub fn mint(client: &ClientId, entropy: &impl Entropy) -> Secret {
    let home = Shard::of_client(client);
    loop {
        let key = draw(entropy);
        if Shard::of_key(&key) == home {
            return Secret::new(key);
        }
    }
}

fn draw(entropy: &impl Entropy) -> String {
    let mut key = PREFIX.to_owned();
    let full = PREFIX.len() + KEY_CHARS;
    while key.len() < full {
        let mut bytes = [0; 2 * KEY_CHARS];
        entropy.fill(&mut bytes);
        let letters = bytes.into_iter().filter(|byte| *byte < FAIR);
        let letters = letters.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        key.extend(letters.take(full - key.len()));
    }
    key
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A generator that is good enough to be looked at, and the same each time.
    struct Sequence(Cell<u64>);

    impl Entropy for Sequence {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                let next = self.0.get().wrapping_mul(6_364_136_223_846_793_005);
                self.0.set(next.wrapping_add(1_442_695_040_888_963_407));
                *byte = self.0.get().to_be_bytes()[0];
            }
        }
    }

    #[test]
    fn a_key_has_the_form_of_keys_and_lies_with_its_client() {
        let entropy = Sequence(Cell::new(7));
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..50 {
            let client = ClientId::parse(&format!("client-{n}")).unwrap();
            let key = mint(&client, &entropy);
            assert!(is_key(key.expose()), "{}", key.expose());
            assert_eq!(Shard::of_key(key.expose()), Shard::of_client(&client));
            seen.insert(key.expose().to_owned());
        }
        assert_eq!(seen.len(), 50);
    }

    #[test]
    fn every_letter_is_as_likely_as_the_others() {
        let entropy = Sequence(Cell::new(1));
        let mut counts = std::collections::BTreeMap::<char, u32>::new();
        for _ in 0..1_000 {
            for c in draw(&entropy).chars().skip(PREFIX.len()) {
                *counts.entry(c).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), 62);
        // 516 of each are expected; six standard deviations are 136.
        assert!(
            counts.values().all(|n| (380..=652).contains(n)),
            "{counts:?}"
        );
    }

    #[test]
    fn what_is_no_key_is_seen_at_once() {
        let good = format!("ak_{}", "a".repeat(32));
        assert!(is_key(&good));
        for bad in [
            "",
            "ak_",
            &good[1..],
            &good[..34],
            &format!("{good}a"),
            &format!("ak_{}", "-".repeat(32)),
            &format!("AK_{}", "a".repeat(32)),
        ] {
            assert!(!is_key(bad), "{bad}");
        }
    }
}
