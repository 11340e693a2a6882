//! One list: `role:123, user:456`, `everyone`, or `nobody`.

use super::Actor;
use crate::id::{RoleId, UserId};

/// Whom a right is given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Everyone in a server.
    Everyone,
    /// Whoever has this role.
    Role(RoleId),
    /// This person, in direct messages too.
    User(UserId),
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::User(user) => write!(f, "user:{user}"),
        }
    }
}

/// A list of them; empty, it is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

/// An entry that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entry:?} is none of `everyone`, `nobody`, `role:ID`, `user:ID`")]
pub struct BadGrant {
    /// As configured.
    pub entry: String,
}

/// Discord's snowflakes are 64 bits: at most 20 digits.
const MAX_DIGITS: usize = 20;

impl Grants {
    /// To everyone in a server.
    pub fn everyone() -> Self {
        Self(vec![Grant::Everyone])
    }

    /// To nobody.
    pub fn nobody() -> Self {
        Self(Vec::new())
    }

    /// Reads a list, separated by commas, blanks or line breaks.
    pub fn parse(text: &str) -> Result<Self, BadGrant> {
        let separators = |c: char| c == ',' || c.is_whitespace();
        let entries = text.split(separators).filter(|entry| !entry.is_empty());
        let grants: Vec<_> = entries.map(grant).collect::<Result<_, _>>()?;
        // "nobody" beside somebody is a mistake, and not the operator's joke.
        if grants.len() > 1 && grants.contains(&None) {
            let entry = text.to_owned();
            return Err(BadGrant { entry });
        }
        Ok(Self(grants.into_iter().flatten().collect()))
    }

    /// Whether it is nobody's.
    pub fn is_nobody(&self) -> bool {
        self.0.is_empty()
    }

    /// The first grant that `actor` has.
    pub fn given_to(&self, actor: Actor<'_>) -> Option<&Grant> {
        self.0.iter().find(|grant| match grant {
            Grant::Everyone => actor.in_server,
            Grant::Role(role) => actor.in_server && actor.roles.contains(role),
            Grant::User(user) => user == actor.user,
        })
    }
}

/// `None` is `nobody`.
fn grant(entry: &str) -> Result<Option<Grant>, BadGrant> {
    let bad = || BadGrant {
        entry: entry.to_owned(),
    };
    let (kind, id) = match entry.split_once(':') {
        Some(both) => both,
        None if entry == "everyone" => return Ok(Some(Grant::Everyone)),
        None if entry == "nobody" => return Ok(None),
        None => return Err(bad()),
    };
    let is_id = (1..=MAX_DIGITS).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    match kind {
        "role" if is_id => Ok(Some(Grant::Role(RoleId::new(id)))),
        "user" if is_id => Ok(Some(Grant::User(UserId::new(id)))),
        _ => Err(bad()),
    }
}
