//! What is made beside its place, and put there when it is whole.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Of a name, so that a draft's is no longer than a name may be.
const MAX_PREFIX_BYTES: usize = 200;

/// Something that is not in its place yet; removed if it does not get there.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// An empty directory.
    pub(crate) fn directory(place: &Path) -> io::Result<Self> {
        let draft = Self::new(place)?;
        DirBuilder::new().mode(0o700).create(&draft.path)?;
        Ok(draft)
    }

    /// An empty file.
    pub(crate) fn file(place: &Path) -> io::Result<(Self, File)> {
        let draft = Self::new(place)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft.path)?;
        Ok((draft, file))
    }

    /// A name in the same directory, which holds our number: what a crash leaves behind is nobody
    /// else's.
    fn new(place: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = place
            .file_name()
            .ok_or(io::ErrorKind::InvalidInput)?
            .as_bytes();
        let mut draft = OsString::from(".");
        draft.push(OsStr::from_bytes(&name[..name.len().min(MAX_PREFIX_BYTES)]));
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        draft.push(format!(".{}-{number}.draft", std::process::id()));
        Ok(Self {
            path: place.with_file_name(draft),
            place: place.to_owned(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it, unless there is something.
    pub(crate) fn put_in_place(self) -> io::Result<()> {
        renameat_with(CWD, &self.path, CWD, &self.place, RenameFlags::NOREPLACE)?;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Mostly it is in its place by now.
        let _ = fs::remove_dir_all(&self.path).or_else(|_| fs::remove_file(&self.path));
    }
}
