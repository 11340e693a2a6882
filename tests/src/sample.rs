//! The sample shop: a small front-end repository with a real bug, kept in `fixtures/sample-shop`.
//!
//! A quantity that was typed stays text, so that one more of "1" mug makes "11" mugs. The
//! repository's own test shows it: it fails at the base commit and passes once fixed.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The file with the bug.
pub const BUGGY_FILE: &str = "src/cart.js";
/// The line that is wrong.
pub const BUGGY_LINE: &str = "    cart.set(id, value);";
/// The same line, right.
pub const FIXED_LINE: &str = "    cart.set(id, Number(value));";
/// The branch that the sample is on.
pub const BRANCH: &str = "main";
/// What the user wrote who met the bug.
pub const REPORT: &str = "I typed 1 for the mug, pressed +, and now there are 11 mugs in my \
     cart and the total says €132.00. I only wanted two!";

/// The folder that holds the sample's files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sample-shop")
}

/// The sample's files by path, sorted.
pub fn files() -> io::Result<Vec<(String, Vec<u8>)>> {
    files_below(&folder())
}

/// The files below a folder by their path in it, sorted.
fn files_below(root: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path
                .strip_prefix(root)
                .expect("it was found below the root")
                .to_str()
                .expect("the sample's names are ASCII")
                .to_owned();
            files.push((name, std::fs::read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// Makes a bare repository at `bare` whose branch [`BRANCH`] holds the sample in one commit, and
/// returns the commit's id: the same every time, for author and dates are fixed.
pub fn create_bare(bare: &Path) -> io::Result<String> {
    create_bare_of(bare, &folder())
}

/// The same for the files of any folder. Symlinks and modes are kept; ignore rules are not
/// obeyed.
pub fn create_bare_of(bare: &Path, folder: &Path) -> io::Result<String> {
    let at_bare = |args: &[&OsStr]| {
        let mut command = Command::new("git");
        command
            .arg("--git-dir")
            .arg(bare)
            .arg("--work-tree")
            .arg(folder)
            .args(args);
        run(command)
    };
    let words =
        |words: &str| -> Vec<std::ffi::OsString> { words.split(' ').map(Into::into).collect() };
    let at_bare = |line: &str| {
        let words = words(line);
        at_bare(&words.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    };
    let mut init = Command::new("git");
    init.args([
        "init",
        "--quiet",
        "--bare",
        "--template=",
        "--initial-branch",
        BRANCH,
    ])
    .arg(bare);
    run(init)?;
    // The index lives in the bare repository for as long as it takes to write the tree.
    at_bare("add --all --force .")?;
    at_bare("commit --quiet --no-verify --message Import")?;
    std::fs::remove_file(bare.join("index"))?;
    let head = at_bare("rev-parse HEAD")?;
    Ok(String::from_utf8_lossy(&head.stdout).trim().to_owned())
}

/// Runs git as nobody in particular: no configuration of this machine has a say.
fn run(mut command: Command) -> io::Result<Output> {
    const DATE: &str = "2026-03-02T09:00:00Z";
    let output = command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ana Shop")
        .env("GIT_AUTHOR_EMAIL", "ana@shop.test")
        .env("GIT_COMMITTER_NAME", "Ana Shop")
        .env("GIT_COMMITTER_EMAIL", "ana@shop.test")
        .env("GIT_AUTHOR_DATE", DATE)
        .env("GIT_COMMITTER_DATE", DATE)
        .output()?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(io::Error::other(format!("{command:?}: {said}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bug_is_in_the_sample_exactly_once() {
        let files = files().unwrap();
        let (_, cart) = files.iter().find(|(path, _)| path == BUGGY_FILE).unwrap();
        let cart = String::from_utf8(cart.clone()).unwrap();
        assert_eq!(cart.matches(BUGGY_LINE).count(), 1);
    }

    #[test]
    fn the_sample_becomes_the_same_commit_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = create_bare(&folder.path().join("a.git")).unwrap();
        let second = create_bare(&folder.path().join("b.git")).unwrap();
        assert_eq!(first, second);
        assert_eq!(first.len(), 40);
    }
}
