//! Streaks: runs of calendar days (UTC) on each of which somebody began work on an issue.
//!
//! Invariant: runs are disjoint and never adjoin, so that the order in which days become known does
//! not matter, nor how often: news of a claim may come late, twice, or after later news.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A day: how many have passed since 1970.
pub type Day = i64;

/// Days in a row, both ends among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The first.
    pub first: Day,
    /// The last.
    pub last: Day,
}

impl Run {
    /// One day.
    pub fn of(day: Day) -> Self {
        Self {
            first: day,
            last: day,
        }
    }

    /// How many days.
    pub fn length(self) -> u64 {
        u64::try_from(self.last - self.first + 1).unwrap_or_default()
    }

    /// Whether the two are one: they share a day, or one begins on the day after the other's last.
    pub fn touches(self, other: Self) -> bool {
        self.first <= other.last + 1 && other.first <= self.last + 1
    }

    /// Both as one.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// The day of a time.
pub fn day_of(at: Timestamp) -> Day {
    let date = at.to_zoned(TimeZone::UTC).date();
    let epoch = jiff::civil::date(1970, 1, 1);
    date.duration_since(epoch).as_hours() / 24
}

/// The streaks of somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streaks {
    /// The one that is alive: its last day is today or yesterday.
    pub current: u64,
    /// The longest ever.
    pub longest: u64,
}

/// The streaks of these runs, as seen on this day.
pub fn streaks(runs: &[Run], today: Day) -> Streaks {
    let alive = |run: &&Run| run.last == today || run.last == today - 1;
    Streaks {
        current: runs.iter().find(alive).map_or(0, |run| run.length()),
        longest: runs.iter().map(|run| run.length()).max().unwrap_or(0),
    }
}

/// The runs with one more day. (The database does the same with the runs that it touches.)
pub fn with_day(runs: &[Run], day: Day) -> Vec<Run> {
    let (touched, mut others): (Vec<Run>, Vec<Run>) =
        runs.iter().partition(|run| run.touches(Run::of(day)));
    others.push(touched.into_iter().fold(Run::of(day), Run::joined));
    others.sort_by_key(|run| run.first);
    others
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        let day = |text: &str| day_of(text.parse().unwrap());
        assert_eq!(day("1970-01-01T00:00:00Z"), 0);
        assert_eq!(day("1970-01-02T00:00:00Z"), 1);
        assert_eq!(day("1969-12-31T00:00:00Z"), -1);
        assert_eq!(day("2026-03-06T23:59:59.999Z"), 20_518);
        assert_eq!(day("2026-03-07T00:00:00Z"), 20_519);
    }

    #[test]
    fn the_same_day_changes_nothing_the_next_adds_one_and_a_gap_begins_anew() {
        let mut runs = Vec::new();
        for (day, current, longest) in [(10, 1, 1), (10, 1, 1), (11, 2, 2), (13, 1, 2), (14, 2, 2)]
        {
            runs = with_day(&runs, day);
            assert_eq!(streaks(&runs, day), Streaks { current, longest }, "{day}");
        }
        // The day between comes to be known.
        runs = with_day(&runs, 12);
        let all = Streaks {
            current: 5,
            longest: 5,
        };
        assert_eq!(streaks(&runs, 14), all);
        assert_eq!(
            streaks(&runs, 15),
            all,
            "alive until the day after has passed"
        );
        assert_eq!(
            streaks(&runs, 16),
            Streaks {
                current: 0,
                longest: 5
            }
        );
    }

    /// Counted by hand, from the days alone.
    fn naive(days: &BTreeSet<Day>, today: Day) -> Streaks {
        let back_from =
            |day: Day| (0..1_000).take_while(|n| days.contains(&(day - n))).count() as u64;
        let last = if days.contains(&today) {
            today
        } else {
            today - 1
        };
        Streaks {
            current: back_from(last),
            longest: days.iter().map(|day| back_from(*day)).max().unwrap_or(0),
        }
    }

    proptest! {
        #[test]
        fn the_order_of_the_news_does_not_matter(days in prop::collection::vec(0_i64..40, 0..60), today in 0_i64..42) {
            let runs = days.iter().fold(Vec::new(), |runs, day| with_day(&runs, *day));
            let known: BTreeSet<Day> = days.iter().copied().collect();
            // What lies in the future does not count as alive.
            let past: BTreeSet<Day> = known.iter().copied().filter(|day| *day <= today).collect();
            if past.len() == known.len() {
                prop_assert_eq!(streaks(&runs, today), naive(&known, today));
            }
            for pair in runs.windows(2) {
                prop_assert!(!pair[0].touches(pair[1]));
            }
        }
    }
}
