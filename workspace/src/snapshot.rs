//! A capture as a tar, and back.
//!
//! Invariant: equal captures give equal bytes. The files come in the order of their paths, all with
//! mode 0600, no owner and no time; there is nothing else in it.
//!
//! What is read may be anybody's: it is taken for a capture only if it could be one. A path that
//! leads elsewhere, a link, a device, a file that is there twice or too large, a tar without its end
//! is an error, and nothing of the rest is taken.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use tar::{Archive, Builder, Entry, EntryType, Header};

use crate::capture::Capture;
use crate::limits::{Exceeded, Limits, Tally};
use crate::packed::unpacked;
use crate::path::{BadPath, FilePath};

/// The mode of every file.
pub(crate) const MODE: u32 = 0o600;
/// What a header holds of a name; a longer one stands before it, under a name that says so.
const NAME_BYTES: usize = 100;
const LONG_NAME: &[u8] = b"././@LongLink";
/// What a tar may spend on one file besides its bytes: headers, a long name, what it is filled up with.
const OVERHEAD_BYTES: u64 = 8 * 1024;

/// A tar that is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum BadSnapshot {
    /// It is no tar, or ends in the middle.
    #[error("it cannot be read as a tar: {}", in_words(.0))]
    Tar(#[from] io::Error),
    /// It ends where another file could follow: whatever came after is lost.
    #[error("it is cut off: a tar's end is missing")]
    NoEnd,
    /// A path in it leads elsewhere.
    #[error(transparent)]
    Path(#[from] BadPath),
    /// Something in it is no file: a link, a device, a file without its holes.
    #[error("{0} is not an ordinary file")]
    NotAFile(FilePath),
    /// A file is there twice, or is both a file and a directory.
    #[error("{0} is there twice")]
    Twice(FilePath),
    /// See [`Limits::file_bytes`].
    #[error("{0} is larger than a file may be")]
    TooLarge(FilePath),
    /// There is too much in it.
    #[error(transparent)]
    TooMuch(#[from] Exceeded),
}

/// The library quotes the bytes that it could not read, which may be anything.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    if text.starts_with("numeric field") {
        return "there is something else where a file's header should be".to_owned();
    }
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Writes a snapshot.
pub fn write(capture: &Capture, to: impl Write) -> io::Result<()> {
    let mut tar = Builder::new(to);
    for (path, bytes) in capture.files() {
        append(&mut tar, path.as_bytes(), MODE, bytes)?;
    }
    tar.into_inner()?.flush()
}

/// One more file.
pub(crate) fn append(
    tar: &mut Builder<impl Write>,
    path: &[u8],
    mode: u32,
    bytes: &[u8],
) -> io::Result<()> {
    if path.len() > NAME_BYTES {
        // As GNU's tar does it. The library's own way refuses some names that are no text.
        let long = [path, b"\0"].concat();
        tar.append(
            &header(LONG_NAME, EntryType::GNULongName, MODE, &long),
            &*long,
        )?;
    }
    tar.append(&header(path, EntryType::Regular, mode, bytes), bytes)
}

/// A header with as much of a name as there is room for.
pub(crate) fn header(name: &[u8], kind: EntryType, mode: u32, bytes: &[u8]) -> Header {
    let mut header = Header::new_gnu();
    let name = &name[..name.len().min(NAME_BYTES)];
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    header
}

/// A snapshot in memory.
pub fn to_bytes(capture: &Capture) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(capture, &mut bytes).expect("memory takes every write");
    bytes
}

/// Reads a snapshot, or any tar that could be one, packed or not; directories in it are passed over.
pub fn read(from: impl Read, limits: &Limits) -> Result<Capture, BadSnapshot> {
    let mut tally = Tally::new(limits);
    let mut files = BTreeMap::new();
    // What is no file counts for nothing above, and costs memory all the same.
    let longest = limits.total_bytes + OVERHEAD_BYTES * (limits.files as u64 + 1);
    let mut from = Watched::new(unpacked(from)?.take(longest));
    for entry in Archive::new(&mut from).entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind == EntryType::Directory || kind == EntryType::XGlobalHeader {
            continue;
        }
        let name = entry.path_bytes();
        // As `tar` writes them when it is told to take `.`.
        let path = FilePath::parse(name.strip_prefix(b"./").unwrap_or(&name))?;
        let is_file = kind == EntryType::Regular || kind == EntryType::Continuous;
        if !is_file || has_holes(&mut entry)? {
            return Err(BadSnapshot::NotAFile(path));
        }
        if entry.size() > limits.file_bytes {
            return Err(BadSnapshot::TooLarge(path));
        }
        let size = usize::try_from(entry.size()).expect("it is below a limit");
        tally.add(size)?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if bytes.len() != size {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if files
            .insert(path.clone(), bytes.into_boxed_slice())
            .is_some()
        {
            return Err(BadSnapshot::Twice(path));
        }
    }
    if from.has_ended {
        return Err(BadSnapshot::NoEnd);
    }
    // What is packed says at its end whether it is whole.
    io::copy(&mut from, &mut io::sink())?;
    match file_above_a_file(&files) {
        Some(path) => Err(BadSnapshot::Twice(path)),
        None => Ok(Capture::from_parts(files, Vec::new())),
    }
}

/// Whether what is stored of a file is not what was in it: POSIX's way to leave holes out keeps the
/// type of an ordinary file, under another name.
fn has_holes(entry: &mut Entry<'_, impl Read>) -> io::Result<bool> {
    let Some(extensions) = entry.pax_extensions()? else {
        return Ok(false);
    };
    for extension in extensions {
        if extension?.key_bytes().starts_with(b"GNU.sparse.") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notices when there is nothing more to read. A tar says itself where it ends: whoever reads on and
/// finds nothing has a part of one.
struct Watched<R> {
    inner: R,
    has_ended: bool,
}

impl<R> Watched<R> {
    fn new(inner: R) -> Self {
        let has_ended = false;
        Self { inner, has_ended }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.has_ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

/// A file that would have to be a directory as well.
fn file_above_a_file(files: &BTreeMap<FilePath, Box<[u8]>>) -> Option<FilePath> {
    files.keys().find_map(|path| {
        let bytes = path.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        ends.map(|(end, _)| FilePath::parse(&bytes[..end]).expect("it is a part of a path"))
            .find(|above| files.contains_key(above))
    })
}

#[cfg(test)]
mod tests;
