//! What of a fix the audit log holds.
//!
//! Invariant: which records are due is a function of the state, as the next effect is; a record that
//! was written is remembered by its key. A fix does nothing further outside before what it did is
//! recorded: a log that does not answer holds it up, and in the end stops it. The words to the thread
//! wait for nothing; their records are tried until patience ends.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::services::{Failed, FixServices, Sandbox};
use super::step::archive;
use super::{
    Archived, Backlog, Base, Cause, Effect, Event, Fix, MAX_ATTEMPTS, MAX_REPORT_ATTEMPTS, Merge,
    Next, QaStep, Retry, Stage,
};
use crate::audit::{Fact, LogName, Record, Request, Response, micro_usd};
use crate::consumer::Platform;
use crate::executor::Spent;
use crate::id::CommitId;
use crate::policy::Violation;
use crate::service::{Service, ServiceError};

/// The most paths that one record names; how many there are is in the pull request.
const MAX_PATHS: usize = 100;

/// What was recorded of a fix.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Book {
    /// The keys of what the log holds, or was given up.
    recorded: BTreeSet<String>,
    retry: Retry,
}

impl Fix {
    /// The records that the log does not hold yet.
    pub(super) fn due_records(&self) -> Vec<Record> {
        let mut due = self.records();
        due.retain(|record| !self.book.recorded.contains(&record.key));
        due
    }

    /// What is to be recorded of the stage that this is, and of who let it begin.
    fn records(&self) -> Vec<Record> {
        let job = || self.order.job.clone();
        let of = |what: &str, fact| Record::of_job(&self.order.job, what, fact);
        let mut records = Vec::new();
        if let Stage::Backlog(Backlog::Approve { brief, .. }) = &self.stage {
            records.push(of("planned", self.planned(&brief.base)));
        }
        if let Stage::Coding(coding) = &self.stage {
            records.push(of("planned", self.planned(&coding.brief.base)));
        }
        if let Some(approval) = &self.gate.approved {
            let by = approval.by.clone();
            records.push(of("approved", Fact::Approved { job: job(), by }));
        }
        match &self.stage {
            Stage::Qa(qa) => {
                if let QaStep::OpenPullRequest { commit } = &qa.step {
                    let files = qa.work.changes.iter().map(|change| change.path.clone());
                    let what = format!("committed:{commit}");
                    records.push(of(&what, self.committed(commit, files.collect())));
                }
            }
            Stage::Merge(merge) => {
                if self.is_round() {
                    let commit = &merge.pull_request.head;
                    let what = format!("committed:{commit}");
                    records.push(of(&what, self.committed(commit, merge.files.clone())));
                } else {
                    let proposed = Fact::Proposed {
                        job: job(),
                        repository: self.order.repository.clone(),
                        pull_request: merge.pull_request.number,
                    };
                    records.push(of("proposed", proposed));
                }
                records.push(of("ended", self.ended("pullRequest", merge.spent)));
            }
            Stage::Archived(archived) if archived.stop.is_none() => {
                records.extend(self.records_of_end(archived));
            }
            Stage::Backlog(_) | Stage::Coding(_) | Stage::Archived(_) => {}
        }
        records.extend_from_slice(self.after.records());
        records
    }

    fn records_of_end(&self, archived: &Archived) -> Vec<Record> {
        let job = || self.order.job.clone();
        let of = |what: &str, fact| Record::of_job(&self.order.job, what, fact);
        let more = match &archived.cause {
            Cause::NotApproved { by } => {
                let by = by.clone();
                Some(of("rejected", Fact::Rejected { job: job(), by }))
            }
            Cause::ApprovalExpired => Some(of("expired", Fact::ApprovalExpired { job: job() })),
            Cause::PolicyViolated { violations } => {
                Some(of("change-refused", self.change_refused(violations)))
            }
            _ => None,
        };
        let ended = self.ended(archived.cause.word(), archived.spent);
        more.into_iter().chain([of("ended", ended)]).collect()
    }

    fn planned(&self, base: &Base) -> Fact {
        Fact::Planned {
            job: self.order.job.clone(),
            by: self.requester().clone(),
            repository: self.order.repository.clone(),
            base: base.branch.clone(),
            commit: base.commit.clone(),
            budget_micro_usd: micro_usd(self.order.limits.max_budget_usd),
            needs_approval: self.gate.is_closed,
        }
    }

    fn committed(&self, commit: &CommitId, files: Vec<String>) -> Fact {
        Fact::Committed {
            job: self.order.job.clone(),
            repository: self.order.repository.clone(),
            branch: self.branch(),
            commit: commit.clone(),
            files: sorted(files),
        }
    }

    fn change_refused(&self, violations: &[Violation]) -> Fact {
        let files = violations.iter().map(|violation| violation.path.clone());
        Fact::ChangeRefused {
            job: self.order.job.clone(),
            repository: self.order.repository.clone(),
            files: sorted(files.collect()),
        }
    }

    fn ended(&self, outcome: &str, spent: Spent) -> Fact {
        Fact::Ended {
            job: self.order.job.clone(),
            outcome: outcome.to_owned(),
            cost_micro_usd: micro_usd(spent.cost_usd),
            turns: spent.turns,
            elapsed_ms: u64::try_from(spent.elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Recording, where it comes before everything else.
    pub(super) fn next_record(&self, now: Timestamp) -> Option<Next> {
        let records = self.due_records();
        if records.is_empty() {
            return None;
        }
        match self.book.retry.not_before {
            Some(not_before) if now < not_before => {
                let waits = !self.is_ending() || self.pending().is_none();
                waits.then_some(Next::WaitUntil(not_before))
            }
            _ => Some(Next::Perform(Effect::Record { records })),
        }
    }

    fn is_ending(&self) -> bool {
        matches!(
            self.stage,
            Stage::Merge(Merge { .. }) | Stage::Archived(Archived { .. })
        )
    }

    /// The log holds these.
    pub(super) fn recorded(&mut self, keys: Vec<String>) {
        self.after.forget_records(&keys);
        self.book.recorded.extend(keys);
        self.book.retry = Retry::default();
    }

    /// The log did not answer.
    pub(super) fn not_recorded(&mut self, not_before: Timestamp, now: Timestamp) {
        let is_ending = self.is_ending();
        let attempts = if is_ending {
            MAX_REPORT_ATTEMPTS
        } else {
            MAX_ATTEMPTS
        };
        self.book.retry.failed += 1;
        self.book.retry.not_before = Some(not_before);
        if self.book.retry.failed < attempts {
            return;
        }
        self.book.retry = Retry::default();
        if is_ending {
            // Each try is in the logs of the worker, and the thread has its end.
            let keys = self.due_records().into_iter().map(|record| record.key);
            self.recorded(keys.collect());
            return;
        }
        let (stop, spent) = self.to_stop();
        let cause = Cause::Upstream {
            service: Service::AuditLog,
            error: "The audit log did not answer".to_owned(),
            exhausted: true,
        };
        self.stage = archive(cause, stop, spent, now);
    }
}

/// Appends to the server's log. A record that is there is there.
pub(super) async fn record<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    records: Vec<Record>,
) -> Result<Event, Failed> {
    let keys = records.iter().map(|record| record.key.clone()).collect();
    match append(on, fix, records).await {
        Ok(()) => Ok(Event::Recorded { keys }),
        Err(detail) => {
            let status = 503;
            let error = ServiceError::Unexpected { status, detail };
            Err(Failed(Service::AuditLog, error))
        }
    }
}

/// The same, and why it cannot be done.
pub(super) async fn append<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    records: Vec<Record>,
) -> Result<(), String> {
    let log = LogName::of(&fix.order.reply.guild);
    let request = Request::Append { records };
    match on.platform.ask_audit(&log, &request).await? {
        Response::Appended { .. } => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn sorted(mut paths: Vec<String>) -> Vec<String> {
    paths.sort();
    paths.dedup();
    paths.truncate(MAX_PATHS);
    paths
}

#[cfg(test)]
mod tests;
