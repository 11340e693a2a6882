//! The crash report of a fix: the repository's files, for operators only.

use super::Desk;
use super::answer::{self, Problem};
use crate::executor::Form;
use crate::fix::{NotKept, Place};
use crate::gateway::Ports;
use crate::http::Response;
use crate::id::JobId;
use crate::ports::{CrashReports as _, ReportsFailed};

impl<P: Ports> Desk<'_, P> {
    /// The tar, packed or not. Who fetched it is in the audit log before they have it.
    pub(super) async fn crash_report(&self, job: &JobId) -> Result<Response, Problem> {
        let none = || Problem::NotFound(format!("There is no crash report of {job}."));
        let fix = super::jobs::is_number(job).then_some(self.fix(job));
        let fix = match fix {
            Some(fix) => fix.await?,
            None => None,
        };
        let report = fix.and_then(|fix| fix.crash_report).ok_or_else(none)?;
        let name = &report.report.name;
        let key = match report.place {
            Place::Bucket { key, .. } => key,
            Place::Due => {
                return Err(Problem::Conflict(
                    "It is not in the bucket yet. Try again in a minute.".to_owned(),
                ));
            }
            Place::Executor { why } => {
                let why = match why {
                    NotKept::NoBucket => "no bucket is bound as CRASH_REPORTS",
                    NotKept::TooLarge => "it is too large to be carried",
                    NotKept::Failed => "it could not be put into the bucket",
                };
                return Err(Problem::NotFound(format!(
                    "{name} is in the crash-reports of its executor, if that still has it: {why}."
                )));
            }
        };
        self.record("crash-report", job.as_str()).await?;
        let tar = self.back().kept(&key).await?;
        let gone = || Problem::NotFound(format!("{key} is not in the bucket any more."));
        Ok(answer::file(tar.ok_or_else(gone)?, form_of(&key)))
    }
}

/// As whoever put it there has named it.
fn form_of(key: &str) -> Form {
    let packed = format!(".{}", Form::Gzip.ending());
    if key.ends_with(&packed) {
        Form::Gzip
    } else {
        Form::Tar
    }
}

impl From<ReportsFailed> for Problem {
    fn from(failed: ReportsFailed) -> Self {
        Self::Unavailable(failed.to_string())
    }
}
