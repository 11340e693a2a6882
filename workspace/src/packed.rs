//! Snapshots in the gzip format, which is how they travel.
//!
//! Invariant: equal bytes are packed to equal bytes; no time and no name is written along.

use std::io::{self, BufRead, Cursor, Read};

use flate2::bufread::GzEncoder;
use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};

/// What a gzip file with one known method begins with.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// A tar's first header says what it is, whatever the name that it begins with.
const HEADER_BYTES: u64 = 512;
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");
/// What people give us for a tar, and what would make it one.
const OTHERS: [(&[u8], &str); 5] = [
    (
        b"STIM",
        "it is a sealed bundle, which has to be opened first",
    ),
    (b"PK\x03\x04", "it is a zip file"),
    (
        b"\x28\xb5\x2f\xfd",
        "it is packed with zstd: unpack it first",
    ),
    (b"\xfd7zXZ\0", "it is packed with xz: unpack it first"),
    (b"BZh", "it is packed with bzip2: unpack it first"),
];

/// What `from` holds, packed. Bytes are read as they are asked for.
pub fn pack<R: BufRead>(from: R) -> GzEncoder<R> {
    // The library writes no time, no name and no system unless it is given one.
    GzBuilder::new().buf_read(from, Compression::default())
}

/// How many bytes there are of `from` when they are packed.
pub fn packed_bytes(from: impl BufRead) -> io::Result<u64> {
    io::copy(&mut pack(from), &mut io::sink())
}

/// What `from` holds, unpacked if it is packed.
pub(crate) fn unpacked<'a>(mut from: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::new();
    from.by_ref().take(HEADER_BYTES).read_to_end(&mut head)?;
    let (at, magic) = TAR_MAGIC;
    let is_tar = head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let is_packed = head.starts_with(&MAGIC) && !is_tar;
    let other = OTHERS.iter().find(|(magic, _)| head.starts_with(magic));
    if let (Some((_, what)), false) = (other, is_tar) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, *what));
    }
    let whole = Cursor::new(head).chain(from);
    Ok(if is_packed {
        Box::new(MultiGzDecoder::new(whole))
    } else {
        Box::new(whole)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::snapshot::{self, BadSnapshot};
    use crate::{Capture, FilePath, Limits};

    fn capture(files: &[(&[u8], usize)]) -> Capture {
        let file = |(path, size): &(&[u8], usize)| {
            let path = FilePath::parse(path).unwrap();
            (path, vec![b'x'; *size].into_boxed_slice())
        };
        Capture::from_parts(files.iter().map(file).collect(), Vec::new())
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        pack(bytes).read_to_end(&mut all).unwrap();
        all
    }

    fn read(bytes: &[u8]) -> Result<Capture, BadSnapshot> {
        snapshot::read(bytes, &Limits::default())
    }

    #[test]
    fn a_packed_snapshot_is_read_as_the_snapshot() {
        // A name may begin with any bytes, those of a packed file among them.
        for name in [&b"src/a"[..], b"\x1f\x8b\x08", b"\x1f\x8b\x08\x01\xffx"] {
            let capture = capture(&[(name, 100_000), (b"z", 0)]);
            let tar = snapshot::to_bytes(&capture);
            let packed = packed(&tar);
            assert!(packed.len() < tar.len() / 10);
            assert_eq!(packed_bytes(tar.as_slice()).unwrap(), packed.len() as u64);
            assert_eq!(read(&packed).unwrap(), capture);
            assert_eq!(read(&tar).unwrap(), capture);
        }
    }

    #[test]
    fn what_is_no_tar_but_something_known_is_called_by_its_name() {
        for (bytes, word) in [
            (&b"STIM\x02\0\0\0\x05"[..], "sealed bundle"),
            (b"PK\x03\x04\x14", "zip"),
            (b"\x28\xb5\x2f\xfd\x04", "zstd"),
            (b"\xfd7zXZ\0\0", "xz"),
            (b"BZh91AY", "bzip2"),
        ] {
            let refused = read(bytes).unwrap_err().to_string();
            assert!(refused.contains(word), "{refused}");
        }
        // A file's name may begin so too.
        let capture = capture(&[(b"BZh", 3), (b"STIM", 1)]);
        assert_eq!(read(&snapshot::to_bytes(&capture)).unwrap(), capture);
    }

    #[test]
    fn equal_bytes_are_packed_to_equal_bytes_without_a_time() {
        let bytes = packed(b"mugs");
        // Flags, time, and an unknown system: RFC 1952, 2.3.
        assert_eq!(bytes[3..8], [0; 5]);
        assert_eq!(bytes[9], 255);
        assert_eq!(bytes, packed(b"mugs"));
    }

    #[test]
    fn gzip_reads_what_we_pack_and_we_read_what_gzip_packs() {
        let capture = capture(&[(b"a", 70_000)]);
        let tar = snapshot::to_bytes(&capture);
        let through = |word: &str, bytes: Vec<u8>| {
            let mut gzip = Command::new("gzip");
            let gzip = gzip.arg(word).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut gzip = gzip.spawn().unwrap();
            gzip.stdin.take().unwrap().write_all(&bytes).unwrap();
            let done = gzip.wait_with_output().unwrap();
            assert!(done.status.success(), "{done:?}");
            done.stdout
        };
        assert_eq!(through("-dc", packed(&tar)), tar);
        assert_eq!(read(&through("-c", tar)).unwrap(), capture);
    }

    #[test]
    fn what_was_cut_off_or_changed_is_refused() {
        let packed = packed(&snapshot::to_bytes(&capture(&[(b"a", 3000)])));
        for length in [
            600.min(packed.len() - 1),
            packed.len() - 8,
            packed.len() - 1,
        ] {
            assert!(read(&packed[..length]).is_err(), "{length}");
        }
        // The sum at the end, which no file needs.
        let mut changed = packed.clone();
        let last = changed.len() - 8;
        changed[last] ^= 1;
        assert!(read(&changed).is_err());
    }

    #[test]
    fn what_is_packed_small_and_is_large_is_refused() {
        let tar = snapshot::to_bytes(&capture(&[(b"a", 40), (b"b", 2_000_000)]));
        let refused = read(&packed(&tar));
        assert!(
            matches!(refused, Err(BadSnapshot::TooLarge(_))),
            "{refused:?}"
        );
        // Nothing of it is a file, and it does not end.
        let longest = Limits {
            total_bytes: 1000,
            files: 1,
            ..Limits::default()
        };
        let mut endless = packed(&snapshot::to_bytes(&capture(&[])));
        endless.extend(packed(&vec![0; 50_000_000]));
        // Whoever read to the end would notice.
        endless.truncate(endless.len() - 8);
        let read = snapshot::read(endless.as_slice(), &longest);
        assert_eq!(read.unwrap().len(), 0, "the rest is not read");
    }
}
