//! The files of a commit, and writing them down without git's checkout.
//!
//! Invariant: what is written is exactly the blobs' bytes, into regular files, below the given
//! directory. A symlink becomes a file that holds its target, so that nothing in the working
//! directory leads out of it; a submodule becomes an empty directory.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use shared::id::CommitId;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::ChildStdout;

use crate::git::{self, Git, GitFailed, Group};

/// The largest repository that is taken, in files and in bytes of one commit.
const MAX_ENTRIES: usize = 200_000;
const MAX_TREE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What is at a path in the base commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its git mode, in the form that git writes today (`100644`, not `100664`).
    pub mode: &'static str,
    /// Its object's id.
    pub oid: String,
    /// Its length; 0 for a submodule.
    pub size: u64,
}

/// All files of a commit by path.
pub type Tree = BTreeMap<Vec<u8>, Entry>;

/// Lists a commit.
pub async fn list(git: &Git, commit: &CommitId) -> Result<Tree, GitFailed> {
    let command = git.command(&["ls-tree", "-r", "-l", "-z", "--full-tree", commit.as_str()]);
    let listing = git::output(command).await?;
    let mut tree = Tree::new();
    let lines = listing.split(|byte| *byte == 0);
    for line in lines.filter(|line| !line.is_empty()) {
        let (path, entry) =
            parse_line(line).ok_or_else(|| GitFailed("git's listing is unreadable".to_owned()))?;
        check_path(&path)?;
        tree.insert(path, entry);
    }
    let bytes: u64 = tree.values().map(|entry| entry.size).sum();
    if tree.len() > MAX_ENTRIES || bytes > MAX_TREE_BYTES {
        let files = tree.len();
        return Err(GitFailed(format!(
            "the repository is too large: {files} files, {bytes} bytes"
        )));
    }
    Ok(tree)
}

/// `<mode> SP <type> SP <oid> SP+ <size or -> TAB <path>`
fn parse_line(line: &[u8]) -> Option<(Vec<u8>, Entry)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let meta = std::str::from_utf8(&line[..tab]).ok()?;
    let mut fields = meta.split_ascii_whitespace();
    let (mode, _, oid, size) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let mode = match mode {
        "100755" => "100755",
        "120000" => "120000",
        "160000" => "160000",
        other if other.starts_with("100") => "100644",
        _ => return None,
    };
    let size = if size == "-" { 0 } else { size.parse().ok()? };
    Some((
        line[tab + 1..].to_vec(),
        Entry {
            mode,
            oid: oid.to_owned(),
            size,
        },
    ))
}

/// A tree object can hold any name; these would lead elsewhere, or into a git directory.
fn check_path(path: &[u8]) -> Result<(), GitFailed> {
    let bad_part = |part: &[u8]| {
        part.is_empty() || part == b"." || part == b".." || part.eq_ignore_ascii_case(b".git")
    };
    if path.split(|byte| *byte == b'/').any(bad_part) {
        let path = String::from_utf8_lossy(path);
        return Err(GitFailed(format!(
            "the repository holds an unsafe path: {path:?}"
        )));
    }
    Ok(())
}

/// Writes the files of a tree below `directory`, which is empty.
pub async fn write(git: &Git, tree: &Tree, directory: &Path) -> Result<(), GitFailed> {
    let failed = |error: io::Error| GitFailed(format!("cannot write the files: {error}"));
    let mut command = git.command(&["cat-file", "--batch", "--buffer"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let group = Group::of(&child);
    let mut stdin = child.stdin.take().expect("it is piped");
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));

    let blobs = || tree.values().filter(|entry| entry.mode != "160000");
    let mut asked = String::new();
    for entry in blobs() {
        asked.push_str(&entry.oid);
        asked.push('\n');
    }
    let ask = async move {
        stdin.write_all(asked.as_bytes()).await?;
        stdin.shutdown().await
    };
    let take = async {
        for (path, entry) in tree {
            let target = directory.join(path_of(path));
            if entry.mode == "160000" {
                std::fs::create_dir_all(&target)?;
                continue;
            }
            let mut file = create(&target, entry.mode == "100755")?;
            copy_blob(&mut stdout, entry, &mut file).await?;
        }
        Ok(())
    };
    let (asked, taken) = tokio::join!(ask, take);
    taken.and(asked).map_err(failed)?;
    drop(stdout);
    let _ = child.wait().await;
    group.disarm();
    Ok(())
}

/// `<oid> SP <type> SP <size> LF <contents> LF`
async fn copy_blob(
    from: &mut BufReader<ChildStdout>,
    entry: &Entry,
    to: &mut File,
) -> io::Result<()> {
    let mut header = String::new();
    from.read_line(&mut header).await?;
    if header.trim_end() != format!("{} blob {}", entry.oid, entry.size) {
        return Err(io::Error::other(format!("git has no blob {}", entry.oid)));
    }
    let mut left = entry.size;
    let mut buffer = vec![0; 64 * 1024];
    while left > 0 {
        let want = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let got = from.read(&mut buffer[..want]).await?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.write_all(&buffer[..got])?;
        left -= got as u64;
    }
    from.read_u8().await.map(drop)
}

/// A new file, in directories that are made as needed. Nothing that exists is opened, so that
/// two names of a tree that fall together are an error, not an overwrite.
pub fn create(path: &Path, executable: bool) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mode = if executable { 0o755 } else { 0o644 };
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

/// The bytes of a path as a path.
pub fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// The path as it may be written to, if it is safe.
pub fn safe_path(path: &str) -> Result<PathBuf, GitFailed> {
    check_path(path.as_bytes())?;
    if path.contains('\0') {
        return Err(GitFailed("a path holds a NUL".to_owned()));
    }
    Ok(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_with_its_odd_lines() {
        let line = |text: &str| parse_line(text.as_bytes());
        let oid = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let (path, entry) = line(&format!("100664 blob {oid}      12\tsrc/a b\n.js")).unwrap();
        assert_eq!(path, b"src/a b\n.js");
        assert_eq!((entry.mode, entry.size), ("100644", 12));
        let (_, module) = line(&format!("160000 commit {oid}       -\tlib")).unwrap();
        assert_eq!((module.mode, module.size), ("160000", 0));
        assert_eq!(line("100644 blob"), None);
        assert_eq!(line(&format!("040000 tree {oid} -\tsrc")), None);
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for good in ["a", "src/a.js", ".gitignore", "a..b", ".github/x"] {
            safe_path(good).unwrap();
        }
        for bad in [
            "",
            "/a",
            "a//b",
            "../a",
            "a/..",
            "./a",
            ".git/config",
            "a/.GIT/hooks/x",
            "a\0",
        ] {
            safe_path(bad).unwrap_err();
        }
    }
}
