//! The arrows of Coding: a run is started, watched, saved where it was interrupted, and collected.

use jiff::Timestamp;

use super::closing::archive;
use crate::change::{ChangeKind, FileChange};
use crate::executor::{Checkpoint, RunFailure, RunOutcome, RunResult, RunState, RunStatus, Spent};
use crate::fix::continuing;
use crate::fix::{
    Cause, Coding, CodingPhase, CrashReport, Event, Fix, HEARTBEAT_LIMIT, MAX_RUNS, MAX_TEXT_CHARS,
    POLL_EVERY, Qa, Stage, WALL_CLOCK_SLACK, Work,
};
use crate::policy::{Policy, Verdict};
use crate::shorten::shorten;

impl Fix {
    pub(super) fn advance_coding(
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
            (CodingPhase::Watch { .. }, Event::RunCheckpointed(saved)) => {
                Some(self.checkpointed(coding, saved.map(|saved| *saved), now))
            }
            (CodingPhase::Save { .. }, Event::RunSaved(saved)) => {
                let mut coding = coding.clone();
                self.keep_work(&mut coding, saved.map(|saved| *saved));
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
                    // It is due again once the run answers.
                    is_save_due: false,
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
    pub(super) fn start_again(&self, coding: &Coding, now: Timestamp) -> Stage {
        let runs = coding.run.get();
        let spent = coding.spent();
        if runs >= MAX_RUNS {
            // Stopping it is asked for all the same: it may be alive behind a broken line.
            let stop = Some(self.run_id(coding));
            let mut stage = archive(Cause::SandboxLost { runs }, stop, spent, now);
            if let (Stage::Archived(archived), Some(saved)) = (&mut stage, &coding.checkpoint) {
                let left = CrashReport::of_lost(self.run_id(coding), saved);
                archived.crash_report = left.map(Box::new);
            }
            return stage;
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
            saved_at: None,
            ..coding.clone()
        })
    }

    /// Whether changes fit into a row of the object's storage (2 MB), as base64 and with the rest
    /// of the fix.
    pub(in crate::fix) fn fits(&self, changes: &[FileChange]) -> bool {
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
                            verification: result.verification,
                        },
                        step: self.first_of_qa(),
                    });
                }
                Verdict::Violations(violations) => Cause::PolicyViolated { violations },
            },
            RunOutcome::Cancelled => Cause::Cancelled {
                by: self.requester().clone(),
            },
            RunOutcome::Failed { failure } => {
                let checkpoint = result.checkpoint.filter(|saved| self.fits(&saved.changes));
                let kept =
                    continuing::kept(self, coding, &failure, checkpoint.map(|it| *it), spent);
                let mut stage = archive(Cause::RunFailed { failure }, None, spent, now);
                if let Stage::Archived(archived) = &mut stage {
                    let run = self.run_id(coding);
                    let report = result.crash_report;
                    archived.kept = kept;
                    archived.crash_report = report.map(|it| Box::new(CrashReport::of(run, it)));
                }
                return stage;
            }
        };
        archive(cause, None, spent, now)
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
            is_save_due: coding.is_save_due(status, since, now),
        },
    };
    Stage::Coding(Coding {
        phase,
        ..coding.clone()
    })
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
