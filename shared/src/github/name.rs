//! `owner/name`.

use serde::{Deserialize, Serialize};

/// A repository's full name, checked: both halves hold only what GitHub allows in them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    owner: String,
    name: String,
}

/// Not the name of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a repository: it has the form owner/name")]
pub struct BadRepoName(pub String);

const MAX_OWNER_CHARS: usize = 39;
const MAX_NAME_CHARS: usize = 100;

impl RepoName {
    /// Checks both names against what GitHub allows.
    pub fn new(owner: &str, name: &str) -> Option<Self> {
        // Managed accounts end in `_` and their enterprise's short code.
        let owner_ok = (1..=MAX_OWNER_CHARS).contains(&owner.len())
            && owner
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            && !owner.starts_with('-')
            && !owner.ends_with('-');
        let name_ok = (1..=MAX_NAME_CHARS).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            && !matches!(name, "." | "..");
        (owner_ok && name_ok).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Reads `owner/name`.
    pub fn parse(text: &str) -> Result<Self, BadRepoName> {
        text.split_once('/')
            .and_then(|(owner, name)| Self::new(owner, name))
            .ok_or_else(|| BadRepoName(text.chars().take(MAX_NAME_CHARS).collect()))
    }

    /// Whether both name one repository: to GitHub, case makes no difference.
    pub fn is(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }

    /// `https://github.com/owner/name`.
    pub fn url(&self) -> String {
        format!("https://github.com/{self}")
    }

    /// The account.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository in it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Display for RepoName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl std::str::FromStr for RepoName {
    type Err = BadRepoName;

    fn from_str(text: &str) -> Result<Self, BadRepoName> {
        Self::parse(text)
    }
}

impl TryFrom<String> for RepoName {
    type Error = BadRepoName;

    fn try_from(text: String) -> Result<Self, BadRepoName> {
        Self::parse(&text)
    }
}

impl From<RepoName> for String {
    fn from(name: RepoName) -> Self {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_owner_and_name_make_a_repository() {
        for good in ["acme/shop", "a-b_corp/x.y_z-1", "a/.github"] {
            assert_eq!(RepoName::parse(good).unwrap().to_string(), good);
        }
        let long = format!("a/{}", "x".repeat(101));
        for bad in [
            "", "acme", "/", "a/", "/b", "a/b/c", "a/..", "a b/c", "a/b?c", "ä/b", &long,
        ] {
            assert!(RepoName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn it_is_stored_as_text_and_checked_when_read() {
        let stored = serde_json::to_string(&RepoName::parse("acme/shop").unwrap()).unwrap();
        assert_eq!(stored, r#""acme/shop""#);
        assert!(serde_json::from_str::<RepoName>(r#""acme/../x""#).is_err());
    }
}
