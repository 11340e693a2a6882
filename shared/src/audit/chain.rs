//! One link of the chain, and the bytes that its hash covers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Record;

/// Told apart from every other use of SHA-256, and versioned: other bytes need another name.
const DOMAIN: &str = "bugbot-audit-1";

/// A SHA-256, as 64 hex digits in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// What the first entry names as the hash before it.
    pub fn genesis() -> Self {
        Self("0".repeat(64))
    }

    /// Its hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Digest {
    /// As somebody wrote it down; one that is no digest equals none.
    fn from(hex: &str) -> Self {
        Self(hex.trim().to_ascii_lowercase())
    }
}

/// The end of a chain: enough to see later that nothing before it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many entries there are; the number of the last one.
    pub number: u64,
    /// The hash of the last one.
    pub hash: Digest,
}

impl Default for Head {
    /// Of a log without entries.
    fn default() -> Self {
        Self {
            number: 0,
            hash: Digest::genesis(),
        }
    }
}

/// One entry, as it is stored and exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place, from 1.
    pub number: u64,
    /// When it was appended.
    pub at: Timestamp,
    /// The record's key.
    pub key: String,
    /// The record's [`super::Fact`] as JSON: an older reader verifies newer facts too.
    pub fact: Value,
    /// The hash of the entry before it.
    pub previous: Digest,
    /// The hash of this one.
    pub hash: Digest,
}

impl Entry {
    /// The entry that `record` becomes after `head`.
    pub fn after(head: &Head, record: Record, at: Timestamp) -> Self {
        let fact = serde_json::to_value(record.fact).expect("a fact has text for keys");
        let mut entry = Self {
            number: head.number + 1,
            at,
            key: record.key,
            fact,
            previous: head.hash.clone(),
            hash: Digest::genesis(),
        };
        entry.hash = entry.computed_hash();
        entry
    }

    /// The chain's end if this is its last entry.
    pub fn head(&self) -> Head {
        Head {
            number: self.number,
            hash: self.hash.clone(),
        }
    }

    /// What its hash has to be.
    pub fn computed_hash(&self) -> Digest {
        let covered = json!([
            DOMAIN,
            self.previous,
            self.number,
            self.at.to_string(),
            self.key,
            self.fact,
        ]);
        let mut bytes = String::new();
        write_canonical(&covered, &mut bytes);
        Digest(hex::encode(Sha256::digest(bytes)))
    }
}

/// JSON without white space and with sorted keys: whatever has rewritten an export in between
/// (`jq`, an editor), the same content has the same bytes. Numbers are whole, see
/// [`super::Fact`].
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut keys: Vec<_> = fields.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (nth, key) in keys.into_iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(&fields[key], out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}
