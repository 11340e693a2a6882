//! The last arrows of every fix: what is said of a pull request, a run that is still to be stopped,
//! and the words to the thread.

use jiff::Timestamp;

use crate::executor::Spent;
use crate::fix::{Archived, Cause, Closing, Event, Live, Merge, MergeStep, Stage};
use crate::id::RunId;

pub(super) fn advance_merge(merge: &Merge, event: Event, live: &mut Live) -> Option<Stage> {
    let step = match (merge.step, event) {
        (MergeStep::AskReview, Event::ReviewAsked) => MergeStep::LinkIssue,
        (MergeStep::LinkIssue, Event::IssueLinked) => MergeStep::CommentIssue,
        (MergeStep::CommentIssue, Event::IssueCommented) => MergeStep::Close(Closing::Report),
        (MergeStep::Close(closing), event) => {
            MergeStep::Close(advance_closing(live, closing, event)?)
        }
        _ => return None,
    };
    let mut merge = merge.clone();
    merge.step = step;
    Some(Stage::Merge(merge))
}

pub(super) fn advance_archived(
    archived: &Archived,
    event: Event,
    live: &mut Live,
) -> Option<Stage> {
    let mut archived = archived.clone();
    match (&archived.stop, event) {
        (Some(_), Event::RunStopped) => archived.stop = None,
        (Some(_), _) => return None,
        (None, event) if archived.report_due().is_some() => match event {
            Event::ReportKept { key, url } => archived.report_kept(key, url),
            Event::ReportNotKept { why } => archived.report_not_kept(why),
            _ => return None,
        },
        // The order to start it has arrived after the order to stop it.
        (None, Event::RunSeen(status)) if status.state.outcome().is_none() => {
            archived.stop = Some(status.run_id);
            archived.doubt = None;
        }
        // Or before it, and all is well.
        (None, Event::RunSeen(_)) if archived.doubt.is_some() => archived.doubt = None,
        (None, Event::RunStopped) if archived.closing == Closing::Closed => {
            archived.doubt.as_ref()?;
            archived.doubt = None;
        }
        (None, event) => {
            archived.closing = advance_closing(live, archived.closing, event)?;
        }
    }
    Some(Stage::Archived(archived))
}

fn advance_closing(live: &mut Live, closing: Closing, event: Event) -> Option<Closing> {
    match (closing, event) {
        (Closing::Report, Event::Reported { live: message }) => {
            live.message = Some(message);
            Some(Closing::TellThread)
        }
        (Closing::TellThread, Event::ThreadTold) => Some(Closing::Closed),
        _ => None,
    }
}

/// The thread cannot be told (the channel is gone, or we are no longer in it): what is left is
/// to be done all the same.
pub(super) fn give_up(closing: Closing) -> Closing {
    match closing {
        Closing::Report => Closing::TellThread,
        Closing::TellThread | Closing::Closed => Closing::Closed,
    }
}

/// Over, and whoever is to know has been told by others.
pub(super) fn unwanted(now: Timestamp) -> Stage {
    Stage::Archived(Archived {
        at: now,
        cause: Cause::Superseded,
        stop: None,
        doubt: None,
        spent: Spent::default(),
        kept: None,
        crash_report: None,
        closing: Closing::Closed,
    })
}

pub(in crate::fix) fn archive(
    cause: Cause,
    stop: Option<RunId>,
    spent: Spent,
    now: Timestamp,
) -> Stage {
    Stage::Archived(Archived {
        at: now,
        cause,
        stop,
        doubt: None,
        spent,
        kept: None,
        crash_report: None,
        closing: Closing::Report,
    })
}
