//! The crash report of a run: the files are captured before the agent starts, and kept if the run
//! fails. Of one that somebody stopped, or that goes on elsewhere, nothing is kept.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use ::workspace::Capture;
use shared::executor::{Form, RunFailure, RunOutcome};

use super::attempt::{Attempt, Halt};
use super::{End, Run, off_thread};
use crate::redact::Redactor;
use crate::reports::{self, LIMITS};
use crate::workspace::Workspace;

impl Attempt<'_> {
    /// The files as the agent will find them. A run without them is a run all the same.
    pub(super) async fn capture(&mut self, workspace: &Workspace) -> Result<(), Halt> {
        let work = workspace.work();
        let capturing = off_thread(move || Ok(captured(&work)));
        if let Some(before) = self.stopping.race(capturing).await?? {
            self.run.set_before(Some(before));
        }
        Ok(())
    }
}

fn captured(work: &Path) -> Option<Capture> {
    match Capture::of(work, &LIMITS) {
        Ok(capture) => {
            if !capture.skipped().is_empty() {
                let left_out = capture.skipped().len();
                tracing::info!(left_out, "a crash report would not have all files");
            }
            Some(capture)
        }
        Err(failed) => {
            tracing::warn!(error = %failed, "there will be no crash report");
            None
        }
    }
}

impl Run {
    /// Keeps the files that a failed run began with.
    pub(super) async fn report_crash(&self, end: &mut End, redactor: &Redactor) {
        let before = self.set_before(None);
        let (End::Result(RunOutcome::Failed { failure }, work), Some(before)) = (end, before)
        else {
            return;
        };
        let crash = reports::crash(&self.request, &failure.to_string(), redactor);
        let reports = Arc::clone(&self.reports);
        let keeping = off_thread(move || {
            reports
                .keep(&crash, &before)
                .map_err(|error| RunFailure::Internal {
                    reason: error.to_string(),
                })
        });
        match keeping.await {
            Ok(report) => work.crash_report = Some(report),
            Err(error) => tracing::warn!(%error, "a crash report is not kept"),
        }
    }

    /// The one that was there.
    fn set_before(&self, before: Option<Capture>) -> Option<Capture> {
        let mut place = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, before)
    }

    /// The tar of its crash report, if there is one still, in a form, and how many bytes it has then.
    pub fn crash_report(&self, form: Form) -> Option<(Box<dyn Read + Send>, u64)> {
        let report = self.result()?.crash_report.as_ref()?;
        let bytes = match form {
            Form::Tar => report.size_bytes,
            Form::Gzip => report.packed_bytes?,
        };
        Some((self.reports.read(report, form).ok()?, bytes))
    }
}
