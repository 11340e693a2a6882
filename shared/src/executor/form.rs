//! How a crash report's tar travels: packed, from executors that can.
//!
//! A form is a media type of its own and no `Content-Encoding`: whoever carries an answer may take
//! that one off on the way, and what is limited is what is carried.

use super::CrashReport;

/// A form of a tar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Tar,
    /// In the gzip format.
    Gzip,
}

impl Form {
    /// What to accept, or what an answer is.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Tar => "application/x-tar",
            Self::Gzip => "application/gzip",
        }
    }

    /// How the name of a file of this form ends.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Gzip => "tar.gz",
        }
    }

    /// What is meant by an `Accept` header. Older callers name the tar, and get it.
    pub fn accepted(accept: &[u8]) -> Self {
        if accept == Self::Gzip.media_type().as_bytes() {
            Self::Gzip
        } else {
            Self::Tar
        }
    }
}

impl CrashReport {
    /// The form in which its executor is asked for it.
    pub fn form(&self) -> Form {
        match self.packed_bytes {
            Some(_) => Form::Gzip,
            None => Form::Tar,
        }
    }

    /// How many bytes are carried then.
    pub fn carried_bytes(&self) -> u64 {
        self.packed_bytes.unwrap_or(self.size_bytes)
    }
}
