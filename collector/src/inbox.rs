//! Inboxes: a file for each recipient, one event a line.
//!
//! Invariants:
//! - What [`Inbox::append`] was given is in the file as whole lines, or not at all: one `write` at the
//!   end of the file, taken back if only a part of it fitted.
//! - Writers exclude each other by `flock`, which also network file systems heed, where `O_APPEND` alone
//!   tears lines. Writers that do not lock are not torn on local file systems, where one `write` with
//!   `O_APPEND` is one step.
//! - The file is opened anew for every batch and checked after the lock: a reader may take an inbox away
//!   by renaming it, at any moment.
//! - A line that a killed writer left unfinished is put aside before the next one (`mend`).
//!
//! Durability: with `fsync` a batch is on the disk (`fdatasync`, and the folder's `fsync` for a new file)
//! when `append` returns; without, it outlives the process but not a power failure.

mod mend;
mod search;
#[cfg(test)]
mod tests;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use shared::hooks::Recipient;

/// How long to wait for others who hold the lock. They hold it for the time of a write.
const LOCK_LIMIT: Duration = Duration::from_secs(2);
/// How often an inbox may be taken away between opening and locking.
const OPENINGS: usize = 20;

/// A folder of inboxes.
#[derive(Debug)]
pub struct Inbox {
    dir: PathBuf,
    fsync: bool,
}

/// Why lines could not be written. None of them is in the inbox then, except after
/// [`AppendError::NotOnDisk`] and [`AppendError::Torn`].
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The file cannot be opened.
    #[error("{} cannot be opened: {error}", .path.display())]
    Unopened {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is a folder, a pipe, or something else that keeps nothing.
    #[error("{} is no file", .0.display())]
    NoFile(PathBuf),
    /// Somebody else holds the lock.
    #[error("{} is locked by somebody else", .0.display())]
    Locked(PathBuf),
    /// It cannot be written, for want of space perhaps.
    #[error("{} cannot be written: {error}", .path.display())]
    Unwritten {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Only a part could be written, and somebody who does not lock wrote behind it.
    #[error("{} was written in part, and others wrote behind it", .0.display())]
    Torn(PathBuf),
    /// It is in the file, but the disk did not take it.
    #[error("{} cannot be brought to the disk: {error}", .path.display())]
    NotOnDisk {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Inbox {
    /// The inboxes in this folder.
    pub fn new(dir: PathBuf, fsync: bool) -> Self {
        Self { dir, fsync }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the folder, if it is not there: nobody else may read what comes in.
    pub fn create(&self) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
    }

    /// The file of a recipient.
    pub fn path(&self, of: &Recipient) -> PathBuf {
        self.dir.join(format!("{of}.inbox"))
    }

    /// Writes whole lines at the end of a recipient's inbox.
    pub fn append(&self, to: &Recipient, lines: &[u8]) -> Result<(), AppendError> {
        debug_assert!(lines.ends_with(b"\n"), "only whole lines are appended");
        let path = self.path(to);
        let (file, is_new) = open_locked(&path)?;
        let unwritten = |error| AppendError::Unwritten {
            path: path.clone(),
            error,
        };
        mend::tail(&file, &path).map_err(unwritten)?;
        write_whole(&file, lines).map_err(|error| match error {
            NotWhole::Undone(error) => unwritten(error),
            NotWhole::Torn => AppendError::Torn(path.clone()),
        })?;
        // The lock goes before the slow part: nothing is taken back any more.
        let _ = file.unlock();
        if self.fsync {
            self.sync(&file, is_new)
                .map_err(|error| AppendError::NotOnDisk { path, error })?;
        }
        Ok(())
    }

    fn sync(&self, file: &File, is_new: bool) -> io::Result<()> {
        file.sync_data()?;
        if is_new {
            File::open(&self.dir)?.sync_all()?;
        }
        Ok(())
    }
}

/// The file, locked, and whether it is empty: then it may be new.
fn open_locked(path: &Path) -> Result<(File, bool), AppendError> {
    let unopened = |error| AppendError::Unopened {
        path: path.to_owned(),
        error,
    };
    for _ in 0..OPENINGS {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            // A pipe would have us wait for its reader.
            .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
            .open(path)
            .map_err(unopened)?;
        if !file.metadata().map_err(unopened)?.is_file() {
            return Err(AppendError::NoFile(path.to_owned()));
        }
        lock(&file, path)?;
        let locked = file.metadata().map_err(unopened)?;
        // Somebody may have taken the inbox away while we waited.
        match fs::metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (locked.dev(), locked.ino()) => {
                return Ok((file, locked.len() == 0));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unopened(error)),
        }
    }
    Err(AppendError::Locked(path.to_owned()))
}

fn lock(file: &File, path: &Path) -> Result<(), AppendError> {
    let began = Instant::now();
    let mut pause = Duration::from_micros(50);
    loop {
        match file.try_lock() {
            // A file system without locks: what remains is that an append is one step.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
            Err(TryLockError::WouldBlock) if began.elapsed() > LOCK_LIMIT => {
                return Err(AppendError::Locked(path.to_owned()));
            }
            Err(TryLockError::WouldBlock) => {
                sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(2));
            }
        }
    }
}

enum NotWhole {
    Undone(io::Error),
    Torn,
}

fn write_whole(mut file: &File, lines: &[u8]) -> Result<(), NotWhole> {
    let written = loop {
        match file.write(lines) {
            Ok(written) => break written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(NotWhole::Undone(error)),
        }
    };
    if written == lines.len() {
        return Ok(());
    }
    // After an append the position is the end of what was written.
    let end = file.stream_position().map_err(NotWhole::Undone)?;
    let length = file.metadata().map_err(NotWhole::Undone)?.len();
    if length != end {
        return Err(NotWhole::Torn);
    }
    file.set_len(end - written as u64)
        .map_err(NotWhole::Undone)?;
    Err(NotWhole::Undone(io::ErrorKind::StorageFull.into()))
}
