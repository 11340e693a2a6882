//! The path of a file below a root.
//!
//! Invariant: it names something below the root and never the root or anything beside it: no empty
//! name, no `.` and `..`, no slash in front. Beyond that any bytes will do, as in Linux.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The kernel's limit of one name.
const MAX_NAME_BYTES: usize = 255;
/// The kernel's limit of a path; a tree that is entered name by name could be deeper.
const MAX_PATH_BYTES: usize = 4096;

/// The path of a file below a root, in bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(Box<[u8]>);

/// Bytes that are no path of a file below a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{:?} names no file below a directory: {why}", String::from_utf8_lossy(.bytes))]
pub struct BadPath {
    bytes: Vec<u8>,
    why: &'static str,
}

impl FilePath {
    /// Reads one.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadPath> {
        let bad = |why| {
            Err(BadPath {
                // An error is not to be as long as what somebody sends.
                bytes: bytes[..bytes.len().min(MAX_NAME_BYTES)].to_vec(),
                why,
            })
        };
        if bytes.len() > MAX_PATH_BYTES {
            return bad("it is too long");
        }
        if bytes.contains(&0) {
            return bad("there is a zero byte in it");
        }
        for name in bytes.split(|byte| *byte == b'/') {
            match name {
                b"" => return bad("a name in it is empty"),
                b"." | b".." => return bad("it leads elsewhere"),
                name if name.len() > MAX_NAME_BYTES => return bad("a name in it is too long"),
                _ => {}
            }
        }
        Ok(Self(bytes.into()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same, for the system's calls.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// Its names, from the root on.
    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.split(|byte| *byte == b'/').map(OsStr::from_bytes)
    }
}

/// For people: on one line, whatever is in it.
impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || c == '\\' || turns_the_line(c) {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    write!(f, "{c}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Separators of lines, and the marks that make what follows appear in another order.
fn turns_the_line(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Debug for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_name_a_file() {
        for path in [
            &b"a"[..],
            b"a/b.c",
            b"...",
            b"\xff\xfe/\n",
            b"-rf",
            b" ",
            b"a\\..\\b",
        ] {
            assert_eq!(FilePath::parse(path).unwrap().as_bytes(), path);
        }
    }

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        for path in [
            &b""[..],
            b"/",
            b"/etc/passwd",
            b"a/",
            b"a//b",
            b".",
            b"..",
            b"a/../b",
            b"./a",
            b"a/.",
            b"a\0b",
        ] {
            FilePath::parse(path).unwrap_err();
        }
        FilePath::parse(&[b'a'; 256]).unwrap_err();
        FilePath::parse("a/".repeat(3000).as_bytes()).unwrap_err();
    }

    #[test]
    fn a_path_is_shown_on_one_line_in_its_own_order() {
        let shown = |bytes: &[u8]| FilePath::parse(bytes).unwrap().to_string();
        assert_eq!(shown("ü/a b".as_bytes()), "ü/a b");
        assert_eq!(shown(b"a\nb\x1b[2J\xff\\"), "a\\nb\\u{1b}[2J\\xff\\\\");
        let turned = "photo\u{202e}gpj.sh\u{2028}x";
        assert_eq!(shown(turned.as_bytes()), "photo\\u{202e}gpj.sh\\u{2028}x");
    }
}
