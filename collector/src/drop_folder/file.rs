//! One file of the drop folder: read in place, claimed, put back.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use shared::hooks::drop_file;
use shared::hooks::{Draft, EventId, MAX_BODY_BYTES};

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Print {
    dev: u64,
    ino: u64,
    length: u64,
    modified: (i64, i64),
}

impl Print {
    fn of(file: &Metadata) -> Self {
        Self {
            dev: file.dev(),
            ino: file.ino(),
            length: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
        }
    }
}

/// What a look at a file showed.
pub(super) enum Look {
    /// It is not there any more, or nothing for us.
    Nothing,
    /// It is there, and this is what it says.
    Seen(Print, Said),
}

/// What a file says.
pub(super) enum Said {
    Event(Draft),
    /// It says nothing that can be used, and never will: it is no file, or too long.
    Never(String),
    /// It says nothing that can be used, as it is now.
    NotNow(String),
}

/// Reads a file, and follows nothing that leads elsewhere.
pub(super) fn look(path: &Path, name: &OsStr) -> io::Result<Look> {
    let link = match fs::symlink_metadata(path) {
        Ok(link) => link,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Look::Nothing),
        Err(error) => return Err(error),
    };
    let never = |print, reason: &str| Ok(Look::Seen(print, Said::Never(reason.to_owned())));
    if link.is_dir() {
        return Ok(Look::Nothing);
    }
    if link.is_symlink() {
        return never(Print::of(&link), "it is a symbolic link");
    }
    if !link.is_file() {
        return never(Print::of(&link), "it is no file");
    }
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Look::Nothing),
        Err(error) => return Err(error),
    };
    let (print, bytes) = read(&file)?;
    Ok(match drop_file::parse(&name.to_string_lossy(), &bytes) {
        Ok(draft) => Look::Seen(print, Said::Event(draft)),
        Err(bad @ (drop_file::BadDropFile::TooLong | drop_file::BadDropFile::PayloadTooLong)) => {
            Look::Seen(print, Said::Never(bad.to_string()))
        }
        Err(bad) => Look::Seen(print, Said::NotNow(bad.to_string())),
    })
}

fn read(file: &File) -> io::Result<(Print, Vec<u8>)> {
    let print = Print::of(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(MAX_BODY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok((print, bytes))
}

/// A file that is in `.claimed/`.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) name: OsString,
    pub(super) path: PathBuf,
}

/// Why a file was not claimed.
pub(super) enum NotClaimed {
    /// It went or changed since it was looked at, or an older one of its name is still on its way.
    Later,
    /// It cannot be moved.
    Failed(io::Error),
}

/// Moves a file into `.claimed/`, if it is still what was looked at.
pub(super) fn claim(
    dir: &Path,
    claimed: &Path,
    name: &OsStr,
    seen: Print,
) -> Result<Claimed, NotClaimed> {
    let (from, path) = (dir.join(name), claimed.join(name));
    let moved = match rename_new(&from, &path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !claimed.is_dir() => {
            super::make_dir(claimed).map_err(NotClaimed::Failed)?;
            rename_new(&from, &path)
        }
        moved => moved,
    };
    match moved {
        Ok(()) => {}
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists
            ) =>
        {
            return Err(NotClaimed::Later);
        }
        Err(error) => return Err(NotClaimed::Failed(error)),
    }
    let file = Claimed {
        name: name.to_owned(),
        path,
    };
    let now = fs::symlink_metadata(&file.path).map_err(NotClaimed::Failed)?;
    if Print::of(&now) != seen {
        file.put_back(dir).map_err(NotClaimed::Failed)?;
        return Err(NotClaimed::Later);
    }
    Ok(file)
}

impl Claimed {
    /// The id of the event in it: the same whenever it is asked for while the file is claimed, and
    /// another one for every file that was ever claimed. The time of the last change of the inode is the
    /// time of the claim.
    pub(super) fn id(&self) -> io::Result<EventId> {
        let file = fs::symlink_metadata(&self.path)?;
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        for number in [file.dev(), file.ino(), file.len()] {
            hash.update(number.to_be_bytes());
        }
        for number in [
            file.mtime(),
            file.mtime_nsec(),
            file.ctime(),
            file.ctime_nsec(),
        ] {
            hash.update(number.to_be_bytes());
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Ok(EventId::of(id))
    }

    /// Gives the file its place in the drop folder again. If that is taken by now, it stays claimed, and
    /// `false` says so.
    pub(super) fn put_back(&self, dir: &Path) -> io::Result<bool> {
        match rename_new(&self.path, &dir.join(&self.name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Renames and replaces nothing.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // File systems that cannot: nobody else moves files in these folders.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => match fs::symlink_metadata(to) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(from, to),
        },
        moved => moved.map_err(io::Error::from),
    }
}
