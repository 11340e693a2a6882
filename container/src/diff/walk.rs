//! Walking a directory that somebody else may still be changing.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use rustix::io::Errno;
use sha1::{Digest as _, Sha1};
use shared::executor::RunFailure;

/// Deeper than any repository; a bound for the recursion.
const MAX_DEPTH: usize = 100;
/// More entries than this are not walked.
const MAX_ENTRIES: usize = 400_000;

/// What is done with every entry, given its path.
type Visit<'a> = dyn FnMut(&[u8], &mut Found) -> Result<(), RunFailure> + 'a;

/// Calls `visit` with every entry below `root` (directories before what is in them) and its
/// path. A `.git` directory is visited and not entered.
pub(super) fn walk(root: &Path, visit: &mut Visit<'_>) -> Result<(), RunFailure> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let root = openat(CWD, root, flags, Mode::empty()).map_err(unreadable)?;
    let mut walk = Walk { visit, entries: 0 };
    walk.directory(&root, &mut Vec::new(), 0)
}

struct Walk<'a> {
    visit: &'a mut Visit<'a>,
    entries: usize,
}

impl Walk<'_> {
    fn directory(
        &mut self,
        directory: &OwnedFd,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), RunFailure> {
        let listing = Dir::read_from(directory).map_err(unreadable)?;
        for entry in listing {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            self.entries += 1;
            if depth > MAX_DEPTH || self.entries > MAX_ENTRIES {
                let reason = "it made more directories than we read".to_owned();
                return Err(RunFailure::AgentFailed { reason });
            }
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend(name.to_bytes());
            self.entry(directory.as_fd(), name, path, depth)?;
            path.truncate(length);
        }
        Ok(())
    }

    fn entry(
        &mut self,
        directory: BorrowedFd<'_>,
        name: &CStr,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), RunFailure> {
        let stat = match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            // Gone since it was listed: an agent at work.
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut found = Found::new(directory, name, stat);
        (self.visit)(path, &mut found)?;
        if found.is_directory() && !found.is_git_directory() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match openat(directory, name, flags, Mode::empty()) {
                Ok(below) => self.directory(&below, path, depth + 1)?,
                // Something else by now.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
        Ok(())
    }
}

/// One entry of the working directory.
pub(super) struct Found<'a> {
    directory: BorrowedFd<'a>,
    name: &'a CStr,
    kind: FileType,
    stat: Stat,
    oid: Option<String>,
}

impl<'a> Found<'a> {
    fn new(directory: BorrowedFd<'a>, name: &'a CStr, stat: Stat) -> Self {
        let kind = FileType::from_raw_mode(stat.st_mode);
        Self {
            directory,
            name,
            kind,
            stat,
            oid: None,
        }
    }

    pub(super) fn is_directory(&self) -> bool {
        self.kind == FileType::Directory
    }

    /// git would take such a directory for a repository of its own.
    pub(super) fn is_git_directory(&self) -> bool {
        self.is_directory() && self.name.to_bytes().eq_ignore_ascii_case(b".git")
    }

    /// A file with several names may be one from elsewhere; its content is not read.
    fn is_plain_file(&self) -> bool {
        self.kind == FileType::RegularFile && self.stat.st_nlink == 1
    }

    pub(super) fn size(&self) -> u64 {
        match self.kind {
            FileType::RegularFile | FileType::Symlink => {
                u64::try_from(self.stat.st_size).unwrap_or(u64::MAX)
            }
            _ => 0,
        }
    }

    /// The mode in git's form, for a path that had `old`.
    pub(super) fn mode_after(&self, old: &str) -> String {
        if self.kind == FileType::Symlink {
            return "120000".to_owned();
        }
        if self.kind == FileType::RegularFile && !self.is_plain_file() {
            return "000000".to_owned();
        }
        if !self.is_plain_file() {
            return format!("{:06o}", self.stat.st_mode);
        }
        // Symlinks are written as files that hold their target; they stay symlinks.
        if old == "120000" {
            return old.to_owned();
        }
        let executable = self.stat.st_mode & 0o100 != 0;
        if executable { "100755" } else { "100644" }.to_owned()
    }

    /// The id that git gives to this content; `None` for what git cannot hold.
    pub(super) fn oid(&mut self) -> Result<Option<String>, RunFailure> {
        if self.oid.is_none() && (self.is_plain_file() || self.kind == FileType::Symlink) {
            let mut digest = Sha1::new();
            digest.update(format!("blob {}\0", self.size()));
            if self.kind == FileType::Symlink {
                digest.update(self.link_target()?);
            } else {
                let Some(mut file) = self.open()? else {
                    return Ok(None);
                };
                let mut buffer = vec![0; 64 * 1024];
                while let read @ 1.. = file.read(&mut buffer).map_err(unreadable)? {
                    digest.update(&buffer[..read]);
                }
            }
            self.oid = Some(hex::encode(digest.finalize()));
        }
        Ok(self.oid.clone())
    }

    /// The bytes of a file, or the target of a symlink; nothing of anything else.
    pub(super) fn content(&mut self, at_most: u64) -> Result<Vec<u8>, RunFailure> {
        let content = if self.kind == FileType::Symlink {
            self.link_target()?
        } else if self.is_plain_file() {
            let mut content = Vec::new();
            if let Some(file) = self.open()? {
                file.take(at_most.saturating_add(1))
                    .read_to_end(&mut content)
                    .map_err(unreadable)?;
            }
            if content.len() as u64 > at_most {
                // It grew while it was read.
                return Err(RunFailure::ResultTooLarge {
                    files: 1,
                    bytes: content.len() as u64,
                });
            }
            content
        } else {
            Vec::new()
        };
        Ok(content)
    }

    fn link_target(&self) -> Result<Vec<u8>, RunFailure> {
        let target = readlinkat(self.directory, self.name, Vec::new()).map_err(unreadable)?;
        Ok(target.into_bytes())
    }

    /// Opens exactly what was found; `None` if it is gone or something else by now.
    fn open(&self) -> Result<Option<File>, RunFailure> {
        // NONBLOCK: opening a pipe that took the file's place must not wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(fd) = openat(self.directory, self.name, flags, Mode::empty()) else {
            return Ok(None);
        };
        let now = rustix::fs::fstat(&fd).map_err(unreadable)?;
        let same = (now.st_dev, now.st_ino) == (self.stat.st_dev, self.stat.st_ino);
        Ok((same && FileType::from_raw_mode(now.st_mode).is_file()).then(|| File::from(fd)))
    }
}

fn unreadable(error: impl Into<io::Error>) -> RunFailure {
    RunFailure::Internal {
        reason: format!("cannot read the working directory: {}", error.into()),
    }
}
