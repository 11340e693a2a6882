//! What becomes of the crash report of a run that failed: it is put where operators find it, and then
//! the thread is told.
//!
//! Of a sandbox that was lost nobody is left to take a report. What there is then is the work that
//! was saved last, which is put there in its place, and said to be that.
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
use crate::executor::{self, Checkpoint, Form};
use crate::http::{MAX_RESPONSE_BYTES, Unreachable};
use crate::id::{JobId, RunId};
use crate::service::{Service, ServiceError};

/// How the names of saved work end.
const WORK_ENDING: &str = "checkpoint.json";

/// What is larger as it is carried stays where it is: the object that fetches it has it in memory.
const MAX_BYTES: u64 = MAX_RESPONSE_BYTES as u64;

/// The files that a failed run began with, or what is left of a lost one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrashReport {
    /// The run.
    pub run: RunId,
    /// What the executor says of it, or would.
    pub report: executor::CrashReport,
    /// Where it is.
    pub place: Place,
    /// What it holds.
    #[serde(default, skip_serializing_if = "Holds::are_files")]
    pub holds: Holds,
}

/// What a crash report holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Holds {
    /// The files that the agent began with, as a tar.
    #[default]
    Files,
    /// The work that was saved last, as JSON: a [`Checkpoint`].
    SavedWork {
        /// The work itself, until it is settled where it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        work: Option<Box<Checkpoint>>,
    },
}

impl Holds {
    fn are_files(&self) -> bool {
        *self == Self::Files
    }
}

/// Where a crash report is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "place",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Place {
    /// With the executor, or with us, and is to be put into the bucket.
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
    /// Not kept.
    Nowhere {
        /// Why not.
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
        let holds = Holds::Files;
        Self {
            run,
            report,
            place,
            holds,
        }
    }

    /// What is left of a run whose sandbox was lost, if anything of it was saved.
    pub(super) fn of_lost(run: RunId, saved: &Checkpoint) -> Option<Self> {
        if saved.changes.is_empty() {
            return None;
        }
        let report = executor::CrashReport {
            name: format!("{run}.{WORK_ENDING}"),
            size_bytes: encode(saved).len() as u64,
            packed_bytes: None,
            files: saved.changes.len() as u64,
        };
        let work = Some(Box::new(saved.clone()));
        Some(Self {
            run,
            report,
            place: Place::Due,
            holds: Holds::SavedWork { work },
        })
    }

    /// The same without the work itself.
    pub(super) fn described(&self) -> Self {
        let holds = match &self.holds {
            Holds::Files => Holds::Files,
            Holds::SavedWork { .. } => Holds::SavedWork { work: None },
        };
        Self {
            holds,
            ..self.clone()
        }
    }

    fn settle(&mut self, place: Place) {
        self.place = place;
        *self = self.described();
    }
}

impl Archived {
    /// What is to be done with its crash report before the thread is told.
    pub(super) fn report_due(&self) -> Option<Effect> {
        let report = self.crash_report.as_deref()?;
        let is_due = report.place == Place::Due && self.closing == Closing::Report;
        if !is_due {
            return None;
        }
        let run = report.run.clone();
        Some(match &report.holds {
            Holds::Files => Effect::KeepReport {
                run,
                form: report.report.form(),
            },
            Holds::SavedWork { work } => Effect::KeepWork {
                run,
                work: work.clone()?,
            },
        })
    }

    /// The report is there now.
    pub(super) fn report_kept(&mut self, key: String, url: String) {
        if let Some(report) = &mut self.crash_report {
            report.settle(Place::Bucket { key, url });
        }
    }

    /// The report is not to be had in the bucket.
    pub(super) fn report_not_kept(&mut self, why: NotKept) {
        if let Some(report) = &mut self.crash_report {
            report.settle(match report.holds {
                Holds::Files => Place::Executor { why },
                Holds::SavedWork { .. } => Place::Nowhere { why },
            });
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
    let key = key(&fix.order.job, run, form.ending());
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
    Ok(kept(on, fix, key))
}

/// Puts the saved work of a lost run into the bucket. Repeatable: the same bytes at the same key.
pub(super) async fn keep_work<P: Platform, S>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    run: &RunId,
    work: &Checkpoint,
) -> Result<Event, Failed> {
    if !on.platform.are_kept() {
        let why = NotKept::NoBucket;
        return Ok(Event::ReportNotKept { why });
    }
    let key = key(&fix.order.job, run, WORK_ENDING);
    let put = on.platform.keep(&key, encode(work)).await;
    put.map_err(of_bucket)?;
    Ok(kept(on, fix, key))
}

fn kept<P, S>(on: &FixServices<'_, P, S>, fix: &Fix, key: String) -> Event {
    let url = address::crash_report(&on.settings.runs.gateway_url, &fix.order.job);
    Event::ReportKept { key, url }
}

fn encode(work: &Checkpoint) -> Vec<u8> {
    serde_json::to_vec(work).expect("a checkpoint has string keys and finite numbers only")
}

fn key(job: &JobId, run: &RunId, ending: &str) -> String {
    format!("{job}/{run}.{ending}")
}

/// What lies at a key in the bucket, as a media type.
pub(crate) fn media_type(key: &str) -> &'static str {
    let ends = |ending: &str| {
        let before = key.strip_suffix(ending);
        before.is_some_and(|before| before.ends_with('.'))
    };
    if ends(WORK_ENDING) {
        "application/json"
    } else if ends(Form::Gzip.ending()) {
        Form::Gzip.media_type()
    } else {
        Form::Tar.media_type()
    }
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
