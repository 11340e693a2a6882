//! Crash reports: of a run that failed, the files that its agent began with.
//!
//! What is in one: the working directory before the agent started (the base commit with an earlier
//! attempt's work on top), as far as a capture takes it, and a record of what was tried and how it
//! ended. What the agent made of the files is *not* in it: it may hold what the agent saw besides,
//! and where it is worth going on from, it is in the run's checkpoint.
//!
//! Invariant: a report never costs a run anything. What cannot be captured or written is logged, and
//! the run ends as it would have.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ::workspace::crash::{self, Crash, Kept};
use ::workspace::packed::{pack, packed_bytes};
use ::workspace::{Capture, Limits};
use jiff::Timestamp;
use shared::executor::{CrashReport, Form, RunRequest};
use url::Url;

use crate::redact::Redactor;
use crate::workspace::own_directory;

/// What a run's files may come to: they are in memory while its agent works. More of them, and there
/// is no report.
pub const LIMITS: Limits = Limits {
    file_bytes: 1024 * 1024,
    files: 20_000,
    total_bytes: 64 * 1024 * 1024,
    depth: 64,
};

/// What is kept on disk: of a hundred failed runs of ordinary size the last twenty, for as long as a
/// week's holiday of whoever is to look at them.
const KEPT: Kept = Kept {
    reports: 20,
    bytes: 512 * 1024 * 1024,
    ttl: Duration::from_hours(7 * 24),
};

/// The reports of this place.
#[derive(Debug)]
pub struct Reports {
    data_dir: PathBuf,
    /// Held by whoever writes or sweeps: a sweep takes no draft from under a writer.
    busy: Mutex<()>,
}

impl Reports {
    /// The reports below a directory that is there.
    pub fn open(data_dir: PathBuf) -> io::Result<Self> {
        own_directory(&crash::directory(&data_dir), 0o700)?;
        Ok(Self {
            data_dir,
            busy: Mutex::default(),
        })
    }

    /// Keeps a report, and no more of them than is kept.
    pub fn keep(&self, crash: &Crash, before: &Capture) -> io::Result<CrashReport> {
        let report = {
            let _busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
            crash::write(&self.data_dir, crash, before, Timestamp::now())?
        };
        // Read again rather than packed on the way: the record is about the tar, which is whole now.
        let packed = packed_bytes(BufReader::new(File::open(&report.tar)?))?;
        self.sweep()?;
        let name = report.tar.file_name().unwrap_or_default();
        Ok(CrashReport {
            name: name.to_string_lossy().into_owned(),
            size_bytes: report.record.size,
            packed_bytes: Some(packed),
            files: report.record.files as u64,
        })
    }

    /// Forgets what was kept for long enough.
    pub fn sweep(&self) -> io::Result<()> {
        let _busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let swept = crash::sweep(&self.data_dir, &KEPT, SystemTime::now())?;
        if swept.expired + swept.displaced > 0 {
            tracing::info!(
                expired = swept.expired,
                displaced = swept.displaced,
                "crash reports removed"
            );
        }
        Ok(())
    }

    /// Where a report's tar is, or was.
    pub fn tar(&self, report: &CrashReport) -> PathBuf {
        crash::directory(&self.data_dir).join(&report.name)
    }

    /// A report's tar in a form. It is packed as it is read: on disk it is for people.
    pub fn read(&self, report: &CrashReport, form: Form) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(self.tar(report))?;
        Ok(match form {
            Form::Tar => Box::new(file),
            Form::Gzip => Box::new(pack(BufReader::new(file))),
        })
    }
}

/// What failed, in the words of a record.
pub fn crash(request: &RunRequest, error: &str, redactor: &Redactor) -> Crash {
    let repo = repository(&request.source.url);
    let issue = request.prompt.issue.as_ref().map(ToString::to_string);
    let digits = |key: &String| key.rsplit(['-', '#']).next()?.parse().ok();
    Crash {
        number: issue.as_ref().and_then(digits).unwrap_or_default(),
        issue_id: issue.unwrap_or_else(|| request.run_id.to_string()),
        title: redactor.redact(&request.prompt.title),
        error: redactor.redact(error),
        repo,
    }
}

/// `owner/name` of a clone's address.
fn repository(url: &str) -> String {
    let path = Url::parse(url).map(|url| url.path().to_owned());
    let path = path.unwrap_or_default();
    let path = path.trim_matches('/');
    path.strip_suffix(".git").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_by_the_path_of_its_address() {
        assert_eq!(repository("https://github.com/acme/shop.git"), "acme/shop");
        assert_eq!(repository("http://127.0.0.1:80/acme/shop"), "acme/shop");
        assert_eq!(repository("nonsense"), "");
    }

    #[test]
    fn what_was_kept_is_found_under_its_name_and_is_ours_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().unwrap();
        let reports = Reports::open(data.path().to_owned()).unwrap();
        let crash = Crash {
            issue_id: "ENG-7".into(),
            repo: "acme/shop".into(),
            number: 7,
            title: "Eleven mugs".into(),
            error: "the agent failed".into(),
        };
        let report = reports.keep(&crash, &Capture::default()).unwrap();
        assert!(
            report.name.starts_with("crash-acme-shop-issue-7-"),
            "{report:?}"
        );
        let tar = reports.tar(&report);
        let metadata = std::fs::metadata(&tar).unwrap();
        assert_eq!((metadata.len(), report.files), (report.size_bytes, 0));
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        let directory = std::fs::metadata(tar.parent().unwrap()).unwrap();
        assert_eq!(directory.permissions().mode() & 0o777, 0o700);
    }
}
