//! A log as lines of JSON: one entry a line, oldest first.

use serde::{Deserialize, Serialize};

use super::{Entry, Head};

/// A page of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Its entries, oldest first.
    pub entries: Vec<Entry>,
    /// The head of the whole log when the page was read.
    pub head: Head,
}

impl Export {
    /// Where the next page begins: `None` at the end of the log.
    pub fn next_after(&self) -> Option<u64> {
        let last = self.entries.last()?.number;
        (last < self.head.number).then_some(last)
    }

    /// The entries as lines of JSON, each with its line break.
    pub fn to_lines(&self) -> String {
        let line = |entry| serde_json::to_string(entry).expect("an entry has text for keys");
        let lines = self.entries.iter().map(line);
        lines.map(|line| line + "\n").collect()
    }
}

/// A line that is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no entry of an audit log: {detail}")]
pub struct BadLine {
    /// Which, from 1.
    pub line: usize,
    /// What the reader says.
    pub detail: String,
}

/// Reads what [`Export::to_lines`] wrote, page after page. Empty lines are passed over.
pub fn parse_lines(text: &str) -> impl Iterator<Item = Result<Entry, BadLine>> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(nth, line)| {
            serde_json::from_str(line).map_err(|error| BadLine {
                line: nth + 1,
                detail: error.to_string(),
            })
        })
}
