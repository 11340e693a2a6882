//! The looks that nobody's notice asked for.
//!
//! Invariant: as long as a pull request is not merged, it is looked at within [`MAX_PAUSE`], for
//! [`LOOKS_FOR`]. GitHub sends a delivery once; where it is lost (the gateway was down, its secret
//! was being changed, there is no webhook at all) this finds what it would have told.
//!
//! Pauses grow with the age of the pull request, an eighth of it each: some 210 looks in all.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{After, ChecksDue, Standing};
use crate::fix::{Fix, Stage};
use crate::id::CommitId;

/// The shortest pause: a merge of an hour ago is news still.
const MIN_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// The longest.
const MAX_PAUSE: SignedDuration = SignedDuration::from_hours(12);
/// After this long a pull request is forgotten, unless GitHub tells of it.
const LOOKS_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// When to look next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Pulse {
    /// Since when the pull request is followed.
    since: Option<Timestamp>,
    at: Option<Timestamp>,
}

impl Pulse {
    /// Whether it is time to look; the next time is set, if there is one.
    fn beats(&mut self, now: Timestamp) -> bool {
        let since = *self.since.get_or_insert(now);
        let is_due = self.at.is_some_and(|at| at <= now);
        let is_new = self.at.is_none() && since == now;
        if is_due || is_new {
            let age = now.duration_since(since);
            let pause = (age / 8).clamp(MIN_PAUSE, MAX_PAUSE);
            self.at = (age < LOOKS_FOR).then(|| now + pause);
        }
        is_due
    }
}

impl Fix {
    /// Looks at the pull request if it is time to.
    pub(in crate::fix) fn beat(&mut self, now: Timestamp) {
        if !self.is_followed() {
            return;
        }
        if let Stage::Merge(merge) = &self.stage {
            self.after.beat(&merge.pull_request.head, now);
        }
    }

    /// When it looks at its pull request without having been told of anything, where nothing else
    /// is left to be done before.
    pub fn looks_again_at(&self, now: Timestamp) -> Option<Timestamp> {
        let pulse = self.is_followed().then(|| self.after.pulse())??;
        (self.next(now) == crate::fix::Next::WaitUntil(pulse)).then_some(pulse)
    }
}

impl After {
    fn beat(&mut self, head: &CommitId, now: Timestamp) {
        if matches!(self.standing, Standing::Merged { .. }) || !self.pulse.beats(now) {
            return;
        }
        self.plan_look();
        let is_known = self.checks.as_ref().is_some_and(|seen| seen.head == *head);
        // Only where the webhook is set up are checks acted on: that costs money.
        if self.is_open() && !is_known && !self.seen.is_empty() {
            self.checks_due.get_or_insert(ChecksDue {
                at: now,
                since: now,
            });
        }
    }

    /// When the next look is due.
    pub(super) fn pulse(&self) -> Option<Timestamp> {
        let is_merged = matches!(self.standing, Standing::Merged { .. });
        self.pulse.at.filter(|_| !is_merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_bounded_in_number_and_never_far_apart() {
        let opened = Timestamp::UNIX_EPOCH;
        let (mut pulse, mut now, mut looks) = (Pulse::default(), opened, 0);
        assert!(!pulse.beats(now), "it was only just opened");
        while let Some(at) = pulse.at {
            let pause = at.duration_since(now);
            assert!((MIN_PAUSE..=MAX_PAUSE).contains(&pause), "{pause:?}");
            assert!(!pulse.beats(at - SignedDuration::from_secs(1)));
            assert!(pulse.beats(at));
            assert!(!pulse.beats(at), "once");
            (now, looks) = (at, looks + 1);
        }
        assert!(now.duration_since(opened) >= LOOKS_FOR);
        assert!((180..240).contains(&looks), "{looks}");
    }

    #[test]
    fn a_pulse_that_was_stored_before_there_was_one_begins() {
        let mut pulse: Pulse = serde_json::from_str("{}").unwrap();
        assert!(!pulse.beats(Timestamp::UNIX_EPOCH));
        assert!(pulse.at.is_some());
    }
}
