//! What an event does to a fix. An event that the stage did not ask for is late or repeated:
//! it changes nothing.

use std::num::NonZeroU32;

use jiff::Timestamp;

use super::{
    Archived, Backlog, Brief, Cause, Closing, Coding, CodingPhase, EDIT_EVERY, Event, Fix,
    HEARTBEAT_LIMIT, Live, MAX_AGE, MAX_ATTEMPTS, MAX_FETCH_ATTEMPTS, MAX_REPORT_AGE,
    MAX_REPORT_ATTEMPTS, MAX_RUNS, MAX_TEXT_CHARS, Merge, MergeStep, POLL_EVERY, Qa, QaStep, Retry,
    Stage, WALL_CLOCK_SLACK, Work,
};
use crate::change::{ChangeKind, FileChange};
use crate::executor::{Checkpoint, RunFailure, RunOutcome, RunResult, RunState, RunStatus, Spent};
use crate::id::{RunId, UserId};
use crate::policy::{Policy, Verdict};
use crate::service::{Service, ServiceError};
use crate::shorten::shorten;

impl Fix {
    /// Applies one event.
    pub fn step(&mut self, event: Event, policy: &Policy, now: Timestamp) {
        match event {
            Event::Shown { live, text } => {
                self.live = Live {
                    message: Some(live),
                    shown: Some(text),
                    not_before: Some(now + EDIT_EVERY),
                };
            }
            Event::NotShown { not_before } => self.live.not_before = Some(not_before),
            Event::CancelRequested { by } => self.cancel(by, now),
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
                if let Some(stage) = self.advance(event, policy, now) {
                    self.stage = stage;
                    self.retry = Retry::default();
                }
            }
        }
        if self.stage.is_closed() {
            self.slim_down();
        }
    }

    /// The stage that the event leads to, if it leads anywhere.
    fn advance(&mut self, event: Event, policy: &Policy, now: Timestamp) -> Option<Stage> {
        match (&self.stage, event) {
            (Stage::Backlog(Backlog::ResolveBase), Event::BaseResolved(base)) => {
                Some(Stage::Backlog(Backlog::SearchCode { base }))
            }
            (
                Stage::Backlog(Backlog::SearchCode { base }),
                Event::CodeSearched { likely, search },
            ) => Some(Stage::Coding(Coding {
                brief: Brief {
                    base: base.clone(),
                    likely,
                    search,
                },
                run: NonZeroU32::MIN,
                checkpoint: None,
                phase: CodingPhase::Start,
            })),
            (Stage::Coding(coding), event) => self.advance_coding(coding, event, policy, now),
            (Stage::Qa(qa), event) => self.advance_qa(qa, event, now),
            (Stage::Merge(merge), event) => {
                let step = match (merge.step, event) {
                    (MergeStep::LinkIssue, Event::IssueLinked) => MergeStep::CommentIssue,
                    (MergeStep::CommentIssue, Event::IssueCommented) => {
                        MergeStep::Close(Closing::Report)
                    }
                    (MergeStep::Close(closing), event) => {
                        MergeStep::Close(advance_closing(&mut self.live, closing, event)?)
                    }
                    _ => return None,
                };
                let mut merge = merge.clone();
                merge.step = step;
                Some(Stage::Merge(merge))
            }
            (Stage::Archived(archived), event) => {
                let mut archived = archived.clone();
                match (&archived.stop, event) {
                    (Some(_), Event::RunStopped) => archived.stop = None,
                    (Some(_), _) => return None,
                    // A run that was just being started when the fix was stopped: the order to
                    // stop it may have overtaken the order to start it.
                    (None, Event::RunSeen(status)) if status.state.outcome().is_none() => {
                        archived.stop = Some(status.run_id);
                    }
                    (None, event) => {
                        archived.closing =
                            advance_closing(&mut self.live, archived.closing, event)?;
                    }
                }
                Some(Stage::Archived(archived))
            }
            (Stage::Backlog(_), _) => None,
        }
    }

    fn advance_coding(
        &self,
        coding: &Coding,
        event: Event,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<Stage> {
        match (&coding.phase, event) {
            (CodingPhase::Start, Event::RunSeen(status)) => Some(watch(coding, &status, now, now)),
            (CodingPhase::Watch { since, .. }, Event::RunSeen(status)) => {
                Some(watch(coding, &status, *since, now))
            }
            // The sandbox died and came back empty, at any point before the result was ours.
            (
                CodingPhase::Watch { .. } | CodingPhase::Save { .. } | CodingPhase::Collect { .. },
                Event::RunLost,
            ) => Some(self.start_again(coding, now)),
            (CodingPhase::Save { .. }, Event::RunSaved(checkpoint)) => {
                let mut coding = coding.clone();
                coding.checkpoint = checkpoint
                    .map(|checkpoint| self.storable(*checkpoint))
                    .or(coding.checkpoint);
                Some(self.start_again(&coding, now))
            }
            (
                CodingPhase::Watch {
                    since,
                    silent_since,
                    last_step,
                    spent,
                    ..
                },
                event,
            ) => {
                if now >= *since + self.order.limits.wall_clock + WALL_CLOCK_SLACK {
                    let cause = Cause::RunFailed {
                        failure: RunFailure::TimedOut,
                    };
                    return Some(archive(cause, Some(self.run_id(coding)), *spent, now));
                }
                if event != Event::RunSilent {
                    return None;
                }
                let silent_since = silent_since.unwrap_or(now);
                if now >= silent_since + HEARTBEAT_LIMIT {
                    return Some(self.start_again(coding, now));
                }
                let phase = CodingPhase::Watch {
                    since: *since,
                    silent_since: Some(silent_since),
                    look_at: now + POLL_EVERY,
                    last_step: last_step.clone(),
                    spent: *spent,
                };
                Some(Stage::Coding(Coding {
                    phase,
                    ..coding.clone()
                }))
            }
            (CodingPhase::Collect { .. }, Event::RunCollected(result)) => {
                Some(self.judge(coding, *result, policy, now))
            }
            _ => None,
        }
    }

    /// The next run goes on from what was saved of the last one. What the last one used up counts
    /// against the limits of the fix also where nothing else of it was saved.
    fn start_again(&self, coding: &Coding, now: Timestamp) -> Stage {
        let runs = coding.run.get();
        let spent = coding.spent();
        if runs >= MAX_RUNS {
            // Stopping it is asked for all the same: it may be alive behind a broken line.
            let stop = Some(self.run_id(coding));
            return archive(Cause::SandboxLost { runs }, stop, spent, now);
        }
        let checkpoint = match &coding.checkpoint {
            Some(saved) => Some(Checkpoint {
                spent,
                ..saved.clone()
            }),
            None if spent == Spent::default() => None,
            None => Some(Checkpoint {
                base_commit: coding.brief.base.commit.clone(),
                changes: Vec::new(),
                session_id: None,
                spent,
            }),
        };
        Stage::Coding(Coding {
            run: coding.run.saturating_add(1),
            phase: CodingPhase::Start,
            checkpoint,
            ..coding.clone()
        })
    }

    /// A checkpoint that fits into a row of the object's storage (2 MB), as base64 and with the
    /// rest of the fix. Of a larger one only what it cost is kept: the work begins anew.
    fn storable(&self, mut checkpoint: Checkpoint) -> Checkpoint {
        if !self.fits(&checkpoint.changes) {
            checkpoint.changes.clear();
            checkpoint.session_id = None;
        }
        checkpoint
    }

    fn fits(&self, changes: &[FileChange]) -> bool {
        let limits = &self.order.limits;
        changes.len() as u64 <= u64::from(limits.max_files)
            && bytes_of(changes) <= limits.max_result_bytes
    }

    /// The result of a run, and what the policy says of it.
    fn judge(&self, coding: &Coding, result: RunResult, policy: &Policy, now: Timestamp) -> Stage {
        let spent = result.spent;
        let summary = shorten(&result.summary, MAX_TEXT_CHARS);
        let cause = match result.outcome {
            // The executor has the same limit. It is kept here too, because the fix with its
            // changes has to fit into a row of storage.
            RunOutcome::Completed if !self.fits(&result.changes) => Cause::RunFailed {
                failure: RunFailure::ResultTooLarge {
                    files: result.changes.len() as u64,
                    bytes: bytes_of(&result.changes),
                },
            },
            RunOutcome::Completed if result.changes.is_empty() => Cause::NoChange { summary },
            RunOutcome::Completed => match policy.judge(&result.changes) {
                Verdict::Allowed(_) => {
                    return Stage::Qa(Qa {
                        base: coding.brief.base.clone(),
                        work: Work {
                            changes: result.changes,
                            summary,
                            spent,
                        },
                        step: QaStep::CreateBranch,
                    });
                }
                Verdict::Violations(violations) => Cause::PolicyViolated { violations },
            },
            RunOutcome::Cancelled => Cause::Cancelled {
                by: self.requester().clone(),
            },
            RunOutcome::Failed { failure } => Cause::RunFailed { failure },
        };
        archive(cause, None, spent, now)
    }

    fn advance_qa(&self, qa: &Qa, event: Event, now: Timestamp) -> Option<Stage> {
        let step = match (&qa.step, event) {
            (QaStep::CreateBranch, Event::BranchReady) => QaStep::Commit,
            (QaStep::Commit, Event::Committed(commit)) => QaStep::OpenPullRequest { commit },
            (QaStep::Commit, Event::PolicyBroken(violations)) => {
                let cause = Cause::PolicyViolated { violations };
                return Some(archive(cause, None, qa.work.spent, now));
            }
            (_, Event::BranchConflict) => {
                let cause = Cause::Conflict {
                    branch: self.branch(),
                };
                return Some(archive(cause, None, qa.work.spent, now));
            }
            (QaStep::OpenPullRequest { .. }, Event::PullRequestOpen(pull_request)) => {
                return Some(Stage::Merge(Merge {
                    pull_request,
                    feature_branch: self.branch(),
                    commits_ahead: NonZeroU32::MIN,
                    files: qa.work.changes.iter().map(path_of).collect(),
                    summary: qa.work.summary.clone(),
                    spent: qa.work.spent,
                    opened_at: now,
                    step: MergeStep::LinkIssue,
                }));
            }
            _ => return None,
        };
        Some(Stage::Qa(Qa { step, ..qa.clone() }))
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
        let (attempts, age) = if self.is_reporting() {
            (MAX_REPORT_ATTEMPTS, MAX_REPORT_AGE)
        } else if is_fetching {
            (MAX_FETCH_ATTEMPTS, MAX_AGE)
        } else {
            (MAX_ATTEMPTS, MAX_AGE)
        };
        // Being told to wait is not a failure, but nobody waits for ever.
        let waits = matches!(error, ServiceError::RateLimited { .. });
        self.retry.failed += u32::from(!waits);
        let exhausted = self.retry.failed >= attempts || now >= self.order.ordered_at + age;
        if error.is_transient() && !exhausted {
            self.retry.not_before = Some(not_before);
            return;
        }
        let told = format!("{service}: {error}");
        self.retry = Retry::default();
        self.stage = match &self.stage {
            // The sandbox has died with what is to be fetched from it.
            Stage::Coding(coding) if is_fetching && exhausted => self.start_again(coding, now),
            Stage::Backlog(_) | Stage::Qa(_) | Stage::Coding(_) => {
                let (stop, spent) = match &self.stage {
                    Stage::Coding(coding) => (Some(self.run_id(coding)), coding.spent()),
                    Stage::Qa(qa) => (None, qa.work.spent),
                    _ => (None, Spent::default()),
                };
                let error = error.to_string();
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
                    MergeStep::LinkIssue => MergeStep::CommentIssue,
                    MergeStep::CommentIssue => MergeStep::Close(Closing::Report),
                    MergeStep::Close(closing) => MergeStep::Close(give_up(closing)),
                };
                self.notes.push(told);
                Stage::Merge(merge)
            }
            Stage::Archived(archived) => {
                let mut archived = archived.clone();
                match archived.stop.take() {
                    // The executor's own limits end a run that cannot be reached.
                    Some(_) => self.notes.push(told),
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
        self.stage = archive(Cause::Cancelled { by }, stop, spent, now);
        self.retry = Retry::default();
    }

    fn is_reporting(&self) -> bool {
        match &self.stage {
            Stage::Merge(merge) => matches!(merge.step, MergeStep::Close(_)),
            Stage::Archived(archived) => archived.stop.is_none(),
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

impl Coding {
    /// What the runs used up as far as it is known.
    pub fn spent(&self) -> Spent {
        match &self.phase {
            CodingPhase::Watch { spent, .. }
            | CodingPhase::Save { spent }
            | CodingPhase::Collect { spent } => *spent,
            // What a checkpoint says includes all runs before it.
            CodingPhase::Start => self
                .checkpoint
                .as_ref()
                .map_or_else(Spent::default, |saved| saved.spent),
        }
    }
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
fn give_up(closing: Closing) -> Closing {
    match closing {
        Closing::Report => Closing::TellThread,
        Closing::TellThread | Closing::Closed => Closing::Closed,
    }
}

/// The names count too: a change that deletes has no content.
fn bytes_of(changes: &[FileChange]) -> u64 {
    let bytes = |change: &FileChange| {
        let rest = match &change.kind {
            ChangeKind::Added { content, .. } | ChangeKind::Modified { content, .. } => {
                content.0.len()
            }
            ChangeKind::Renamed { from, content, .. } => from.len() + content.0.len(),
            ChangeKind::Deleted { .. } => 0,
        };
        (change.path.len() + rest) as u64
    };
    changes.iter().map(bytes).sum()
}

fn path_of(change: &FileChange) -> String {
    change.path.clone()
}

fn archive(cause: Cause, stop: Option<RunId>, spent: Spent, now: Timestamp) -> Stage {
    Stage::Archived(Archived {
        at: now,
        cause,
        stop,
        spent,
        closing: Closing::Report,
    })
}

fn watch(coding: &Coding, status: &RunStatus, since: Timestamp, now: Timestamp) -> Stage {
    let phase = match status.state {
        RunState::Ended { .. } => CodingPhase::Collect {
            spent: status.spent,
        },
        RunState::Interrupted => CodingPhase::Save {
            spent: status.spent,
        },
        RunState::Cloning | RunState::Running | RunState::Collecting => CodingPhase::Watch {
            since,
            silent_since: None,
            look_at: now + POLL_EVERY,
            last_step: status.last_step.clone(),
            spent: status.spent,
        },
    };
    Stage::Coding(Coding {
        phase,
        ..coding.clone()
    })
}
