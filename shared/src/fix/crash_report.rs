//! What becomes of the crash report of a run that failed: it is put where operators find it, and then
//! the thread is told.
//!
//! Invariants:
//! - It holds the repository's files, so the thread gets no way to them: whoever has the operator's
//!   token fetches it, and that is in the audit log.
//! - The best that can be done within [`MAX_FETCH_ATTEMPTS`](super::MAX_FETCH_ATTEMPTS) is enough: a
//!   fix is never held up by its report.
//! - A run has one, at a key derived from job and run. What is there already is adopted.

use serde::{Deserialize, Serialize};

use super::run::executor;
use super::services::{Failed, FixServices, Sandbox};
use super::{Archived, Closing, Effect, Event, Fix};
use crate::address;
use crate::consumer::Platform;
use crate::executor::{self, Form};
use crate::http::{MAX_RESPONSE_BYTES, Unreachable};
use crate::id::{JobId, RunId};
use crate::service::{Service, ServiceError};

/// What is larger as it is carried stays where it is: the object that fetches it has it in memory.
const MAX_BYTES: u64 = MAX_RESPONSE_BYTES as u64;

/// The files that a failed run began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrashReport {
    /// The run.
    pub run: RunId,
    /// What the executor says of it.
    pub report: executor::CrashReport,
    /// Where it is.
    pub place: Place,
}

/// Where a crash report is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "place",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Place {
    /// With the executor, and is to be put into the bucket.
    Due,
    /// In the bucket.
    Bucket {
        /// Where in it.
        key: String,
        /// Where operators fetch it.
        url: String,
    },
    /// With the executor, for as long as that has it.
    Executor {
        /// Why only there.
        why: NotKept,
    },
}

/// Why a crash report is not in the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NotKept {
    /// The operator has bound none.
    NoBucket,
    /// It is too large to be carried.
    TooLarge,
    /// It could not be had, or not be put there.
    Failed,
}

impl CrashReport {
    /// The report of a run that has just failed.
    pub(super) fn of(run: RunId, report: executor::CrashReport) -> Self {
        let place = if report.carried_bytes() > MAX_BYTES {
            let why = NotKept::TooLarge;
            Place::Executor { why }
        } else {
            Place::Due
        };
        Self { run, report, place }
    }
}

impl Archived {
    /// What is to be done with its crash report before the thread is told.
    pub(super) fn report_due(&self) -> Option<Effect> {
        let report = self.crash_report.as_deref()?;
        let is_due = report.place == Place::Due && self.closing == Closing::Report;
        is_due.then(|| Effect::KeepReport {
            run: report.run.clone(),
            form: report.report.form(),
        })
    }

    /// The report is there now.
    pub(super) fn report_settled(&mut self, place: Place) {
        if let Some(report) = &mut self.crash_report {
            report.place = place;
        }
    }
}

/// Puts the report of a run into the bucket. Repeatable: one that is there is not fetched again, and
/// one that was half put is put anew, at the same key.
pub(super) async fn keep<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
    form: Form,
) -> Result<Event, Failed> {
    let not_kept = |why| Ok(Event::ReportNotKept { why });
    if !on.platform.are_kept() {
        return not_kept(NotKept::NoBucket);
    }
    let job = &fix.order.job;
    let key = key(job, run, form);
    if !on.platform.is_kept(&key).await.map_err(of_bucket)? {
        let tar = match executor(on, fix).crash_report(run, form).await {
            Ok(tar) => tar,
            Err(ServiceError::Unreachable(Unreachable::TooLarge)) => {
                return not_kept(NotKept::TooLarge);
            }
            Err(error) => return Err(of_executor(&error)),
        };
        on.platform.keep(&key, tar).await.map_err(of_bucket)?;
    }
    let url = address::crash_report(&on.settings.runs.gateway_url, job);
    Ok(Event::ReportKept { key, url })
}

fn key(job: &JobId, run: &RunId, form: Form) -> String {
    format!("{job}/{run}.{}", form.ending())
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn of_bucket(failed: crate::ports::ReportsFailed) -> Failed {
    let detail = failed.to_string();
    // The platform's weather passes.
    let error = ServiceError::Unexpected {
        status: 503,
        detail,
    };
    Failed(Service::CrashReports, error)
}

/// What the executor asks us to wait for nobody waits for here.
fn of_executor(error: &ServiceError) -> Failed {
    let error = match error {
        error if error.held_back().is_none() => error.clone(),
        held_back => ServiceError::Unexpected {
            status: 503,
            detail: held_back.to_string(),
        },
    };
    Failed(Service::Executor, error)
}

#[cfg(test)]
mod tests;
