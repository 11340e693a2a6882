//! Events, and the line that each becomes in an inbox.
//!
//! Invariant: a line is pure ASCII without a line break in it, whatever the texts are: the same bytes
//! that Python's `json.dumps(event, separators=(",", ":"))` writes.

mod line;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest name of an agent or a recipient. With its ending it has to fit into a file name.
pub const MAX_NAME_BYTES: usize = 100;

/// A name that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing.
    #[error("is empty")]
    Empty,
    /// Too much.
    #[error("is longer than {MAX_NAME_BYTES} bytes")]
    TooLong,
    /// A character that may not be in it.
    #[error("may not contain {0:?}")]
    Character(char),
    /// A first character that may not be there.
    #[error("may not begin with {0:?}")]
    Beginning(char),
}

/// Who an event is for. It names a file, so it is no path and no option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recipient(String);

impl Recipient {
    /// Reads a name: ASCII letters and digits, and `_ - . @ +` after the first.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        bounded(text)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.@+".contains(c);
        if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
            return Err(BadName::Character(bad));
        }
        match text.chars().next() {
            Some(first) if !first.is_ascii_alphanumeric() && first != '_' => {
                Err(BadName::Beginning(first))
            }
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who events are from: the agent on whose behalf they are collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Agent(String);

impl Agent {
    /// Reads a name: anything that can be printed.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        bounded(text)?;
        match text.chars().find(|c| c.is_control()) {
            Some(bad) => Err(BadName::Character(bad)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn bounded(text: &str) -> Result<(), BadName> {
    match text.len() {
        0 => Err(BadName::Empty),
        length if length > MAX_NAME_BYTES => Err(BadName::TooLong),
        _ => Ok(()),
    }
}

macro_rules! text_names {
    ($($name:ident),*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )*};
}

text_names!(Recipient, Agent);

/// What an event asks of its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Nothing.
    #[serde(rename = "INFO")]
    Info,
    /// An answer.
    #[serde(rename = "NEEDS-RESPONSE")]
    NeedsResponse,
    /// A sign that it was read.
    #[serde(rename = "ACK-REQUEST")]
    AckRequest,
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::NeedsResponse => "NEEDS-RESPONSE",
            Self::AckRequest => "ACK-REQUEST",
        }
    }
}

/// How soon an event wants to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// In its turn.
    #[default]
    Normal,
    /// Now.
    Urgent,
}

impl Priority {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Urgent => "urgent",
        }
    }
}

/// The id of an event: 16 bytes as 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId(String);

/// A text that is no id of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not 32 lower-case hex digits")]
pub struct BadEventId;

impl EventId {
    /// An id of these bytes.
    pub fn of(bytes: [u8; 16]) -> Self {
        Self(hex::encode(bytes))
    }

    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, BadEventId> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let is_id = text.len() == 32 && text.bytes().all(is_digit);
        is_id.then(|| Self(text.to_owned())).ok_or(BadEventId)
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventId {
    type Error = BadEventId;

    fn try_from(text: String) -> Result<Self, BadEventId> {
        Self::parse(&text)
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.0
    }
}

/// An event to be, as its source made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who it is for.
    pub to: Recipient,
    /// What it asks.
    pub kind: Kind,
    /// How soon.
    pub priority: Priority,
    /// What it says.
    pub payload: String,
    /// A word that its sender watches for.
    pub sentinel: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
}

impl Draft {
    /// The event that it becomes.
    pub fn stamped(self, from: &Agent, id: EventId, ts: Timestamp) -> Event {
        Event {
            draft: self,
            from: from.clone(),
            id,
            ts,
        }
    }
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What its source made.
    pub draft: Draft,
    /// Who collected it.
    pub from: Agent,
    /// Its id.
    pub id: EventId,
    /// When it was taken.
    pub ts: Timestamp,
}

impl Event {
    /// The line in the inbox, with its line break.
    pub fn line(&self) -> String {
        line::of(self)
    }
}
