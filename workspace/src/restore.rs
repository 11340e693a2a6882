//! A capture as a directory again.
//!
//! Invariants: the directory is new, and is there with everything in it or not at all. It is built
//! beside its place, under a name that nobody else has, and moved there at the end; the move does not
//! replace anything. No path of a capture leads out of it ([`FilePath`]), and in a directory that was
//! empty nobody has put a link.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::capture::Capture;
use crate::path::FilePath;
use crate::whole;

/// A tree that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFailed {
    /// There is something already.
    #[error("it is there already")]
    IsThere,
    /// The disk says no.
    #[error("it cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// Writes a capture into a new directory, whose parent is there. Files have mode 0600, directories
/// 0700.
pub fn into(capture: &Capture, directory: &Path) -> Result<(), RestoreFailed> {
    if fs::symlink_metadata(directory).is_ok() {
        return Err(RestoreFailed::IsThere);
    }
    let draft = whole::Draft::directory(directory)?;
    for (path, bytes) in capture.files() {
        write(draft.path(), path, bytes)?;
    }
    draft.put_in_place().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => RestoreFailed::IsThere,
        _ => RestoreFailed::Io(error),
    })
}

fn write(root: &Path, path: &FilePath, bytes: &[u8]) -> io::Result<()> {
    let place = root.join(path.as_path());
    if let Some(parent) = place.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)?;
    }
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(place)?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::Limits;

    fn capture() -> (tempfile::TempDir, Capture) {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("a/b")).unwrap();
        fs::write(place.path().join("a/b/c"), "deep").unwrap();
        fs::write(place.path().join("top"), "").unwrap();
        let capture = Capture::of(place.path(), &Limits::default()).unwrap();
        (place, capture)
    }

    #[test]
    fn what_is_restored_is_what_was_captured_and_nobody_elses() {
        let (place, capture) = capture();
        let copy = place.path().join("copy");
        into(&capture, &copy).unwrap();
        assert_eq!(Capture::of(&copy, &Limits::default()).unwrap(), capture);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&copy), 0o700);
        assert_eq!(mode(&copy.join("a/b/c")), 0o600);
    }

    #[test]
    fn nothing_that_is_there_is_touched() {
        let (place, capture) = capture();
        let link = place.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        for taken in [place.path().join("a"), place.path().join("top"), link] {
            let failed = into(&capture, &taken).unwrap_err();
            assert!(matches!(failed, RestoreFailed::IsThere), "{failed}");
        }
        assert_eq!(
            Capture::of(&place.path().join("a"), &Limits::default())
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn what_cannot_be_written_whole_is_not_there() {
        let (place, _) = capture();
        let path = FilePath::parse(format!("{}x", "d/".repeat(2040)).as_bytes()).unwrap();
        let too_long = [(path, Box::from(&b"1"[..]))];
        let capture = Capture::from_parts(too_long.into(), Vec::new());
        let failed = into(&capture, &place.path().join("copy")).unwrap_err();
        assert!(matches!(failed, RestoreFailed::Io(_)), "{failed}");
        let names = fs::read_dir(place.path()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }
}
