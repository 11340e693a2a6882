//! What this client has done, issue by issue, and the totals that the hub is told.
//!
//! Invariant: totals are a function of the record, and each issue is in the record once: a write that
//! is answered twice, or whose answer is recorded twice because of a kill in between, counts once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::issue::IssueId;
use crate::write::{Kind, Pending, Status};

/// The most minutes that an issue counts for: a day. What lies longer was not worked on.
const MAX_MINUTES: i64 = 24 * 60;

/// The record, by the issue's id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Work(BTreeMap<String, Attempt>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attempt {
    at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pull_request: Option<PullRequest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Ended {
    at: Timestamp,
    completed: bool,
}

/// What became of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PullRequest {
    /// It is open.
    Submitted,
    /// It was taken.
    Merged,
    /// It was not.
    Rejected,
}

/// What the hub is told of a client's work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Issues that were claimed.
    pub issues_attempted: u64,
    /// Issues that were completed.
    pub issues_completed: u64,
    /// Issues that were given up.
    pub issues_skipped: u64,
    /// Pull requests.
    pub prs_submitted: u64,
    /// Those that were merged.
    pub prs_merged: u64,
    /// Those that were not.
    pub prs_rejected: u64,
    /// Days in a row with an attempt, up to the last one.
    pub current_streak: u64,
    /// The longest such row.
    pub longest_streak: u64,
    /// From claims to their ends.
    pub total_time_minutes: u64,
    /// Repositories with something completed or a pull request.
    pub repos_contributed: BTreeSet<String>,
}

impl Work {
    /// The hub has taken this write.
    pub(crate) fn taken(&mut self, entry: &Pending) {
        let at = entry.created_at;
        match entry.kind() {
            Kind::Claim(issue) => {
                self.attempt(&issue, at);
            }
            Kind::Status(issue, status) => {
                let attempt = self.attempt(&issue, at);
                if let Status::Completed | Status::Skipped = status {
                    let completed = status == Status::Completed;
                    let again = attempt.ended.is_some_and(|it| it.completed == completed);
                    if !again {
                        attempt.ended = Some(Ended { at, completed });
                    }
                }
                let named = ["pr_url", "pr_number"].map(|name| !entry.body[name].is_null());
                if named.contains(&true) && attempt.pull_request.is_none() {
                    attempt.pull_request = Some(PullRequest::Submitted);
                }
            }
            _ => {}
        }
    }

    /// A pull request of ours was decided about. False where we know of no work on that issue.
    pub(crate) fn decided(&mut self, issue: &IssueId, decision: PullRequest) -> bool {
        let attempt = self.0.get_mut(&key(issue));
        attempt
            .map(|attempt| attempt.pull_request = Some(decision))
            .is_some()
    }

    fn attempt(&mut self, issue: &IssueId, at: Timestamp) -> &mut Attempt {
        let new = || Attempt {
            at,
            ended: None,
            pull_request: None,
        };
        self.0.entry(key(issue)).or_insert_with(new)
    }

    /// All of it, in numbers.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        let mut days = BTreeSet::new();
        for (issue, attempt) in &self.0 {
            totals.issues_attempted += 1;
            days.insert(attempt.at.to_zoned(TimeZone::UTC).date());
            let completed = attempt.ended.is_some_and(|ended| ended.completed);
            totals.issues_completed += u64::from(completed);
            totals.issues_skipped += u64::from(attempt.ended.is_some() && !completed);
            if let Some(ended) = attempt.ended {
                let minutes = ended.at.duration_since(attempt.at).as_mins();
                totals.total_time_minutes += minutes.clamp(0, MAX_MINUTES).unsigned_abs();
            }
            let request = attempt.pull_request;
            totals.prs_submitted += u64::from(request.is_some());
            totals.prs_merged += u64::from(request == Some(PullRequest::Merged));
            totals.prs_rejected += u64::from(request == Some(PullRequest::Rejected));
            if completed || request.is_some() {
                let issue: Option<IssueId> = issue.parse().ok();
                let repository = issue.as_ref().and_then(IssueId::place);
                totals
                    .repos_contributed
                    .extend(repository.map(|(name, _)| name.to_owned()));
            }
        }
        (totals.current_streak, totals.longest_streak) = streaks(&days);
        totals
    }
}

/// Forges take two spellings that differ in case for one repository, and so does the hub.
fn key(issue: &IssueId) -> String {
    issue.as_str().to_lowercase()
}

/// The row of days that ends with the last one, and the longest row.
fn streaks(days: &BTreeSet<Date>) -> (u64, u64) {
    let mut longest = 0;
    let mut current = 0;
    let mut before: Option<Date> = None;
    for day in days {
        let follows = before.is_some_and(|before| before.tomorrow().ok() == Some(*day));
        current = if follows { current + 1 } else { 1 };
        longest = longest.max(current);
        before = Some(*day);
    }
    (current, longest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::write::{NewClaim, StatusChange, Write};

    fn id(text: &str) -> IssueId {
        text.parse().unwrap()
    }

    fn claim(issue: &str, at: &str) -> Pending {
        let claim = NewClaim::of(&id(issue)).unwrap();
        Write::Claim(claim).pending("c1", at.parse().unwrap())
    }

    fn status(issue: &str, status: Status, pr: Option<u64>, at: &str) -> Pending {
        let change = StatusChange {
            issue: id(issue),
            status,
            pr_url: None,
            pr_number: pr,
        };
        Write::Status(change).pending("c1", at.parse().unwrap())
    }

    #[test]
    fn an_issue_counts_once_however_often_its_answers_are_recorded() {
        let mut work = Work::default();
        for _ in 0..2 {
            work.taken(&claim("acme/shop#1", "2026-11-20T10:00:00Z"));
            work.taken(&claim("Acme/Shop#1", "2026-11-20T10:10:00Z"));
            let (done, at) = (Status::Completed, "2026-11-20T10:30:00Z");
            work.taken(&status("acme/shop#1", done, Some(7), at));
            work.taken(&claim("acme/tea#2", "2026-11-21T10:00:00Z"));
            work.taken(&status(
                "acme/tea#2",
                Status::Skipped,
                None,
                "2026-11-23T10:00:00Z",
            ));
        }
        assert!(work.decided(&id("acme/shop#1"), PullRequest::Merged));
        assert!(!work.decided(&id("acme/shop#9"), PullRequest::Merged));
        let expected = Totals {
            issues_attempted: 2,
            issues_completed: 1,
            issues_skipped: 1,
            prs_submitted: 1,
            prs_merged: 1,
            prs_rejected: 0,
            current_streak: 2,
            longest_streak: 2,
            total_time_minutes: 30 + 1_440,
            repos_contributed: ["acme/shop".to_owned()].into(),
        };
        assert_eq!(work.totals(), expected);
        let stored = serde_json::to_string(&work).unwrap();
        assert_eq!(serde_json::from_str::<Work>(&stored).unwrap(), work);
    }

    #[test]
    fn a_streak_counts_days_and_a_gap_starts_it_anew() {
        let of = |days: &[&str]| streaks(&days.iter().map(|day| day.parse().unwrap()).collect());
        assert_eq!(of(&[]), (0, 0));
        assert_eq!(of(&["2026-11-20", "2026-11-20"]), (1, 1));
        assert_eq!(of(&["2026-12-31", "2027-01-01", "2027-01-02"]), (3, 3));
        assert_eq!(of(&["2026-11-01", "2026-11-02", "2026-11-05"]), (1, 2));
    }

    proptest! {
        /// As the contract words it, day by day.
        #[test]
        fn a_streak_is_what_counting_day_by_day_gives(days in prop::collection::btree_set(0..40_i64, 0..30)) {
            let first: Date = "2026-02-10".parse().unwrap();
            let date = |n: &i64| first.checked_add(jiff::SignedDuration::from_hours(24 * n)).unwrap();
            let (mut current, mut longest, mut last) = (0, 0, None);
            for day in &days {
                current = match last {
                    Some(before) if before + 1 == *day => current + 1,
                    _ => 1,
                };
                longest = longest.max(current);
                last = Some(*day);
            }
            prop_assert_eq!(streaks(&days.iter().map(date).collect()), (current, longest));
        }
    }
}
