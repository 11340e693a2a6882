//! Which object has what.
//!
//! A client and its keys are in one object, an issue in one; a repository's issues are together.
//! The numbers of objects are fixed: a listing asks all of them. To change them means to move what
//! is stored, so they are chosen once: 16 of each take some 16,000 calls a second.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ClientId, IssueRef};

/// How many objects of each kind there are.
pub const SHARDS: u8 = 16;

/// One object of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shard {
    /// Of clients: their keys, names and numbers.
    Clients(u8),
    /// Of claims.
    Claims(u8),
}

impl Shard {
    /// Where a client is.
    pub fn of_client(client: &ClientId) -> Self {
        Self::Clients(slot(client.as_str()))
    }

    /// Where a key is looked for. [`super::key::mint`] makes only keys that are found where their
    /// client is.
    pub fn of_key(key: &str) -> Self {
        Self::Clients(slot(key))
    }

    /// Where the callers at an address are counted.
    pub fn of_address(address: &str) -> Self {
        Self::Clients(slot(address))
    }

    /// Where the claim of an issue is: with the other issues of its repository.
    pub fn of_issue(issue: &IssueRef) -> Self {
        let key = issue.key();
        Self::Claims(slot(issue.repo().unwrap_or(key)))
    }

    /// All that have clients.
    pub fn all_of_clients() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self::Clients)
    }

    /// All that have claims.
    pub fn all_of_claims() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self::Claims)
    }

    /// The name of the object.
    pub fn name(self) -> String {
        match self {
            Self::Clients(number) => format!("clients-{number:x}"),
            Self::Claims(number) => format!("claims-{number:x}"),
        }
    }
}

fn slot(text: &str) -> u8 {
    Sha256::digest(text.as_bytes())[0] % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_of_a_repository_are_together_and_repositories_are_spread() {
        let shard = |text: &str| Shard::of_issue(&IssueRef::parse(text).unwrap());
        assert_eq!(shard("acme/web#1"), shard("Acme/Web#2"));
        let used: std::collections::BTreeSet<_> = (0..200)
            .map(|n| shard(&format!("acme/repository-{n}#1")))
            .collect();
        assert_eq!(used.len(), usize::from(SHARDS));
    }

    /// What is stored is found by these: to change them loses it.
    #[test]
    fn names_and_places_do_not_change() {
        let issue = IssueRef::parse("acme/web#1").unwrap();
        assert_eq!(Shard::of_issue(&issue).name(), "claims-6");
        assert_eq!(Shard::of_client(&ClientId::bot()).name(), "clients-3");
        let opaque = IssueRef::parse("issue-42").unwrap();
        assert_eq!(Shard::of_issue(&opaque).name(), "claims-d");
    }
}
