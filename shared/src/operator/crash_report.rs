//! The crash report of a fix: the repository's files, for operators only.

use super::Desk;
use super::answer::{self, Problem};
use crate::fix::{self, NotKept, Place};
use crate::gateway::Ports;
use crate::http::Response;
use crate::id::JobId;
use crate::ports::{CrashReports as _, ReportsFailed};

impl<P: Ports> Desk<'_, P> {
    /// The tar, packed or not, or the saved work. Who fetched it is in the audit log before they have it.
    pub(super) async fn crash_report(&self, job: &JobId) -> Result<Response, Problem> {
        let none = |lost| {
            let why = if lost {
                ": the sandbox was lost, before any work of it was saved"
            } else {
                ""
            };
            Problem::NotFound(format!("There is no crash report of {job}{why}."))
        };
        let fix = super::jobs::is_number(job).then_some(self.fix(job));
        let fix = match fix {
            Some(fix) => fix.await?,
            None => None,
        };
        let lost = fix.as_ref().is_some_and(|fix| fix.sandbox_lost);
        let report = fix.and_then(|fix| fix.crash_report);
        let report = report.ok_or_else(|| none(lost))?;
        let name = &report.report.name;
        let key = match report.place {
            Place::Bucket { key, .. } => key,
            Place::Due => {
                return Err(Problem::Conflict(
                    "It is not in the bucket yet. Try again in a minute.".to_owned(),
                ));
            }
            Place::Executor { why } => {
                let why = because(why);
                return Err(Problem::NotFound(format!(
                    "{name} is in the crash-reports of its executor, if that still has it: {why}."
                )));
            }
            Place::Nowhere { why } => {
                let why = because(why);
                return Err(Problem::NotFound(format!(
                    "The sandbox was lost, so there is no crash report, and the work that was \
                     saved last is not kept: {why}."
                )));
            }
        };
        self.record("crash-report", job.as_str()).await?;
        let tar = self.back().kept(&key).await?;
        let gone = || Problem::NotFound(format!("{key} is not in the bucket any more."));
        let media_type = fix::media_type(&key);
        Ok(answer::file(tar.ok_or_else(gone)?, media_type))
    }
}

fn because(why: NotKept) -> &'static str {
    match why {
        NotKept::NoBucket => "no bucket is bound as CRASH_REPORTS",
        NotKept::TooLarge => "it is too large to be carried",
        NotKept::Failed => "it could not be put into the bucket",
    }
}

impl From<ReportsFailed> for Problem {
    fn from(failed: ReportsFailed) -> Self {
        Self::Unavailable(failed.to_string())
    }
}
