//! The way through a directory tree.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::{Capture, CaptureFailed, Skipped, Why};
use crate::limits::{Exceeded, Limits, Tally};
use crate::path::FilePath;

/// How often a file that changes is read.
const ATTEMPTS: usize = 3;
/// What a repository keeps for itself.
const GIT: &CStr = c".git";

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

pub(super) fn walk(root: &Path, limits: &Limits) -> Result<Capture, CaptureFailed> {
    let cannot = |error: Errno| CaptureFailed::Root(error.into());
    let root = openat(CWD, root, DIRECTORY, Mode::empty()).map_err(cannot)?;
    let entries = names_in(&root).map_err(CaptureFailed::Root)?;
    let mut walk = Walk {
        limits: *limits,
        tally: Tally::new(limits),
        files: BTreeMap::new(),
        skipped: Vec::new(),
    };
    let own = entries.into_iter().filter(|name| name.as_c_str() != GIT);
    walk.enter(&root, own.collect(), &mut Vec::new(), 0)?;
    Ok(Capture::from_parts(walk.files, walk.skipped))
}

struct Walk {
    limits: Limits,
    tally: Tally,
    files: BTreeMap<FilePath, Box<[u8]>>,
    skipped: Vec<Skipped>,
}

impl Walk {
    /// `path` is that of the directory, with a slash at its end, or empty.
    fn enter(
        &mut self,
        directory: &OwnedFd,
        names: Vec<CString>,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Exceeded> {
        let length = path.len();
        for name in names {
            path.extend_from_slice(name.to_bytes());
            if let Ok(known) = FilePath::parse(path) {
                match look(directory, &name, &self.limits, depth) {
                    Ok(Found::File(bytes)) => {
                        self.tally.add(bytes.len())?;
                        self.files.insert(known, bytes);
                    }
                    Ok(Found::Directory(below, names)) => {
                        path.push(b'/');
                        self.enter(&below, names, path, depth + 1)?;
                    }
                    Err(why) => self.skipped.push(Skipped { path: known, why }),
                }
            } else {
                self.too_long(&path[..length]);
            }
            path.truncate(length);
        }
        Ok(())
    }

    /// The kernel's names are names; a path can be too long. Its directory is named then, once.
    fn too_long(&mut self, directory: &[u8]) {
        let why = Why::TooDeep;
        if let Ok(path) = FilePath::parse(directory.strip_suffix(b"/").unwrap_or(directory))
            && self.skipped.last().is_none_or(|last| last.path != path)
        {
            self.skipped.push(Skipped { path, why });
        }
    }
}

enum Found {
    File(Box<[u8]>),
    Directory(OwnedFd, Vec<CString>),
}

fn look(directory: &OwnedFd, name: &CStr, limits: &Limits, depth: usize) -> Result<Found, Why> {
    // Opening a device can do something: what is no file is not opened. What it is by then the
    // descriptor says.
    let found = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).map_err(why)?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => read(directory, name, limits.file_bytes).map(Found::File),
        FileType::Directory if depth >= limits.depth => Err(Why::TooDeep),
        FileType::Directory => {
            let flags = DIRECTORY | OFlags::NOFOLLOW;
            let below = openat(directory, name, flags, Mode::empty()).map_err(why)?;
            let names = names_in(&below).map_err(|_| Why::Unreadable)?;
            Ok(Found::Directory(below, names))
        }
        FileType::Symlink => Err(Why::Link),
        _ => Err(Why::Special),
    }
}

fn why(error: Errno) -> Why {
    match error {
        Errno::NOENT => Why::Vanished,
        // It was something else a moment ago.
        Errno::LOOP | Errno::NOTDIR => Why::Unsteady,
        _ => Why::Unreadable,
    }
}

/// What is in a directory.
fn names_in(directory: impl AsFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// A file as it was at one time.
fn read(directory: &OwnedFd, name: &CStr, max_bytes: u64) -> Result<Box<[u8]>, Why> {
    // Opening a pipe must not wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    for _ in 0..ATTEMPTS {
        let file = openat(directory, name, flags, Mode::empty()).map_err(why)?;
        let before = fstat(&file).map_err(why)?;
        if FileType::from_raw_mode(before.st_mode) != FileType::RegularFile {
            return Err(Why::Unsteady);
        }
        let size = u64::try_from(before.st_size).unwrap_or(u64::MAX);
        if size > max_bytes {
            return Err(Why::TooLarge);
        }
        let mut file = File::from(file);
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        (&mut file)
            .take(max_bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| Why::Unreadable)?;
        let after = fstat(&file).map_err(why)?;
        if bytes.len() as u64 == size && is_same(&before, &after) {
            return Ok(bytes.into_boxed_slice());
        }
    }
    Err(Why::Unsteady)
}

/// Whether nobody has changed a file's content between two looks at it, as finely as the kernel
/// keeps time.
fn is_same(before: &Stat, after: &Stat) -> bool {
    before.st_size == after.st_size
        && before.st_mtime == after.st_mtime
        && before.st_mtime_nsec == after.st_mtime_nsec
        && before.st_ctime == after.st_ctime
        && before.st_ctime_nsec == after.st_ctime_nsec
}
