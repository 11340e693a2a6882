//! The end of an inbox, before something is written behind it.
//!
//! A `write` that is under way when its process is killed may end in the middle of a line. Whoever
//! writes next would continue that line. So, under the lock, an inbox that does not end with a line
//! break is looked at again for a moment (a writer that does not lock may be about to finish), and then:
//! a last line that is complete but for its break gets it; anything else moves to `NAME.torn`. It was
//! acknowledged to nobody.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde::de::IgnoredAny;

/// A line cannot be longer: an event's payload is at most 1 MiB, in which every byte may become six.
const MAX_LINE_BYTES: u64 = 8 * 1024 * 1024;
const LOOKS: usize = 3;
/// How often somebody may write while the end is mended.
const TRIES: usize = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Makes the file end with a whole line.
pub(super) fn tail(file: &File, path: &Path) -> io::Result<()> {
    for look in 0..=LOOKS {
        let length = file.metadata()?.len();
        if length == 0 || byte_at(file, length - 1)? == b'\n' {
            return Ok(());
        }
        if look < LOOKS {
            sleep(BETWEEN_LOOKS);
        }
    }
    for _ in 0..TRIES {
        if is_mended(file, path)? {
            return Ok(());
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// Mends the end as it is now. Not done where somebody who does not lock wrote behind it meanwhile: what
/// they wrote is not to be cut off.
fn is_mended(file: &File, path: &Path) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(MAX_LINE_BYTES);
    let mut bytes = vec![0; usize::try_from(length - start).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, start)?;
    let line_start = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map(|at| at + 1);
    let line = match (line_start, start) {
        (Some(at), _) => &bytes[at..],
        (None, 0) => &bytes[..],
        // Longer than any line of ours: whatever it is, it stays.
        (None, _) => return end_line(file).map(|()| true),
    };
    if line.is_empty() {
        return Ok(true);
    }
    if serde_json::from_slice::<IgnoredAny>(line).is_ok() {
        return end_line(file).map(|()| true);
    }
    put_aside(line, path)?;
    if file.metadata()?.len() != length {
        return Ok(false);
    }
    tracing::warn!(inbox = %path.display(), bytes = line.len(), "an unfinished line was put aside");
    file.set_len(length - line.len() as u64)?;
    Ok(true)
}

fn byte_at(file: &File, offset: u64) -> io::Result<u8> {
    let mut byte = [0];
    // Cut off since its length was taken: then there is nothing to mend.
    match file.read_at(&mut byte, offset)? {
        0 => Ok(b'\n'),
        _ => Ok(byte[0]),
    }
}

fn end_line(mut file: &File) -> io::Result<()> {
    file.write_all(b"\n")
}

fn put_aside(line: &[u8], path: &Path) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".torn");
    let mut options = OpenOptions::new();
    let mut file = options.append(true).create(true).mode(0o600).open(name)?;
    file.write_all(&[line, b"\n"].concat())
}
