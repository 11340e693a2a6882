//! How many reports are kept.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::directory;

/// How much of reports is kept in a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Reports in all; what a crash left unfinished is one too.
    pub reports: usize,
    /// The bytes of all of them, records included.
    pub bytes: u64,
    /// How long one is kept.
    pub ttl: Duration,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Their time was up.
    pub expired: u64,
    /// There were more, or they were larger, than are kept.
    pub displaced: u64,
}

/// A report: its tar and its record; or a draft that a crash has left behind.
struct Found {
    files: Vec<PathBuf>,
    bytes: u64,
    at: SystemTime,
}

/// Removes what is too old, then the oldest until the rest is within the limits. Files that others
/// have put there stay, and count for nothing.
pub fn sweep(data_dir: &Path, kept: &Kept, now: SystemTime) -> io::Result<Swept> {
    let mut found: Vec<_> = found(&directory(data_dir))?.into_values().collect();
    // The newest first.
    found.sort_by(|a, b| (b.at, &b.files).cmp(&(a.at, &a.files)));
    let mut swept = Swept::default();
    let mut bytes = 0;
    for (report, nth) in found.iter().zip(1..) {
        bytes += report.bytes;
        if now.duration_since(report.at).unwrap_or_default() >= kept.ttl {
            swept.expired += 1;
        } else if nth > kept.reports || bytes > kept.bytes {
            swept.displaced += 1;
        } else {
            continue;
        }
        for file in &report.files {
            remove(file)?;
        }
    }
    Ok(swept)
}

fn found(directory: &Path) -> io::Result<BTreeMap<PathBuf, Found>> {
    let mut found = BTreeMap::new();
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let Some(metadata) = of_a_report(&entry) else {
            continue;
        };
        let path = entry.path();
        let report = found.entry(path.with_extension("")).or_insert(Found {
            files: Vec::new(),
            bytes: 0,
            at: SystemTime::UNIX_EPOCH,
        });
        report.bytes += metadata.len();
        report.at = report.at.max(metadata.modified()?);
        report.files.push(path);
    }
    Ok(found)
}

fn of_a_report(entry: &DirEntry) -> Option<Metadata> {
    let name = entry.file_name();
    let name = name.to_str()?;
    let is_ours = name.trim_start_matches('.').starts_with("crash-");
    let path = entry.path();
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let is_one = ["tar", "json", "draft"].contains(&ending);
    // Gone meanwhile: somebody else sweeps too.
    let metadata = entry.metadata().ok()?;
    (is_ours && is_one && metadata.is_file()).then_some(metadata)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
