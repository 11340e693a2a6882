//! The leaderboard: what work is worth, and who comes first.
//!
//! `score = 10 × merged + 3 × submitted + 1 × completed`: what others accepted counts most. Equal
//! scores: more merged pull requests first, then more completed issues, then the id in the order of
//! its letters. So two people never share a rank, and ranks do not change between two looks.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::ClientId;
use super::days::Streaks;
use super::stats::Counted;

/// For a merged pull request.
pub const MERGED: u64 = 10;
/// For one that was opened.
pub const SUBMITTED: u64 = 3;
/// For a completed issue.
pub const COMPLETED: u64 = 1;

/// The most entries that are shown.
pub const MAX_ENTRIES: u32 = 100;
/// The entries, if nothing else is asked for.
pub const ENTRIES: u32 = 20;

/// What somebody's work is worth.
pub fn score(counted: &Counted) -> u64 {
    MERGED * counted.merged + SUBMITTED * counted.submitted + COMPLETED * counted.completed
}

/// Somebody on the leaderboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Who.
    pub client: ClientId,
    /// What they are called.
    pub name: String,
    /// The version of their program.
    pub version: Option<String>,
    /// What counts.
    pub counted: Counted,
    /// Their score.
    pub score: u64,
    /// Their streaks.
    pub streaks: Streaks,
}

/// By rank. The database sorts each object's clients in the same order.
pub fn ranked(mut entries: Vec<Entry>, limit: u32) -> Vec<Entry> {
    entries.sort_by(|a, b| place(a).cmp(&place(b)));
    entries.truncate(limit as usize);
    entries
}

fn place(entry: &Entry) -> impl Ord + '_ {
    let Counted {
        merged, completed, ..
    } = entry.counted;
    (Reverse((entry.score, merged, completed)), &entry.client)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, merged: u64, submitted: u64, completed: u64) -> Entry {
        let counted = Counted {
            completed,
            submitted,
            merged,
            ..Counted::default()
        };
        Entry {
            client: ClientId::parse(id).unwrap(),
            name: id.to_owned(),
            version: None,
            counted,
            score: score(&counted),
            streaks: Streaks::default(),
        }
    }

    #[test]
    fn score_decides_then_merged_then_completed_then_the_id() {
        let ids = |entries: Vec<Entry>, limit| -> Vec<String> {
            let ranked = ranked(entries, limit);
            ranked.into_iter().map(|it| it.client.to_string()).collect()
        };
        let entries = vec![
            entry("none", 0, 0, 0),
            entry("b-merged", 1, 0, 0),
            entry("a-submitted", 0, 3, 1),
            entry("more-completed", 0, 2, 4),
            entry("best", 1, 1, 0),
            entry("again", 0, 2, 4),
        ];
        let order = [
            "best",
            "b-merged",
            "again",
            "more-completed",
            "a-submitted",
            "none",
        ];
        assert_eq!(ids(entries.clone(), 10), order);
        let mut reversed = entries;
        reversed.reverse();
        assert_eq!(ids(reversed, 2), order[..2]);
    }
}
