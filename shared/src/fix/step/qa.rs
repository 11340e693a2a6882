//! The arrows of Qa: branch, commit, pull request.

use std::num::NonZeroU32;

use jiff::Timestamp;

use super::closing::archive;
use crate::change::FileChange;
use crate::fix::{Cause, Event, Fix, Merge, MergeStep, Qa, QaStep, Stage};

impl Fix {
    pub(super) fn advance_qa(&self, qa: &Qa, event: Event, now: Timestamp) -> Option<Stage> {
        let step = match (&qa.step, event) {
            (QaStep::CreateBranch, Event::BranchReady) => QaStep::Commit,
            (QaStep::Commit, Event::Committed(commit)) => {
                return Some(self.after_commit(qa, commit, now));
            }
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
                    verification: qa.work.verification.clone(),
                    spent: qa.work.spent,
                    opened_at: now,
                    step: if self.rules.asks_for_review() {
                        MergeStep::AskReview
                    } else {
                        MergeStep::LinkIssue
                    },
                }));
            }
            _ => return None,
        };
        Some(Stage::Qa(Qa { step, ..qa.clone() }))
    }
}

fn path_of(change: &FileChange) -> String {
    change.path.clone()
}
