//! What a fix does next: a function of its state and the time.

use jiff::Timestamp;

use super::{
    Archived, Backlog, Closing, Coding, CodingPhase, Effect, Fix, MAX_RUNS, MergeStep, Next,
    QaStep, Stage,
};
use crate::discord::message::Message;
use crate::id::RunId;
use crate::report;

impl Fix {
    /// The next thing to do. Asking does not change anything.
    pub fn next(&self, now: Timestamp) -> Next {
        if let Some(record) = self.next_record(now) {
            return record;
        }
        if let Some(next) = self.next_of_waiting(now) {
            return next;
        }
        let Some(effect) = self.pending() else {
            return self.next_after(now);
        };
        if let Some(edit) = self.next_edit(now) {
            return Next::Perform(edit);
        }
        match self
            .retry
            .not_before
            .max(self.due_at())
            .max(self.unheard_until(&effect))
        {
            Some(not_before) if now < not_before => {
                Next::WaitUntil(self.sooner_of_edit_and(not_before, now))
            }
            _ => Next::Perform(effect),
        }
    }

    /// The effect that the stage names, whenever it is due. A failure of any other effect is late
    /// news.
    pub(super) fn pending(&self) -> Option<Effect> {
        Some(match &self.stage {
            Stage::Backlog(Backlog::TakeOver) => Effect::TakeOver,
            Stage::Backlog(Backlog::ResolveBase) => Effect::ResolveBase,
            Stage::Backlog(Backlog::ReadPolicy { base }) => {
                Effect::ReadPolicy { base: base.clone() }
            }
            Stage::Backlog(Backlog::SearchCode { .. }) => Effect::SearchCode,
            Stage::Backlog(Backlog::Approve { .. }) => return None,
            Stage::Coding(coding) => self.pending_of_coding(coding),
            Stage::Qa(qa) => match &qa.step {
                QaStep::CreateBranch => Effect::CreateBranch {
                    branch: self.branch(),
                    base: qa.base.commit.clone(),
                },
                QaStep::Commit => Effect::Commit {
                    branch: self.branch(),
                    expected: qa.base.commit.clone(),
                    changes: qa.work.changes.clone(),
                    headline: report::commit_headline(self),
                    body: report::commit_body(self, &qa.work),
                },
                QaStep::OpenPullRequest { .. } => Effect::OpenPullRequest {
                    branch: self.branch(),
                    base: qa.base.branch.clone(),
                    title: report::pull_request_title(self),
                    body: report::pull_request_body(self, &qa.work),
                },
            },
            Stage::Merge(merge) => match merge.step {
                MergeStep::AskReview => Effect::AskReview {
                    pull_request: merge.pull_request.clone(),
                },
                MergeStep::LinkIssue => Effect::LinkIssue {
                    pull_request: merge.pull_request.clone(),
                },
                MergeStep::CommentIssue => Effect::CommentIssue {
                    body: report::issue_comment(self, merge),
                },
                MergeStep::Close(closing) => return self.pending_of_closing(closing),
            },
            Stage::Archived(archived) => match &archived.stop {
                Some(run) => Effect::StopRun { run: run.clone() },
                None => match (archived.closing, &archived.doubt) {
                    (Closing::Closed, Some(doubt)) => Effect::StopRun {
                        run: doubt.run.clone(),
                    },
                    (closing, _) => {
                        let due = archived.report_due();
                        return due.or_else(|| self.pending_of_closing(closing));
                    }
                },
            },
        })
    }

    fn pending_of_coding(&self, coding: &Coding) -> Effect {
        let run = self.run_id(coding);
        match &coding.phase {
            CodingPhase::Start => Effect::StartRun {
                run,
                brief: Box::new(coding.brief.clone()),
                checkpoint: coding.checkpoint.clone().map(Box::new),
            },
            CodingPhase::Watch {
                is_save_due: true, ..
            } => Effect::CheckpointRun { run },
            CodingPhase::Watch { .. } => match self.waiting_steer() {
                Some(steer) => Effect::SteerRun {
                    run,
                    steer: Box::new(steer.clone()),
                },
                None => Effect::LookAtRun { run },
            },
            CodingPhase::Save { .. } => Effect::SaveRun { run },
            CodingPhase::Collect { .. } => Effect::CollectRun { run },
        }
    }

    fn pending_of_closing(&self, closing: Closing) -> Option<Effect> {
        match closing {
            Closing::Report => Some(Effect::Report),
            Closing::TellThread => Some(Effect::TellThread {
                outcome: report::fix_outcome(self),
            }),
            Closing::Closed => None,
        }
    }

    /// When a run is to be looked at again, or stopped once more.
    fn due_at(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Coding(Coding {
                phase:
                    CodingPhase::Watch {
                        look_at,
                        is_save_due: false,
                        ..
                    },
                ..
            }) => Some(*look_at),
            Stage::Archived(Archived {
                stop: None,
                closing: Closing::Closed,
                doubt,
                ..
            }) => doubt.as_ref().map(|doubt| doubt.until),
            _ => None,
        }
    }

    /// Until when Discord wants to hear nothing of this message, if the effect speaks to it.
    fn unheard_until(&self, effect: &Effect) -> Option<Timestamp> {
        self.live
            .not_before
            .filter(|_| matches!(effect, Effect::Report))
    }

    /// The edit of the live message that is due, if one is: it says something else by now, and
    /// the last edit was long enough ago. Ended fixes have their terminal message instead.
    pub(super) fn next_edit(&self, now: Timestamp) -> Option<Effect> {
        if self
            .live
            .not_before
            .is_some_and(|not_before| now < not_before)
        {
            return None;
        }
        self.unshown(now).map(|message| Effect::ShowProgress {
            message: Box::new(message),
        })
    }

    fn unshown(&self, now: Timestamp) -> Option<Message> {
        let message = match self.stage {
            // Of a job that is being taken over the end may be out already.
            Stage::Backlog(Backlog::TakeOver) | Stage::Merge(_) | Stage::Archived(_) => {
                return None;
            }
            Stage::Backlog(_) | Stage::Coding(_) | Stage::Qa(_) => report::fix_progress(self, now),
        };
        let is_shown = self.live.shown.as_ref() == Some(&message.fingerprint());
        (!is_shown).then_some(message)
    }

    pub(super) fn sooner_of_edit_and(&self, at: Timestamp, now: Timestamp) -> Timestamp {
        match self.live.not_before {
            Some(edit) if now < edit && self.unshown(now).is_some() => at.min(edit),
            _ => at,
        }
    }

    /// The run that `coding` is about: every start has an id of its own, so that a lost sandbox
    /// that comes back is not mistaken for its successor.
    pub(super) fn run_id(&self, coding: &Coding) -> RunId {
        self.nth_run(coding.run.get())
    }

    /// The runs that were given up before this one.
    pub(super) fn runs_before(&self, run: &RunId) -> impl Iterator<Item = RunId> {
        (1..MAX_RUNS)
            .map(|nth| self.nth_run(nth))
            .take_while(move |before| before != run)
    }

    fn nth_run(&self, nth: u32) -> RunId {
        RunId::new(format!("{}-{nth}", self.order.job.short()))
    }
}
