//! The scripted model: what it does turn by turn.

use serde_json::{Value, json};

/// What the model does in a conversation. The last turn is repeated if there are more.
#[derive(Debug, Clone)]
pub struct Script(Vec<Turn>);

/// One answer of the model.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Says and does these things.
    Moves(Vec<Move>),
    /// Begins to answer and never ends.
    Stall,
    /// The service answers this status instead.
    Fail(u16),
}

/// One thing in a turn. Paths are relative to the client's working directory unless they are
/// absolute.
#[derive(Debug, Clone)]
pub enum Move {
    /// Says this.
    Say(String),
    /// Reads a file.
    Read(String),
    /// Replaces text in a file.
    Edit {
        /// The file.
        path: String,
        /// The text that is there once.
        old: String,
        /// The text instead.
        new: String,
    },
    /// Writes a whole file.
    Write {
        /// The file.
        path: String,
        /// What shall be in it.
        content: String,
    },
    /// Looks for text.
    Grep(String),
    /// Uses any tool with any input.
    Use {
        /// The tool.
        tool: String,
        /// Its input, sent as it is.
        input: Value,
    },
}

impl Script {
    /// A script of these turns.
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        let turns: Vec<_> = turns.into_iter().collect();
        assert!(!turns.is_empty(), "a model says something");
        Self(turns)
    }

    pub(super) fn turn(&self, taken: usize) -> Turn {
        self.0[taken.min(self.0.len() - 1)].clone()
    }
}

impl Turn {
    /// Says this and ends.
    pub fn say(text: &str) -> Self {
        Self::Moves(vec![Move::Say(text.to_owned())])
    }

    /// Makes one move.
    pub fn make(only: Move) -> Self {
        Self::Moves(vec![only])
    }
}

impl Move {
    /// Reads a file.
    pub fn read(path: &str) -> Self {
        Self::Read(path.to_owned())
    }

    /// Replaces text in a file.
    pub fn edit(path: &str, old: &str, new: &str) -> Self {
        Self::Edit {
            path: path.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
        }
    }

    /// Writes a whole file.
    pub fn write(path: &str, content: &str) -> Self {
        Self::Write {
            path: path.to_owned(),
            content: content.to_owned(),
        }
    }

    /// The tool and its input, for a client that works in `directory`.
    pub(super) fn tool_use(&self, directory: &str) -> Option<(&str, Value)> {
        let at = |path: &str| {
            if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("{directory}/{path}")
            }
        };
        Some(match self {
            Self::Say(_) => return None,
            Self::Read(path) => ("Read", json!({ "file_path": at(path) })),
            Self::Edit { path, old, new } => (
                "Edit",
                json!({ "file_path": at(path), "old_string": old, "new_string": new }),
            ),
            Self::Write { path, content } => (
                "Write",
                json!({ "file_path": at(path), "content": content }),
            ),
            Self::Grep(pattern) => (
                "Grep",
                json!({ "pattern": pattern, "output_mode": "files_with_matches" }),
            ),
            Self::Use { tool, input } => (tool, input.clone()),
        })
    }
}
