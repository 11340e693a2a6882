//! Crash reports: what a directory looked like when work in it failed.
//!
//! Invariant: a report's files are there whole or not at all, the record after the tar that it is
//! about. A report never replaces another: of two in the same second, the second gets a number.
//!
//! What is kept of them is bounded by whoever calls [`sweep`].

mod kept;

use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::capture::Capture;
use crate::snapshot;
use crate::whole::Draft;

pub use kept::{Kept, Swept, sweep};

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
    let directory = directory(data_dir);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)?;
    let stem = stem(crash, now);
    for number in 1..=MAX_IN_A_SECOND {
        let name = match number {
            1 => stem.clone(),
            more => format!("{stem}-{more}"),
        };
        let tar = directory.join(format!("{name}.tar"));
        // Not in memory once more: a capture is as much as may be.
        let put = put(&tar, |file| snapshot::write(capture, BufWriter::new(file)));
        match put {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(size) => {
                let record = crash.record(capture, size, now);
                let json = serde_json::to_vec_pretty(&record)?;
                let place = directory.join(format!("{name}.json"));
                put_bytes(&place, &json)?;
                return Ok(Report { record, tar });
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Where the reports of a data directory are.
pub fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join(DIRECTORY)
}

fn put_bytes(place: &Path, bytes: &[u8]) -> io::Result<u64> {
    put(place, |mut file| file.write_all(bytes))
}

/// How many bytes it has.
fn put(place: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<u64> {
    let (draft, file) = Draft::file(place)?;
    write(&file)?;
    // A report is written when something is wrong: it is to be there after the next failure too.
    file.sync_all()?;
    let size = file.metadata()?.len();
    draft.put_in_place()?;
    Ok(size)
}

impl Crash {
    fn record(&self, capture: &Capture, size: u64, timestamp: Timestamp) -> Record {
        Record {
            issue_id: self.issue_id.clone(),
            repo: self.repo.clone(),
            number: self.number,
            title: self.title.clone(),
            error: self.error.chars().take(MAX_ERROR_CHARS).collect(),
            timestamp,
            files: capture.len(),
            size,
        }
    }
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
mod tests;
