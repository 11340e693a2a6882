//! How much there may be of everything.

/// A larger file is left out of a capture: it is no source.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Four times the files of a large application, without what it installs.
const MAX_FILES: usize = 50_000;
/// What a capture may hold in memory.
const MAX_TOTAL_BYTES: u64 = 256 * 1024 * 1024;
/// Directories in directories. Each level costs a descriptor while it is read.
const MAX_DEPTH: usize = 64;

/// The limits of one tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file. A larger one is left out, and named.
    pub file_bytes: u64,
    /// Files in all. More of them is an error: half a tree would pass for a whole one.
    pub files: usize,
    /// Bytes in all. More of them is an error.
    pub total_bytes: u64,
    /// Directories in directories. What is deeper is left out, and named.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: MAX_FILE_BYTES,
            files: MAX_FILES,
            total_bytes: MAX_TOTAL_BYTES,
            depth: MAX_DEPTH,
        }
    }
}

/// A tree is larger than its limits allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// See [`Limits::files`].
    #[error("there are more than {0} files")]
    Files(usize),
    /// See [`Limits::total_bytes`].
    #[error("the files have more than {0} bytes in all")]
    TotalBytes(u64),
}

/// What was counted so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    limits: Limits,
    files: usize,
    bytes: u64,
}

impl Tally {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            files: 0,
            bytes: 0,
        }
    }

    /// One more file of this size.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.files += 1;
        self.bytes += bytes as u64;
        if self.files > self.limits.files {
            return Err(Exceeded::Files(self.limits.files));
        }
        if self.bytes > self.limits.total_bytes {
            return Err(Exceeded::TotalBytes(self.limits.total_bytes));
        }
        Ok(())
    }
}
