//! The gate before the agent: somebody reads the plan, and lets the fix begin or not.
//!
//! Invariant: nothing costs money or writes anywhere before it is open. Who may open it was decided
//! where the command was delivered (`roles`); here is only whether there is anything to decide.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::step::archive;
use super::{Archived, Backlog, Brief, Cause, Coding, CodingPhase, Event, Fix, Next, Stage};
use crate::executor::Spent;
use crate::id::UserId;
use crate::report;

/// How long a plan waits for somebody: a working day and the night before it.
pub const APPROVAL_LIMIT: Duration = Duration::from_hours(24);

/// Whether a fix needs somebody's approval, and has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Gate {
    /// Whether it needs one: by the operator's word, or by the repository's.
    pub(super) is_closed: bool,
    /// Who gave it.
    pub(super) approved: Option<Approval>,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whose.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

impl Fix {
    /// Who let it begin, where that was asked.
    pub fn approval(&self) -> Option<&Approval> {
        self.gate.approved.as_ref()
    }

    /// Whether it waits for somebody to let it begin.
    pub fn awaits_approval(&self) -> bool {
        matches!(self.stage, Stage::Backlog(Backlog::Approve { .. }))
    }

    /// Where preparation leads: to somebody who approves, or to the agent.
    pub(super) fn prepared(&self, brief: Brief, now: Timestamp) -> Stage {
        if self.gate.is_closed {
            let until = now + APPROVAL_LIMIT;
            return Stage::Backlog(Backlog::Approve { brief, until });
        }
        begin(brief)
    }

    /// What an event does to a plan that waits.
    pub(super) fn decide(
        &mut self,
        brief: &Brief,
        until: Timestamp,
        event: Event,
        now: Timestamp,
    ) -> Option<Stage> {
        let cause = match event {
            Event::Approved { by } => {
                self.gate.approved = Some(Approval { by, at: now });
                return Some(begin(brief.clone()));
            }
            Event::Rejected { by } => Cause::NotApproved { by },
            Event::Tick if now >= until => Cause::ApprovalExpired,
            _ => return None,
        };
        Some(archive(cause, None, Spent::default(), now))
    }

    /// While it waits, only its message has anything to say.
    pub(super) fn next_of_waiting(&self, now: Timestamp) -> Option<Next> {
        let Stage::Backlog(Backlog::Approve { until, .. }) = &self.stage else {
            return None;
        };
        Some(match self.next_edit(now) {
            Some(edit) => Next::Perform(edit),
            None => Next::WaitUntil(self.sooner_of_edit_and(*until, now)),
        })
    }

    /// From when on the patience with failures counts: waiting for people is no failure.
    pub(super) fn patience_from(&self) -> Timestamp {
        match (&self.stage, &self.gate.approved) {
            (
                Stage::Archived(Archived {
                    at,
                    cause: Cause::NotApproved { .. } | Cause::ApprovalExpired,
                    ..
                }),
                _,
            ) => *at,
            (_, Some(approval)) => approval.at,
            _ => self.order.ordered_at,
        }
    }

    /// Answers somebody's decision: `Ok` what is said of it, `Err` why it changes nothing. A repeat
    /// by the same person is answered as the first time.
    pub(super) fn take_decision(&self, event: &Event) -> Result<String, String> {
        match event {
            Event::Approved { .. } if self.awaits_approval() => Ok(report::approved()),
            Event::Rejected { .. } if self.awaits_approval() => Ok(report::not_approved()),
            Event::Approved { by } if self.approval().is_some_and(|it| it.by == *by) => {
                Ok(report::approved())
            }
            Event::Rejected { by } if self.was_rejected_by(by) => Ok(report::not_approved()),
            _ => Err(report::nothing_to_approve()),
        }
    }

    fn was_rejected_by(&self, who: &UserId) -> bool {
        matches!(
            &self.stage,
            Stage::Archived(Archived { cause: Cause::NotApproved { by }, .. }) if by == who
        )
    }
}

/// The agent's turn.
pub(super) fn begin(brief: Brief) -> Stage {
    Stage::Coding(Coding {
        brief,
        run: std::num::NonZeroU32::MIN,
        checkpoint: None,
        saved_at: None,
        phase: CodingPhase::Start,
    })
}

#[cfg(test)]
mod tests;
