//! Snapshots (`workspace::snapshot`, `workspace::restore`): the bytes are a tar.
//!
//! Held: nothing that is accepted is more than the limits allow; written again it is the same bytes
//! always, and reads as the same files; restored it is those files below their directory, and nothing
//! beside it.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use workspace::{Capture, Limits, restore, snapshot};

/// Small ones, so that they are met.
pub(crate) const LIMITS: Limits = Limits {
    file_bytes: 2048,
    files: 8,
    total_bytes: 8192,
    depth: 64,
};

pub(crate) fn check(bytes: &[u8]) {
    let Ok(capture) = snapshot::read(bytes, &LIMITS) else {
        assert!(snapshot::read(Slow(bytes), &LIMITS).is_err());
        return;
    };
    is_within_limits(&capture);
    assert!(capture.skipped().is_empty());
    let slowly = snapshot::read(Slow(bytes), &LIMITS);
    assert_eq!(slowly.expect("it was accepted"), capture);

    let written = snapshot::to_bytes(&capture);
    let again = snapshot::read(written.as_slice(), &Limits::default());
    let again = again.expect("what is written can be read");
    assert_eq!(again, capture);
    assert_eq!(snapshot::to_bytes(&again), written);
    stays_below_its_directory(&capture);
}

pub(crate) fn is_within_limits(capture: &Capture) {
    assert!(capture.len() <= LIMITS.files);
    assert!(capture.bytes() <= LIMITS.total_bytes);
    let is_small = |bytes: &[u8]| bytes.len() as u64 <= LIMITS.file_bytes;
    assert!(capture.files().all(|(_, bytes)| is_small(bytes)));
    for (path, _) in capture.files() {
        let names = path.as_bytes().split(|byte| *byte == b'/');
        for name in names {
            assert!(!matches!(name, b"" | b"." | b".."), "{path}");
        }
    }
}

fn stays_below_its_directory(capture: &Capture) {
    let place = tempfile::tempdir().expect("there is a place for temporary files");
    let below = place.path().join("outer/inner");
    fs::create_dir_all(&below).expect("directories can be made there");
    let copy = below.join("copy");
    let restored = restore::into(capture, &copy);
    let expected: &[&str] = if restored.is_ok() { &["copy"] } else { &[] };
    assert_eq!(names(&below), expected);
    assert_eq!(names(&place.path().join("outer")), ["inner"]);
    assert_eq!(names(place.path()), ["outer"]);
    if restored.is_err() {
        // Longer than the system takes, from the root of its file system on.
        let is_long = |length: usize| length > 4000;
        assert!(
            capture
                .files()
                .any(|(path, _)| is_long(path.as_bytes().len())),
            "{restored:?}"
        );
        return;
    }
    let limits = Limits {
        depth: 4096,
        ..Limits::default()
    };
    let found = Capture::of(&copy, &limits).expect("it was just written");
    assert!(found.skipped().is_empty(), "{:?}", found.skipped());
    // A repository's own folder is left out of a capture.
    let is_git = |path: &[u8]| path == b".git" || path.starts_with(b".git/");
    let wanted = capture.files().filter(|(path, _)| !is_git(path.as_bytes()));
    assert!(found.files().eq(wanted));
}

fn names(of: &Path) -> Vec<String> {
    let entries = fs::read_dir(of).expect("the directory is there");
    let name = |entry: io::Result<fs::DirEntry>| entry.expect("it can be read").file_name();
    entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect()
}

/// Gives a few bytes at a time, as a pipe may.
pub(crate) struct Slow<'a>(pub(crate) &'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(7);
        self.0.read(&mut into[..length])
    }
}
