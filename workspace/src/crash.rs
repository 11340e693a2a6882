//! Crash reports: what a directory looked like when work in it failed.
//!
//! Invariant: a report's files are there whole or not at all, the record after the tar that it is
//! about. A report never replaces another: of two in the same second, the second gets a number.

use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::capture::Capture;
use crate::snapshot;
use crate::whole::Draft;

/// Where they are, below a data directory.
const DIRECTORY: &str = "crash-reports";
/// Of a repository's name, in a file's.
const MAX_REPO_BYTES: usize = 120;
/// Of an error, in a record.
const MAX_ERROR_CHARS: usize = 4000;
/// Reports of one issue in one second.
const MAX_IN_A_SECOND: u32 = 100;

/// What failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// The issue that was worked on: `owner/repo#12`, or whatever names it.
    pub issue_id: String,
    /// Its repository.
    pub repo: String,
    /// Its number there.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// How the work ended.
    pub error: String,
}

/// The record of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The issue that was worked on.
    pub issue_id: String,
    /// Its repository.
    pub repo: String,
    /// Its number there.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// How the work ended.
    pub error: String,
    /// When.
    pub timestamp: Timestamp,
    /// How many files there were.
    pub files: usize,
    /// How many bytes the tar has.
    pub size: u64,
}

/// A report on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it is about.
    pub record: Record,
    /// The snapshot. The record lies beside it, with `json` for `tar`.
    pub tar: PathBuf,
}

/// Writes a report below a data directory, which is made if need be. For its owner's eyes.
pub fn write(
    data_dir: &Path,
    crash: &Crash,
    capture: &Capture,
    now: Timestamp,
) -> io::Result<Report> {
    let directory = data_dir.join(DIRECTORY);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)?;
    let bytes = snapshot::to_bytes(capture);
    let record = Record {
        issue_id: crash.issue_id.clone(),
        repo: crash.repo.clone(),
        number: crash.number,
        title: crash.title.clone(),
        error: crash.error.chars().take(MAX_ERROR_CHARS).collect(),
        timestamp: now,
        files: capture.len(),
        size: bytes.len() as u64,
    };
    let stem = stem(crash, now);
    for number in 1..=MAX_IN_A_SECOND {
        let name = match number {
            1 => stem.clone(),
            more => format!("{stem}-{more}"),
        };
        let tar = directory.join(format!("{name}.tar"));
        match put(&tar, &bytes) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => {
                let json = serde_json::to_vec_pretty(&record)?;
                put(&directory.join(format!("{name}.json")), &json)?;
                return Ok(Report { record, tar });
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn put(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let (draft, mut file) = Draft::file(place)?;
    file.write_all(bytes)?;
    // A report is written when something is wrong: it is to be there after the next failure too.
    file.sync_all()?;
    draft.put_in_place()
}

/// `crash-owner-repo-issue-12-20261121-155900`.
fn stem(crash: &Crash, now: Timestamp) -> String {
    let mut repo: String = crash
        .repo
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    while repo.len() > MAX_REPO_BYTES {
        repo.pop();
    }
    let at = now.strftime("%Y%m%d-%H%M%S");
    format!("crash-{repo}-issue-{}-{at}", crash.number)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::Limits;

    fn crash(repo: &str) -> Crash {
        Crash {
            issue_id: format!("{repo}#12"),
            repo: repo.to_owned(),
            number: 12,
            title: "Eleven mugs".to_owned(),
            error: "the agent failed".to_owned(),
        }
    }

    fn now() -> Timestamp {
        "2026-11-21T15:59:00.5Z".parse().unwrap()
    }

    #[test]
    fn a_report_is_a_snapshot_with_a_record_beside_it() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("cart.js"), "11").unwrap();
        let capture = Capture::of(data.path(), &Limits::default()).unwrap();
        let report = write(data.path(), &crash("acme/shop"), &capture, now()).unwrap();
        let place = data.path().join("crash-reports");
        let stem = "crash-acme-shop-issue-12-20261121-155900";
        assert_eq!(report.tar, place.join(format!("{stem}.tar")));
        let bytes = fs::read(&report.tar).unwrap();
        assert_eq!(report.record.size, bytes.len() as u64);
        assert_eq!(
            snapshot::read(bytes.as_slice(), &Limits::default()).unwrap(),
            capture
        );
        let record = fs::read_to_string(place.join(format!("{stem}.json"))).unwrap();
        let fields: serde_json::Value = serde_json::from_str(&record).unwrap();
        assert_eq!(
            fields,
            serde_json::json!({
                "issueId": "acme/shop#12",
                "repo": "acme/shop",
                "number": 12,
                "title": "Eleven mugs",
                "error": "the agent failed",
                "timestamp": "2026-11-21T15:59:00.5Z",
                "files": 1,
                "size": bytes.len(),
            })
        );
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place), mode(&report.tar)), (0o700, 0o600));
    }

    #[test]
    fn two_in_a_second_are_two() {
        let data = tempfile::tempdir().unwrap();
        let write = || write(data.path(), &crash("a/b"), &Capture::default(), now()).unwrap();
        let (first, second) = (write(), write());
        assert_ne!(first.tar, second.tar);
        assert!(second.tar.to_str().unwrap().ends_with("-155900-2.tar"));
        let names = fs::read_dir(data.path().join("crash-reports")).unwrap();
        assert_eq!(names.count(), 4, "and no draft");
    }

    #[test]
    fn a_repository_does_not_choose_the_place() {
        for repo in [
            "../../etc",
            "a\\b:c",
            "\n\0",
            &"x".repeat(5000),
            "ü".repeat(99).as_str(),
        ] {
            let data = tempfile::tempdir().unwrap();
            let report = write(data.path(), &crash(repo), &Capture::default(), now()).unwrap();
            let place = data.path().join("crash-reports");
            assert_eq!(report.tar.parent(), Some(&*place), "{repo}");
            assert!(report.tar.exists());
        }
        let crash = crash("git.example:8443\\acme/shop");
        let stem = stem(&crash, now());
        assert!(
            stem.starts_with("crash-git.example-8443-acme-shop-issue-12-"),
            "{stem}"
        );
    }
}
