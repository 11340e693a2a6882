//! Going on where the money ended.
//!
//! A fix that a cap stopped ends: its thread reads so, and its job has had its one outcome. But it
//! keeps the work so far ([`Kept`]). A `continue` command brings more money, and is a job like any
//! other: it becomes a fix of its own, in a Job object of its own, which begins where the first one
//! stopped ([`Continuation`]): the same issue, the same base and branch, the files as they were.
//!
//! So every accepted job keeps exactly one outcome, in its own message: the first "the budget was
//! used up", the second whatever comes of the rest. Turns, cancel, status, retry and the sweep need
//! no rule for it. The first fix only remembers by which job it is gone on with, so that two
//! commands at once do not do the same work twice; a command that is delivered again is given the
//! same order again.
//!
//! The money: each command brings its own cap, and all of them together stay below `MAX_JOB_USD`.
//! The caps of the day hold as for any fix.

use serde::{Deserialize, Serialize};

use super::{Archived, Brief, Cause, Closing, Coding, CodingPhase, Fix, Order, Stage};
use crate::executor::{Checkpoint, RunFailure, Spent};
use crate::id::JobId;
use crate::money::Money;
use crate::report;

/// The least that is worth going on with.
const LEAST: Money = Money::micros(100_000);

/// What a fix keeps that could go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// What it started from.
    pub brief: Brief,
    /// The work so far.
    pub checkpoint: Checkpoint,
    /// The job that goes on with it, once there is one.
    pub gone_on_by: Option<JobId>,
}

/// What sets a fix apart that goes on with another one's work, in its [`Order`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Continuation {
    /// The fix that was stopped.
    pub of: JobId,
    /// Its branch.
    pub branch: String,
    /// What it started from.
    pub brief: Brief,
    /// Its work.
    pub checkpoint: Checkpoint,
    /// What it and all before it used up.
    pub spent: Spent,
}

/// What a fix keeps when a run has failed, if it could go on.
pub(super) fn kept(
    fix: &Fix,
    coding: &Coding,
    failure: &RunFailure,
    checkpoint: Option<Checkpoint>,
    spent: Spent,
) -> Option<Box<Kept>> {
    // A round's limits are its fix's to set.
    if !failure.can_go_on() || fix.order.round.is_some() {
        return None;
    }
    let checkpoint = checkpoint
        .or_else(|| coding.checkpoint.clone())
        .unwrap_or(Checkpoint {
            base_commit: coding.brief.base.commit.clone(),
            changes: Vec::new(),
            session_id: None,
            spent,
        });
    Some(Box::new(Kept {
        brief: coding.brief.clone(),
        checkpoint,
        gone_on_by: None,
    }))
}

impl Continuation {
    /// The first stage after the fix was taken over: what was prepared is prepared.
    pub(super) fn stage(&self) -> Stage {
        let checkpoint = Checkpoint {
            // The limits of this fix are its own.
            spent: Spent::default(),
            ..self.checkpoint.clone()
        };
        Stage::Coding(Coding {
            brief: self.brief.clone(),
            run: std::num::NonZeroU32::MIN,
            checkpoint: Some(checkpoint),
            saved_at: None,
            phase: CodingPhase::Start,
        })
    }
}

impl Fix {
    /// Whether somebody may let it go on, and what it has used up.
    pub fn offers_to_go_on(&self) -> Option<Spent> {
        match &self.stage {
            Stage::Archived(Archived {
                kept: Some(kept), ..
            }) if kept.gone_on_by.is_none() => Some(self.spent_in_all()),
            _ => None,
        }
    }

    /// The order of the fix that goes on with this one's work, for the job of a `continue`
    /// command; or why there is none, in words for people. Where its answer goes is for whoever
    /// delivers the command to say.
    pub(super) fn go_on(
        &mut self,
        by: &JobId,
        budget: Money,
        most: Money,
    ) -> Result<Box<Order>, String> {
        let spent = self.spent_in_all();
        let branch = self.branch();
        let Stage::Archived(Archived {
            closing: Closing::Closed,
            kept: Some(kept),
            ..
        }) = &mut self.stage
        else {
            return Err(report::nothing_to_continue());
        };
        if kept.gone_on_by.as_ref().is_some_and(|other| other != by) {
            return Err(report::goes_on_already());
        }
        let left = most.less(Money::from_usd(spent.cost_usd));
        if budget > left {
            return Err(report::too_dear(most, left));
        }
        if budget < LEAST {
            return Err(report::too_little(LEAST));
        }
        kept.gone_on_by = Some(by.clone());
        let continues = Continuation {
            of: self.order.job.clone(),
            branch,
            brief: kept.brief.clone(),
            checkpoint: kept.checkpoint.clone(),
            spent,
        };
        let mut order = self.order.clone();
        order.job = by.clone();
        order.reply.job = by.clone();
        order.live = None;
        order.limits.max_budget_usd = budget.usd();
        order.continues = Some(Box::new(continues));
        order.rules = self.rules.clone();
        Ok(Box::new(order))
    }

    /// What it has used up, and all that it goes on from.
    fn spent_in_all(&self) -> Spent {
        let own = match &self.stage {
            Stage::Archived(archived) => archived.spent,
            _ => Spent::default(),
        };
        let before = self.order.continues.as_ref();
        let before = before.map_or_else(Spent::default, |it| it.spent);
        Spent {
            elapsed: own.elapsed + before.elapsed,
            turns: own.turns + before.turns,
            cost_usd: own.cost_usd + before.cost_usd,
        }
    }
}

impl Cause {
    /// Whether it was for want of money, or of leave to spend it.
    pub fn is_want_of_money(&self) -> bool {
        matches!(self, Self::RunFailed { failure } if failure.can_go_on())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{coding, fix};
    use super::*;
    use crate::fix::tests::at;

    fn stopped() -> Fix {
        let mut fix = fix(coding(CodingPhase::Start));
        let Stage::Coding(coding) = &fix.stage else {
            panic!("it codes");
        };
        let spent = Spent {
            turns: 9,
            cost_usd: 2.0,
            ..Spent::default()
        };
        let failure = RunFailure::BudgetExhausted;
        let kept = kept(&fix, coding, &failure, None, spent);
        fix.stage = Stage::Archived(Archived {
            at: at(9),
            cause: Cause::RunFailed { failure },
            stop: None,
            doubt: None,
            spent,
            kept,
            crash_report: None,
            closing: Closing::Closed,
        });
        fix
    }

    fn usd(usd: f64) -> Money {
        Money::from_usd(usd)
    }

    #[test]
    fn it_goes_on_under_the_commands_job_with_its_own_branch_and_a_cap_of_its_own() {
        let mut fix = stopped();
        let order = fix.go_on(&"900".into(), usd(1.5), usd(10.0)).unwrap();
        assert_eq!(order.job.as_str(), "900");
        assert!((order.limits.max_budget_usd - 1.5).abs() < 1e-9);
        let next = Fix::new(*order);
        assert_eq!(next.branch(), fix.branch());
        let continues = next.order.continues.clone().unwrap();
        assert_eq!(continues.spent.turns, 9);
        let Stage::Coding(coding) = continues.stage() else {
            panic!("it codes at once");
        };
        assert_eq!(coding.spent(), Spent::default());
    }

    #[test]
    fn the_same_command_gets_the_same_order_and_another_one_none() {
        let mut fix = stopped();
        let first = fix.go_on(&"900".into(), usd(1.0), usd(10.0)).unwrap();
        assert_eq!(fix.go_on(&"900".into(), usd(1.0), usd(10.0)), Ok(first));
        let refused = fix.go_on(&"901".into(), usd(1.0), usd(10.0));
        assert_eq!(refused, Err(report::goes_on_already()));
        assert_eq!(fix.offers_to_go_on(), None);
    }

    #[test]
    fn all_rounds_together_stay_below_the_central_maximum() {
        let mut fix = stopped();
        let refused = fix.go_on(&"900".into(), usd(8.01), usd(10.0)).unwrap_err();
        insta::assert_snapshot!(refused, @"A fix may cost $10.00 in all: $8.00 are left of that. `/bugbot continue budget:8.00` would do.");
        let order = fix.go_on(&"900".into(), usd(8.0), usd(10.0)).unwrap();
        let mut next = Fix::new(*order);
        next.stage = stopped().stage;
        let refused = next.go_on(&"901".into(), usd(6.5), usd(10.0)).unwrap_err();
        insta::assert_snapshot!(refused, @"A fix may cost $10.00 in all: $6.00 are left of that. `/bugbot continue budget:6.00` would do.");
    }

    #[test]
    fn a_fix_that_ended_otherwise_has_nothing_to_go_on_with() {
        let mut fix = stopped();
        if let Stage::Archived(archived) = &mut fix.stage {
            archived.kept = None;
        }
        let refused = fix.go_on(&"900".into(), usd(1.0), usd(10.0));
        assert_eq!(refused, Err(report::nothing_to_continue()));
        let mut running = super::super::tests::fix(coding(CodingPhase::Start));
        let refused = running.go_on(&"900".into(), usd(1.0), usd(10.0));
        assert_eq!(refused, Err(report::nothing_to_continue()));
    }

    /// It prepares nothing anew, so it would otherwise be bound by the operator's rules alone.
    #[test]
    fn what_goes_on_is_bound_by_the_same_rules() {
        let mut fix = stopped();
        fix.rules.denied_paths = vec!["**/src".to_owned()];
        let more = Money::from_usd(1.0);
        let order = fix.go_on(&JobId::new("2002"), more, Money::from_usd(50.0));
        let next = Fix::new(*order.unwrap());
        let central = crate::policy::Policy::default();
        assert!(central.would_allow("src/cart.ts").is_ok());
        assert!(next.policy(&central).would_allow("src/cart.ts").is_err());
    }
}
