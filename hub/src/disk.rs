//! Files that are whole at every moment, for whoever reads them and whenever this process dies.
//!
//! Invariants: a file is replaced by a rename of a file that is on the disk already, and the folder
//! is made durable after it; what is written is for the user's eyes only (0600, folders 0700). The
//! new file has a fixed name, so that a kill leaves at most one behind, which the next write
//! replaces: callers hold the lock of [`crate::home`].

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest file that is read: more than a full queue of the longest entries.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct DiskError {
    /// Which.
    pub path: PathBuf,
    /// What went wrong.
    pub cause: io::Error,
}

impl DiskError {
    pub(crate) fn new(path: &Path, cause: io::Error) -> Self {
        Self {
            path: path.to_owned(),
            cause,
        }
    }
}

/// What is in a JSON file; the default where there is none, or nothing in it.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T, DiskError> {
    let failed = |cause| DiskError::new(path, cause);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    let mut bounded = file.take(MAX_BYTES + 1);
    bounded.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failed(io::Error::other("it is far too large to be ours")));
    }
    if bytes.trim_ascii().is_empty() {
        return Ok(T::default());
    }
    // The older tool writes an empty list as null.
    let value: Option<T> = serde_json::from_slice(&bytes).map_err(|e| failed(e.into()))?;
    Ok(value.unwrap_or_default())
}

/// Replaces a file as a whole.
pub(crate) fn write(path: &Path, value: &impl Serialize) -> Result<(), DiskError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| DiskError::new(path, io::Error::other(error)))?;
    text.push(b'\n');
    // A link that somebody made of it (to a folder of dot files, say) stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&path, &text).map_err(|cause| DiskError::new(&path, cause))
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let new = folder.join(format!(".{}.new", name.to_string_lossy()));
    let written = private(&new).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&new, path)) {
        // Half a file is of no use to anybody, and on a full disk takes room.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    sync_folder(folder)
}

/// An empty file that only its owner can read.
fn private(path: &Path) -> io::Result<File> {
    // Whatever a kill left there may have another mode.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The rename is durable once its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Makes a folder, and those above it, for the user only.
pub(crate) fn make_folder(path: &Path) -> Result<(), DiskError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|cause| DiskError::new(path, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_is_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), Vec::<u32>::new());
        write(&path, &[1, 2]).unwrap();
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), [1, 2]);
        for nothing in ["", " \n", "null"] {
            fs::write(&path, nothing).unwrap();
            assert_eq!(read::<Vec<u32>>(&path).unwrap(), Vec::<u32>::new());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "[1, 2").unwrap();
        let error = read::<Vec<u32>>(&path).unwrap_err().to_string();
        assert!(error.contains("a.json"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "[1, 2");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_for_its_owner_only_even_if_a_kill_left_another() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let left = folder.path().join(".a.json.new");
        for file in [&path, &left] {
            fs::write(file, "[").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        write(&path, &[1]).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!left.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "[]").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&link, &[7]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(read::<Vec<u32>>(&real).unwrap(), [7]);
    }
}
