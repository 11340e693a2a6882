//! What a client remembers besides its queue, in `hub_state.json`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::Trouble;
use crate::judge::MAX_WAIT;
use crate::work::Work;
use crate::write::Pending;

/// How many refused writes are kept for people to look at.
const MAX_REFUSED: usize = 100;

/// What is in the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct State {
    /// Until when the hub wants to be left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_at: Option<Timestamp>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) work: Work,
}

/// A write that the hub refused for good, and that waits no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// The write.
    pub entry: Pending,
    /// The status; 0 where it could not even be sent.
    pub status: u16,
    /// The hub's words.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

impl State {
    /// Whether the hub may be asked now. A wait that is longer than any that is believed was written
    /// by another clock.
    pub(crate) fn may_ask(&self, now: Timestamp) -> Result<(), Trouble> {
        let longest = SignedDuration::try_from(MAX_WAIT).unwrap_or(SignedDuration::MAX);
        match self.retry_at {
            Some(until) if until > now && until.duration_since(now) <= longest => {
                Err(Trouble::RateLimited { until })
            }
            _ => Ok(()),
        }
    }

    /// Keeps a refused write; once, though a kill may make it known twice.
    pub(crate) fn refuse(&mut self, refused: Refused) {
        if self.refused.iter().any(|it| it.entry == refused.entry) {
            return;
        }
        self.refused.push(refused);
        let too_many = self.refused.len().saturating_sub(MAX_REFUSED);
        self.refused.drain(..too_many);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::Write;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[test]
    fn a_wait_ends_and_one_that_another_clock_wrote_is_none() {
        let state = |second| State {
            retry_at: Some(at(second)),
            ..State::default()
        };
        let until = at(10);
        assert_eq!(
            state(10).may_ask(at(9)),
            Err(Trouble::RateLimited { until })
        );
        assert_eq!(state(10).may_ask(at(10)), Ok(()));
        assert_eq!(state(4_000).may_ask(at(0)), Ok(()));
        assert_eq!(State::default().may_ask(at(0)), Ok(()));
    }

    #[test]
    fn a_refused_write_is_kept_once_and_the_oldest_go_first() {
        let mut state = State::default();
        for n in 0..=100 {
            for _ in 0..2 {
                state.refuse(Refused {
                    entry: Write::Heartbeat.pending("c1", at(n)),
                    status: 422,
                    message: "no".to_owned(),
                    at: at(n),
                });
            }
        }
        assert_eq!(state.refused.len(), MAX_REFUSED);
        assert_eq!(state.refused[0].at, at(1));
    }
}
