//! The sample shop: a small front-end repository with a real bug, kept in `fixtures/sample-shop`.
//!
//! A quantity that was typed stays text, so that one more of "1" mug makes "11" mugs. The
//! repository's own test shows it: it fails at the base commit and passes once fixed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stack::program;

/// The file with the bug.
pub const BUGGY_FILE: &str = "src/cart.js";
/// The line that is wrong.
pub const BUGGY_LINE: &str = "    cart.set(id, value);";
/// The same line, right.
pub const FIXED_LINE: &str = "    cart.set(id, Number(value));";
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

/// Whether the sample's own tests pass in a checkout of it.
pub fn tests_pass(checkout: &Path) -> io::Result<bool> {
    let output = Command::new(program("node"))
        .arg("--test")
        .current_dir(checkout)
        // Set when this process is itself a test of node's.
        .env_remove("NODE_TEST_CONTEXT")
        .output()?;
    Ok(output.status.success())
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
}
