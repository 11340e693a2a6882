//! The ids of objects: the SHA-1 of what git would store.
//! <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>

use std::fmt::Write as _;

use jiff::Timestamp;
use sha1::{Digest as _, Sha1};

use super::Files;
use crate::github::repository::Commit;

pub(super) fn id_of(kind: &str, bytes: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", bytes.len()));
    hash.update(bytes);
    hex::encode(hash.finalize())
}

/// The id of the tree of those files whose paths begin with `prefix`: empty, or a folder with its
/// slash.
pub(super) fn tree_id(files: &Files, prefix: &str) -> String {
    // Files come in git's order, in which a folder is sorted as if its name ended with a slash.
    let mut tree = Vec::new();
    let mut entry = |mode: &str, name: &str, oid: &str| {
        tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        tree.extend_from_slice(&hex::decode(oid).expect("an id is hexadecimal"));
    };
    let mut done = None;
    for (path, file) in files.iter().filter(|(path, _)| path.starts_with(prefix)) {
        match path[prefix.len()..].split_once('/') {
            None => entry(&file.mode, &path[prefix.len()..], &file.oid),
            Some((folder, _)) if done == Some(folder) => {}
            Some((folder, _)) => {
                done = Some(folder);
                let below = tree_id(files, &format!("{prefix}{folder}/"));
                entry("40000", folder, &below);
            }
        }
    }
    id_of("tree", &tree)
}

/// The id of a commit, as if its own were not there yet.
pub(super) fn commit_id(commit: &Commit) -> String {
    let mut text = format!("tree {}\n", commit.tree);
    for parent in &commit.parents {
        let _ = writeln!(text, "parent {parent}");
    }
    for (role, [name, email, at]) in [("author", &commit.author), ("committer", &commit.committer)]
    {
        let at: Timestamp = at.parse().expect("a commit's time is one");
        let _ = writeln!(text, "{role} {name} <{email}> {} +0000", at.as_second());
    }
    let _ = write!(text, "\n{}", commit.message);
    id_of("commit", text.as_bytes())
}
