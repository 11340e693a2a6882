//! Who pulls into a folder of inboxes.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// No inbox has this name: theirs end in `.inbox`.
const NAME: &str = ".pull.lock";

/// While it is held, nobody else pulls there; it goes with the process.
#[derive(Debug)]
pub(super) struct PullLock {
    _file: File,
}

impl PullLock {
    pub(super) fn take(dir: &Path) -> Result<Self, String> {
        let path = dir.join(NAME);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(format!("another collector pulls into {}", dir.display()))
            }
            Err(TryLockError::Error(error)) => {
                Err(format!("{} cannot be locked: {error}", path.display()))
            }
        }
    }
}
