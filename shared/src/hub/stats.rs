//! A client's numbers: what it reports of itself, and what the hub has seen.
//!
//! A report is the whole of a client's numbers since it began, so that merging by the greater
//! number makes it harmless to repeat, to come late or out of order. What counts is the greater of
//! reported and seen: a client that never reports is not worth nothing, and one that reports does
//! not count twice.

use serde::{Deserialize, Serialize};

/// The greatest number that anybody may report.
pub const MAX_COUNT: u64 = 1_000_000;
/// The most repositories that a client may name.
pub const MAX_REPOS: usize = 500;
/// The longest name of one.
pub const MAX_REPO_CHARS: usize = 140;

/// What a client reports. Absent numbers are zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reported {
    /// Issues begun.
    pub issues_attempted: u64,
    /// Issues done.
    pub issues_completed: u64,
    /// Issues given up.
    pub issues_skipped: u64,
    /// Pull requests opened.
    pub prs_submitted: u64,
    /// Pull requests merged.
    pub prs_merged: u64,
    /// Pull requests closed unmerged.
    pub prs_rejected: u64,
    /// The streak, as the client counts it.
    pub current_streak: u64,
    /// The longest, as the client counts it.
    pub longest_streak: u64,
    /// The time of work.
    pub total_time_minutes: u64,
    /// Where.
    pub repos_contributed: Vec<String>,
}

impl Reported {
    /// The numbers by their names.
    pub fn numbers(&self) -> [(&'static str, u64); 9] {
        [
            ("issues_attempted", self.issues_attempted),
            ("issues_completed", self.issues_completed),
            ("issues_skipped", self.issues_skipped),
            ("prs_submitted", self.prs_submitted),
            ("prs_merged", self.prs_merged),
            ("prs_rejected", self.prs_rejected),
            ("current_streak", self.current_streak),
            ("longest_streak", self.longest_streak),
            ("total_time_minutes", self.total_time_minutes),
        ]
    }

    /// The first thing about it that cannot be.
    pub fn problem(&self) -> Option<(String, String)> {
        let too_many = self.numbers().into_iter().find(|(_, n)| *n > MAX_COUNT);
        if let Some((name, _)) = too_many {
            return Some((name.to_owned(), format!("must not exceed {MAX_COUNT}")));
        }
        let repos = &self.repos_contributed;
        let bad = |repo: &String| {
            repo.is_empty()
                || repo.chars().count() > MAX_REPO_CHARS
                || repo.contains(char::is_control)
        };
        if repos.len() > MAX_REPOS || repos.iter().any(bad) {
            let what =
                format!("must be at most {MAX_REPOS} names of 1 to {MAX_REPO_CHARS} characters");
            return Some(("repos_contributed".to_owned(), what));
        }
        None
    }

    /// What is known after this came on top of what was known. The streak is the newest word.
    #[must_use]
    pub fn merged_with(&self, newer: &Self) -> Self {
        let mut repos = self.repos_contributed.clone();
        repos.extend(newer.repos_contributed.iter().cloned());
        repos.sort();
        repos.dedup();
        repos.truncate(MAX_REPOS);
        Self {
            issues_attempted: self.issues_attempted.max(newer.issues_attempted),
            issues_completed: self.issues_completed.max(newer.issues_completed),
            issues_skipped: self.issues_skipped.max(newer.issues_skipped),
            prs_submitted: self.prs_submitted.max(newer.prs_submitted),
            prs_merged: self.prs_merged.max(newer.prs_merged),
            prs_rejected: self.prs_rejected.max(newer.prs_rejected),
            current_streak: newer.current_streak,
            longest_streak: self
                .longest_streak
                .max(newer.longest_streak)
                .max(newer.current_streak),
            total_time_minutes: self.total_time_minutes.max(newer.total_time_minutes),
            repos_contributed: repos,
        }
    }
}

/// What the hub has seen of a client's claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Claims.
    pub attempted: u64,
    /// Of them completed.
    pub completed: u64,
    /// Of them skipped.
    pub skipped: u64,
    /// Pull requests that came of them.
    pub submitted: u64,
}

/// What counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// Issues begun.
    pub attempted: u64,
    /// Issues done.
    pub completed: u64,
    /// Issues given up.
    pub skipped: u64,
    /// Pull requests opened.
    pub submitted: u64,
    /// Pull requests merged.
    pub merged: u64,
}

impl Counted {
    /// Of both.
    pub fn of(reported: &Reported, seen: &Seen) -> Self {
        Self {
            attempted: reported.issues_attempted.max(seen.attempted),
            completed: reported.issues_completed.max(seen.completed),
            skipped: reported.issues_skipped.max(seen.skipped),
            submitted: reported.prs_submitted.max(seen.submitted),
            merged: reported.prs_merged,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reported() -> impl Strategy<Value = Reported> {
        let repos = prop::collection::vec("[a-c]/[a-c]", 0..4);
        (prop::array::uniform9(0..50_u64), repos).prop_map(|(n, repos)| Reported {
            issues_attempted: n[0],
            issues_completed: n[1],
            issues_skipped: n[2],
            prs_submitted: n[3],
            prs_merged: n[4],
            prs_rejected: n[5],
            current_streak: n[6],
            longest_streak: n[7],
            total_time_minutes: n[8],
            repos_contributed: repos,
        })
    }

    /// Without what is the newest word by its nature.
    fn lasting(mut it: Reported) -> Reported {
        it.current_streak = 0;
        it
    }

    proptest! {
        #[test]
        fn reports_may_repeat_and_come_in_any_order(a in reported(), b in reported(), c in reported()) {
            let none = Reported::default();
            let in_order = none.merged_with(&a).merged_with(&b).merged_with(&c);
            let otherwise = none.merged_with(&c).merged_with(&a).merged_with(&c).merged_with(&b).merged_with(&a);
            prop_assert_eq!(lasting(in_order), lasting(otherwise));
        }

        #[test]
        fn a_report_never_takes_anything_away(a in reported(), b in reported()) {
            let merged = Reported::default().merged_with(&a).merged_with(&b);
            for (was, is) in a.numbers().into_iter().zip(merged.numbers()) {
                prop_assert!(is.1 >= was.1 || was.0 == "current_streak", "{:?} {:?}", was, is);
            }
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let problem = |change: fn(&mut Reported)| {
            let mut it = Reported::default();
            change(&mut it);
            it.problem().map(|(field, _)| field)
        };
        assert_eq!(problem(|_| {}), None);
        assert_eq!(problem(|it| it.prs_merged = MAX_COUNT), None);
        let merged = Some("prs_merged".to_owned());
        assert_eq!(problem(|it| it.prs_merged = MAX_COUNT + 1), merged);
        let repos = Some("repos_contributed".to_owned());
        assert_eq!(
            problem(|it| it.repos_contributed = vec![String::new()]),
            repos
        );
        let many = |it: &mut Reported| it.repos_contributed = vec!["a/b".to_owned(); 501];
        assert_eq!(problem(many), repos);
        let longest = |it: &mut Reported| it.repos_contributed = vec!["r".repeat(MAX_REPO_CHARS)];
        assert_eq!(problem(longest), None);
        let longer =
            |it: &mut Reported| it.repos_contributed = vec!["r".repeat(MAX_REPO_CHARS + 1)];
        assert_eq!(problem(longer), repos);
    }

    #[test]
    fn what_is_known_stays_bounded_and_a_streak_is_as_long_as_the_longest() {
        let of = |name: &str, current_streak: u64| Reported {
            repos_contributed: (0..MAX_REPOS).map(|n| format!("{name}/{n}")).collect(),
            current_streak,
            ..Reported::default()
        };
        let merged = of("a", 0).merged_with(&of("b", 9)).merged_with(&of("c", 2));
        assert_eq!(merged.repos_contributed.len(), MAX_REPOS);
        assert_eq!((merged.longest_streak, merged.current_streak), (9, 2));
    }

    #[test]
    fn the_greater_of_reported_and_seen_counts() {
        let reported = Reported {
            issues_attempted: 5,
            prs_merged: 2,
            ..Reported::default()
        };
        let seen = Seen {
            attempted: 3,
            completed: 4,
            ..Seen::default()
        };
        let expected = Counted {
            attempted: 5,
            completed: 4,
            merged: 2,
            ..Counted::default()
        };
        assert_eq!(Counted::of(&reported, &seen), expected);
    }
}
