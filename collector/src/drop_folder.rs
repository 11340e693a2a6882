//! The drop folder: files that other programs put there become events.
//!
//! Invariants:
//! - A file is claimed (renamed into `.claimed/`) before its event is written, and removed after. So a
//!   file that is replaced meanwhile is another file, and a folder that cannot be written to emits
//!   nothing, instead of the same event again and again.
//! - A claimed file's id is a function of the file (`file::Claimed::id`). What a kill left in `.claimed/`
//!   is looked up in the inbox by that id before it is written: each file makes one line, for as long as
//!   its reader leaves the line there, and at worst the same id twice.
//! - A file that cannot be an event moves to `.dead-letter/`, with the reason beside it. One that was not
//!   emitted goes back to its name and is tried again.
//! - A file that does not parse is left until it has not changed for [`SETTLED`]: it may be only half
//!   written. (Whoever writes elsewhere and renames is never waited for.)
//! - One collector has a folder: the second is refused ([`OpenError::Taken`]).
//!
//! What inotify says is a hint to look; so an event that is lost costs time, and no file.

pub(crate) mod background;
mod dead_letter;
mod file;
mod sweep;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::file::Print;

/// How long a file that is no event has to stay as it is, to be judged.
pub const SETTLED: Duration = Duration::from_secs(1);

const CLAIMED: &str = ".claimed";
const DEAD_LETTER: &str = ".dead-letter";

/// A drop folder that is ours.
#[derive(Debug)]
pub struct DropFolder {
    dir: PathBuf,
    /// Locked for as long as this lives. It also tells whether `dir` is still the same folder.
    handle: File,
    /// Files that may be half written, and since when they are as they are.
    unsettled: HashMap<OsString, (Print, Instant)>,
    /// Files that could not be emitted, and when they are tried again.
    failed: HashMap<OsString, Failed>,
    /// Claimed files whose event is written, and that could not be removed.
    spent: Vec<OsString>,
    /// Whether what a killed predecessor left has been dealt with.
    is_recovered: bool,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    times: u32,
    next: Instant,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there and cannot be made, or it is no folder.
    #[error("the drop folder {}: {error}", .dir.display())]
    Unusable {
        /// Which.
        dir: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another collector has it.
    #[error("the drop folder {} belongs to another collector", .0.display())]
    Taken(PathBuf),
}

impl DropFolder {
    /// Takes a folder, and makes it if it is not there.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let unusable = |error| OpenError::Unusable {
            dir: dir.to_owned(),
            error,
        };
        if !dir.is_dir() {
            let mut builder = fs::DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o700)
                .create(dir)
                .map_err(unusable)?;
        }
        let handle = File::open(dir).map_err(unusable)?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Taken(dir.to_owned())),
            // A file system without locks.
            Err(TryLockError::Error(error)) => {
                tracing::warn!(folder = %dir.display(), %error, "another collector would not be noticed");
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            handle,
            unsettled: HashMap::new(),
            failed: HashMap::new(),
            spent: Vec::new(),
            is_recovered: false,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Whether the folder of this name is still the one that was taken.
    fn is_the_same(&self) -> bool {
        let (Ok(there), Ok(ours)) = (fs::metadata(&self.dir), self.handle.metadata()) else {
            return false;
        };
        (there.dev(), there.ino()) == (ours.dev(), ours.ino())
    }

    fn claimed(&self) -> PathBuf {
        self.dir.join(CLAIMED)
    }
}

/// Whether a file of this name is meant for us: `*.json`, as a shell understands it.
fn is_meant(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.len() > b".json".len() && name.ends_with(b".json") && !name.starts_with(b".")
}

/// Makes one of our own folders in the drop folder.
fn make_dir(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}
