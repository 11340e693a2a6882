//! What an event does to a fix. An event that the stage did not ask for is late or repeated:
//! it changes nothing. The arrows of the longer stages are in [`coding`], [`qa`] and [`closing`].

mod closing;
mod coding;
mod qa;

use jiff::Timestamp;

pub(super) use self::closing::archive;
use self::closing::give_up;
use super::approval::begin;
use super::{
    Archived, Backlog, Brief, Cause, Closing, CodingPhase, Doubt, EDIT_EVERY, Event, Fix, HeldBack,
    Live, MAX_AGE, MAX_ATTEMPTS, MAX_FETCH_ATTEMPTS, MAX_REPORT_AGE, MAX_REPORT_ATTEMPTS,
    MergeStep, NotKept, Retry, START_ARRIVES_WITHIN, SearchNote, Stage,
};
use crate::executor::Spent;
use crate::id::{RunId, UserId};
use crate::policy::Policy;
use crate::report;
use crate::service::{Service, ServiceError};

impl Fix {
    /// Applies one event.
    pub fn step(&mut self, event: Event, policy: &Policy, now: Timestamp) {
        let policy = &self.policy(policy);
        match event {
            Event::Shown { live, text } => {
                self.live = Live {
                    message: Some(live),
                    shown: Some(text),
                    not_before: Some(now + EDIT_EVERY),
                };
            }
            Event::NotShown { not_before } => self.live.not_before = Some(not_before),
            Event::Recorded { keys } => self.recorded(keys),
            Event::NotRecorded { not_before } => self.not_recorded(not_before, now),
            Event::CancelRequested { by } => self.cancel(by, now),
            Event::SteerRequested { by, steer } => self.steer_requested(by, steer, now),
            Event::SteerRefused { id } => self.steer_refused(&id),
            // The stage went on while the effect was performed: by a cancel.
            Event::Failed { effect, .. } if self.pending().as_ref() != Some(&*effect) => {}
            Event::Failed {
                service,
                error,
                not_before,
                ..
            } => {
                self.fail(service, &error, not_before, now);
            }
            event => {
                if let Event::RunSeen(status) = &event {
                    self.note_steers(status);
                }
                if let Some(stage) = self.advance(event, policy, now) {
                    self.stage = stage;
                    self.retry = Retry::default();
                }
            }
        }
        self.settle_steers();
        if self.stage.is_closed() {
            self.slim_down();
        }
    }

    /// The stage that the event leads to, if it leads anywhere.
    fn advance(&mut self, event: Event, policy: &Policy, now: Timestamp) -> Option<Stage> {
        match (&self.stage, event) {
            (Stage::Backlog(Backlog::TakeOver), Event::TakenOver { cancelled_by: None }) => {
                let goes_on = self.order.continues.as_ref();
                Some(goes_on.map_or(Stage::Backlog(Backlog::ResolveBase), |it| it.stage()))
            }
            (
                Stage::Backlog(Backlog::TakeOver),
                Event::TakenOver {
                    cancelled_by: Some(by),
                },
            ) => Some(archive(
                Cause::Cancelled { by },
                None,
                Spent::default(),
                now,
            )),
            (Stage::Backlog(Backlog::TakeOver), Event::NotWanted) => Some(closing::unwanted(now)),
            // A round knows where the work is.
            (Stage::Backlog(Backlog::ResolveBase), Event::BaseResolved(base))
                if self.is_round() =>
            {
                Some(begin(Brief {
                    base,
                    likely: Vec::new(),
                    search: SearchNote::GitHub,
                }))
            }
            (Stage::Backlog(Backlog::ResolveBase), Event::BaseResolved(base)) => {
                Some(Stage::Backlog(Backlog::ReadPolicy { base }))
            }
            (
                Stage::Backlog(Backlog::ReadPolicy { .. }),
                Event::PolicyRead {
                    rules,
                    base,
                    needs_approval,
                },
            ) => {
                self.rules = *rules;
                self.gate.is_closed = needs_approval;
                Some(Stage::Backlog(Backlog::SearchCode { base }))
            }
            (Stage::Backlog(Backlog::ReadPolicy { .. }), Event::PolicyUnusable { why }) => {
                let cause = Cause::PolicyUnusable { why };
                Some(archive(cause, None, Spent::default(), now))
            }
            (Stage::Backlog(Backlog::Approve { brief, until }), event) => {
                let (brief, until) = (brief.clone(), *until);
                self.decide(&brief, until, event, now)
            }
            (
                Stage::Backlog(Backlog::SearchCode { base }),
                Event::CodeSearched { likely, search },
            ) => {
                let brief = Brief {
                    base: base.clone(),
                    likely,
                    search,
                };
                Some(self.prepared(brief, now))
            }
            (Stage::Coding(coding), event) => self.advance_coding(coding, event, policy, now),
            (Stage::Qa(qa), event) => self.advance_qa(qa, event, now),
            (Stage::Merge(merge), event) => closing::advance_merge(merge, event, &mut self.live),
            (Stage::Archived(archived), event) => {
                closing::advance_archived(archived, event, &mut self.live)
            }
            (Stage::Backlog(_), _) => None,
        }
    }

    fn fail(
        &mut self,
        service: Service,
        error: &ServiceError,
        not_before: Timestamp,
        now: Timestamp,
    ) {
        let is_fetching = matches!(
            &self.stage,
            Stage::Coding(coding)
                if matches!(coding.phase, CodingPhase::Save { .. } | CodingPhase::Collect { .. })
        );
        let is_keeping = matches!(
            &self.stage,
            Stage::Archived(archived) if archived.stop.is_none() && archived.report_due().is_some()
        );
        let (attempts, age) = if is_fetching || is_keeping {
            (MAX_FETCH_ATTEMPTS, MAX_AGE)
        } else if self.is_reporting() {
            (MAX_REPORT_ATTEMPTS, MAX_REPORT_AGE)
        } else {
            (MAX_ATTEMPTS, MAX_AGE)
        };
        // Being told to wait is not a failure, but nobody waits for ever.
        let waits = error.held_back().is_some();
        self.retry.failed += u32::from(!waits);
        let exhausted = self.retry.failed >= attempts || now >= self.patience_from() + age;
        if error.is_transient() && !exhausted {
            self.retry.not_before = Some(not_before);
            self.retry.held_back = waits.then_some(HeldBack {
                service,
                is_down: matches!(error, ServiceError::Unreachable(_)),
                until: not_before,
            });
            return;
        }
        let told = report::upstream_in_words(service, error);
        self.retry = Retry::default();
        self.stage = match &self.stage {
            // The sandbox has died with what is to be fetched from it.
            Stage::Coding(coding) if is_fetching && exhausted => self.start_again(coding, now),
            Stage::Backlog(_) | Stage::Qa(_) | Stage::Coding(_) => {
                let (stop, spent) = self.to_stop();
                let error = told;
                archive(
                    Cause::Upstream {
                        service,
                        error,
                        exhausted,
                    },
                    stop,
                    spent,
                    now,
                )
            }
            // The pull request is there: what cannot be said about it in Linear is said here.
            Stage::Merge(merge) => {
                let mut merge = merge.clone();
                merge.step = match merge.step {
                    MergeStep::AskReview => MergeStep::LinkIssue,
                    MergeStep::LinkIssue => MergeStep::CommentIssue,
                    MergeStep::CommentIssue => MergeStep::Close(Closing::Report),
                    MergeStep::Close(closing) => MergeStep::Close(give_up(closing)),
                };
                self.notes.push(format!("{told}."));
                Stage::Merge(merge)
            }
            Stage::Archived(archived) => {
                let mut archived = archived.clone();
                match archived.stop.take() {
                    // The executor's own limits end a run that cannot be reached.
                    Some(_) => self.notes.push(format!("{told}.")),
                    None if is_keeping => archived.report_not_kept(NotKept::Failed),
                    None if archived.closing == Closing::Closed => archived.doubt = None,
                    None => archived.closing = give_up(archived.closing),
                }
                Stage::Archived(archived)
            }
        };
    }

    fn cancel(&mut self, by: UserId, now: Timestamp) {
        let (stop, spent) = match &self.stage {
            Stage::Backlog(_) => (None, Spent::default()),
            Stage::Coding(coding) => (Some(self.run_id(coding)), coding.spent()),
            // The commit is being made: a pull request that is closed by hand says more than a
            // branch that nobody knows of.
            Stage::Qa(_) | Stage::Merge(_) | Stage::Archived(_) => return,
        };
        let doubt = match &self.stage {
            Stage::Coding(coding) if coding.phase == CodingPhase::Start => Some(Doubt {
                run: self.run_id(coding),
                until: now + START_ARRIVES_WITHIN,
            }),
            _ => None,
        };
        self.stage = archive(Cause::Cancelled { by }, stop, spent, now);
        if let Stage::Archived(archived) = &mut self.stage {
            archived.doubt = doubt;
        }
        self.retry = Retry::default();
    }

    /// The run that is to be stopped when the fix ends now, and what was used up.
    pub(super) fn to_stop(&self) -> (Option<RunId>, Spent) {
        match &self.stage {
            Stage::Coding(coding) => (Some(self.run_id(coding)), coding.spent()),
            Stage::Qa(qa) => (None, qa.work.spent),
            _ => (None, Spent::default()),
        }
    }

    fn is_reporting(&self) -> bool {
        match &self.stage {
            Stage::Merge(merge) => matches!(merge.step, MergeStep::Close(_)),
            Stage::Archived(archived) => {
                archived.stop.is_none() && archived.closing != Closing::Closed
            }
            Stage::Backlog(_) | Stage::Coding(_) | Stage::Qa(_) => false,
        }
    }

    /// Whether somebody has stopped it already.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            &self.stage,
            Stage::Archived(Archived {
                cause: Cause::Cancelled { .. },
                ..
            })
        )
    }

    /// Whether a request to stop it would stop it.
    pub fn can_be_cancelled(&self) -> bool {
        matches!(self.stage, Stage::Backlog(_) | Stage::Coding(_))
    }
}
