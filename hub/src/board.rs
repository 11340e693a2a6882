//! The leaderboard and the hub's own numbers.

use serde::Serialize;
use serde_json::Value;

use crate::fields::{Fields, list};

/// Who has done how much.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leaderboard {
    /// The best, the best first.
    pub entries: Vec<Standing>,
    /// How many there are in all.
    pub total_participants: Option<u64>,
}

/// A line of it. What an older or newer hub does not say is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are what they are called")]
pub struct Standing {
    pub rank: Option<u64>,
    pub client_id: Option<String>,
    pub client_name: Option<String>,
    pub score: Option<f64>,
    pub issues_completed: Option<u64>,
    pub prs_submitted: Option<u64>,
    pub prs_merged: Option<u64>,
    pub current_streak: Option<u64>,
    pub longest_streak: Option<u64>,
}

/// The hub as a whole. What an older or newer hub does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are what they are called")]
pub struct Global {
    pub total_participants: Option<u64>,
    pub active_participants: Option<u64>,
    pub issues_available: Option<u64>,
    pub total_issues_attempted: Option<u64>,
    pub total_issues_completed: Option<u64>,
    pub total_prs_submitted: Option<u64>,
    pub total_prs_merged: Option<u64>,
    pub total_claims: Option<u64>,
    pub active_claims: Option<u64>,
    pub completed_claims: Option<u64>,
}

impl Leaderboard {
    pub(crate) fn parse(answer: &Value) -> Option<Self> {
        let new = list(answer, &["leaderboard"]);
        let old = list(answer, &["entries"]);
        let lines = new.or(old)?;
        // Where both are there, line by line they are the same clients.
        let beside = |n: usize| old.filter(|old| old.len() == lines.len())?.get(n);
        let entries = lines.iter().enumerate().map(|(n, line)| {
            let fields = Fields::of_all([Some(line), beside(n)].into_iter().flatten());
            Standing::of_fields(&fields)
        });
        let all = Fields::of_all([answer]);
        Some(Self {
            entries: entries.collect(),
            total_participants: all.number(&["total_participants", "totalParticipants"]),
        })
    }
}

impl Standing {
    fn of_fields(fields: &Fields<'_>) -> Self {
        Self {
            rank: fields.number(&["rank"]),
            client_id: fields.text(&["client_id", "clientId"]),
            client_name: fields.text(&["client_name", "clientName"]),
            score: fields.score(&["score"]),
            issues_completed: fields.number(&["issues_completed", "issuesCompleted"]),
            prs_submitted: fields.number(&["prs_submitted", "prsSubmitted"]),
            prs_merged: fields.number(&["prs_merged", "prsMerged"]),
            current_streak: fields.number(&["current_streak", "currentStreak"]),
            longest_streak: fields.number(&["longest_streak", "longestStreak"]),
        }
    }
}

impl Global {
    pub(crate) fn parse(answer: &Value) -> Option<Self> {
        let fields = Fields::of(answer, "global");
        let number = |names: &[&str]| fields.number(names);
        (!fields.is_empty()).then(|| Self {
            total_participants: number(&["total_participants", "totalClients"]),
            active_participants: number(&["active_participants", "activeParticipants"]),
            issues_available: number(&["issues_available", "issuesAvailable"]),
            total_issues_attempted: number(&["total_issues_attempted"]),
            total_issues_completed: number(&["total_issues_completed"]),
            total_prs_submitted: number(&["total_prs_submitted"]),
            total_prs_merged: number(&["total_prs_merged", "totalPrsMerged"]),
            total_claims: number(&["total_claims", "totalClaims"]),
            active_claims: number(&["active_claims", "activeClaims"]),
            completed_claims: number(&["completed_claims"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_board_of_either_generation_or_both_is_read() {
        let old = json!({
            "entries": [{"clientId": "c1", "clientName": "Ann", "score": 12.5, "prsMerged": 1, "rank": 1}],
            "totalParticipants": 3,
        });
        let new = json!({
            "leaderboard": [{"rank": 1, "client_name": "Ann", "issues_completed": 2, "prs_submitted": 1,
                             "prs_merged": 1, "current_streak": 4, "longest_streak": 5}],
            "total_participants": 3,
        });
        let mut both = old.clone();
        both["leaderboard"] = new["leaderboard"].clone();
        let read = |answer: &Value| {
            let board = Leaderboard::parse(answer).unwrap();
            assert_eq!(board.total_participants, Some(3));
            let line = board.entries.into_iter().next().unwrap();
            assert_eq!((line.rank, line.prs_merged), (Some(1), Some(1)));
            (line.score, line.issues_completed)
        };
        assert_eq!(read(&old), (Some(12.5), None));
        assert_eq!(read(&new), (None, Some(2)));
        assert_eq!(read(&both), (Some(12.5), Some(2)));
        assert_eq!(Leaderboard::parse(&json!({"error": "no"})), None);
    }

    #[test]
    fn numbers_of_either_generation_are_read() {
        let old = json!({"totalClients": 3, "totalClaims": 9, "totalPrsMerged": 2, "activeClaims": 1, "issuesAvailable": 4});
        let old = Global::parse(&old).unwrap();
        assert_eq!(
            (old.total_participants, old.issues_available),
            (Some(3), Some(4))
        );
        let new =
            json!({"global": {"total_participants": 3, "active_claims": 1, "completed_claims": 5}});
        let new = Global::parse(&new).unwrap();
        assert_eq!(
            (new.total_participants, new.completed_claims),
            (Some(3), Some(5))
        );
    }
}
