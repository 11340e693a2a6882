//! A directory tree, read into memory.
//!
//! Invariants:
//! - The directory's owner may do to it what they like meanwhile. Every name is opened below an open
//!   directory and without following a link, so that what is read is below the root; what is opened
//!   is a regular file, or it is not read.
//! - What is in a capture was in one file at one time: a file that changes while it is read is read
//!   again, and left out if it does not come to rest.
//! - What is left out is named, with why.
//!
//! Left out without a word: a `.git` in the root. Directories are in a capture only through the files
//! in them; modes, owners and times are not in it.

mod walk;

use std::collections::BTreeMap;
use std::path::Path;

use crate::limits::{Exceeded, Limits};
use crate::path::FilePath;

/// The files of a directory tree, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capture {
    files: BTreeMap<FilePath, Box<[u8]>>,
    skipped: Vec<Skipped>,
}

/// What is left out of a capture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// What it is.
    pub path: FilePath,
    /// Why.
    pub why: Why,
}

/// Why something is left out of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Why {
    /// See [`Limits::file_bytes`].
    #[error("larger than a file may be")]
    TooLarge,
    /// See [`Limits::depth`].
    #[error("deeper than directories may be")]
    TooDeep,
    /// A symbolic link.
    #[error("a link")]
    Link,
    /// A pipe, a socket, a device.
    #[error("not a file")]
    Special,
    /// It cannot be read.
    #[error("cannot be read")]
    Unreadable,
    /// It was there and is not any more.
    #[error("vanished")]
    Vanished,
    /// It went on changing.
    #[error("changed while it was read")]
    Unsteady,
}

/// A capture that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CaptureFailed {
    /// The root is not there, is no directory, or cannot be read.
    #[error("the directory cannot be read: {0}")]
    Root(#[source] std::io::Error),
    /// There is too much in it.
    #[error(transparent)]
    TooMuch(#[from] Exceeded),
}

impl Capture {
    /// Reads a directory. Its own path may lead over links.
    pub fn of(root: &Path, limits: &Limits) -> Result<Self, CaptureFailed> {
        walk::walk(root, limits)
    }

    pub(crate) fn from_parts(
        files: BTreeMap<FilePath, Box<[u8]>>,
        mut skipped: Vec<Skipped>,
    ) -> Self {
        skipped.sort();
        Self { files, skipped }
    }

    /// The files, in the order of their paths.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&FilePath, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path, &**bytes))
    }

    /// A file.
    pub fn get(&self, path: &FilePath) -> Option<&[u8]> {
        self.files.get(path).map(|bytes| &**bytes)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|bytes| bytes.len() as u64).sum()
    }

    /// What is left out, in the order of the paths.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}

#[cfg(test)]
mod tests;
