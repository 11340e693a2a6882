//! What is claimed: an issue by its id.
//!
//! `owner/repo#123` is an issue of GitHub or of another forge; anything else (`issue-42`, `ENG-7`)
//! is opaque. Ids are compared without regard to case, as GitHub does with names: two spellings of
//! one issue must not be two claims.

use serde::{Deserialize, Serialize};

/// The longest id, in bytes: a name of 39 and a name of 100 characters with room.
pub const MAX_ISSUE_BYTES: usize = 255;

/// An issue's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IssueRef {
    shown: String,
    key: String,
    /// The length of `owner/repo` in the key.
    repo: Option<usize>,
}

/// A text that can be no issue's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_ISSUE_BYTES} visible characters")]
pub struct BadIssue;

impl IssueRef {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, BadIssue> {
        let shown = text.trim();
        let bad = |c: char| c.is_control() || c.is_whitespace();
        if shown.is_empty() || shown.len() > MAX_ISSUE_BYTES || shown.contains(bad) {
            return Err(BadIssue);
        }
        let key = shown.to_lowercase();
        // A capital letter may have longer small ones.
        if key.len() > 2 * MAX_ISSUE_BYTES {
            return Err(BadIssue);
        }
        let repo = repo_len(&key);
        Ok(Self {
            key: repo.map_or_else(|| key.clone(), |length| one_number(&key, length)),
            repo,
            shown: shown.to_owned(),
        })
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The same for all spellings.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its repository, in small letters, if it names one.
    pub fn repo(&self) -> Option<&str> {
        self.repo.map(|length| &self.key[..length])
    }

    /// Its number, if it names one.
    pub fn number(&self) -> Option<u64> {
        self.key[self.repo? + 1..].parse().ok()
    }
}

/// The length of `owner/repo` in `owner/repo#123`.
fn repo_len(key: &str) -> Option<usize> {
    let (repo, number) = key.rsplit_once('#')?;
    let (owner, name) = repo.split_once('/')?;
    let word = |text: &str| {
        let may = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        !text.is_empty() && text.bytes().all(may)
    };
    let counts = number.bytes().all(|b| b.is_ascii_digit()) && number.parse::<u32>().is_ok();
    (word(owner) && word(name) && counts).then_some(repo.len())
}

/// `owner/repo#007` is `owner/repo#7`.
fn one_number(key: &str, repo_len: usize) -> String {
    let (repo, number) = key.split_at(repo_len + 1);
    let number = number.trim_start_matches('0');
    let number = if number.is_empty() { "0" } else { number };
    format!("{repo}{number}")
}

impl TryFrom<String> for IssueRef {
    type Error = BadIssue;

    fn try_from(text: String) -> Result<Self, BadIssue> {
        Self::parse(&text)
    }
}

impl From<IssueRef> for String {
    fn from(issue: IssueRef) -> Self {
        issue.shown
    }
}

impl std::fmt::Display for IssueRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn issue(text: &str) -> IssueRef {
        IssueRef::parse(text).unwrap()
    }

    #[test]
    fn an_issue_of_a_repository_names_it_and_its_number() {
        let it = issue("Acme/Web.App#123");
        assert_eq!(it.as_str(), "Acme/Web.App#123");
        assert_eq!((it.repo(), it.number()), (Some("acme/web.app"), Some(123)));
        assert_eq!(it.key(), issue("acme/web.app#123").key());
    }

    #[test]
    fn a_number_with_zeros_before_it_is_the_same_issue() {
        let it = issue("acme/web#007");
        assert_eq!((it.as_str(), it.number()), ("acme/web#007", Some(7)));
        assert_eq!(it.key(), issue("acme/web#7").key());
        assert_eq!(issue("a/b#000").key(), issue("a/b#0").key());
        // What names no issue of a repository is compared as it is.
        assert_ne!(issue("issue#007").key(), issue("issue#7").key());
    }

    #[test]
    fn anything_else_is_opaque() {
        for text in [
            "issue-42",
            "ENG-7",
            "a#1",
            "a/b",
            "a/b#",
            "a/b#x",
            "a/b/c#1",
            "/b#1",
            "a/#1",
            "a/b#99999999999",
        ] {
            let it = issue(text);
            assert_eq!((it.repo(), it.number()), (None, None), "{text}");
        }
    }

    #[test]
    fn what_nobody_can_have_meant_is_refused() {
        for text in ["", " ", "a b", "a\nb", "a\0", &"x".repeat(256)] {
            assert_eq!(IssueRef::parse(text), Err(BadIssue), "{text:?}");
        }
        assert_eq!(issue("  x ").as_str(), "x");
    }

    proptest! {
        #[test]
        fn an_id_survives_its_json_and_has_one_key(text in "\\PC{1,300}") {
            if let Ok(it) = IssueRef::parse(&text) {
                let json = serde_json::to_string(&it).unwrap();
                prop_assert_eq!(serde_json::from_str::<IssueRef>(&json).unwrap(), it.clone());
                let _ = (it.repo(), it.number());
            }
        }
    }
}
