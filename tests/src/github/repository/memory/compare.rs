//! What two commits have in common, and in what they differ.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use super::{File, Files, Objects};
use crate::github::repository::Stat;

/// How a file differs: what it was, and what it is.
type Pair<'a> = (Option<&'a File>, Option<&'a File>);

impl Objects {
    /// The commits that `head` has and `base` has not, oldest first.
    pub(in super::super) fn commits_between(&self, base: &str, head: &str) -> Vec<String> {
        let (Some(base), Some(head)) = (self.resolve(base), self.resolve(head)) else {
            return Vec::new();
        };
        let known: BTreeSet<_> = self.history(&base).into_iter().collect();
        let mut between = self.history(&head);
        between.retain(|oid| !known.contains(oid));
        between.reverse();
        between
    }

    /// Where two commits parted.
    pub(in super::super) fn merge_base(&self, a: &str, b: &str) -> Option<String> {
        let of_a: BTreeSet<_> = self.history(&self.resolve(a)?).into_iter().collect();
        let of_b = self.history(&self.resolve(b)?);
        of_b.into_iter().find(|oid| of_a.contains(oid))
    }

    /// A commit and all before it, nearest first.
    fn history(&self, head: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut next = VecDeque::from([head.to_owned()]);
        while let Some(oid) = next.pop_front() {
            if found.contains(&oid) {
                continue;
            }
            let parents = self.commits.get(&oid).map(|commit| &commit.parents);
            next.extend(parents.into_iter().flatten().cloned());
            found.push(oid);
        }
        found
    }

    /// The tree of a merge of two commits, unless both changed the same file.
    pub(in super::super) fn merged_tree(&mut self, base: &str, head: &str) -> Option<String> {
        let origin = self.files(&self.merge_base(base, head)?)?;
        let (ours, theirs) = (self.files(base)?, self.files(head)?);
        let mut merged = Files::clone(&ours);
        for (path, (before, after)) in differing(&origin, &theirs) {
            match (ours.get(path), after) {
                (mine, _) if mine == after => {}
                (mine, _) if mine != before => return None,
                (_, Some(file)) => {
                    merged.insert(path.to_owned(), file.clone());
                }
                (_, None) => {
                    merged.remove(path);
                }
            }
        }
        Some(self.keep_tree(merged))
    }

    /// The difference file by file, from where the two parted.
    pub(in super::super) fn stats(&self, base: &str, head: &str) -> Vec<Stat> {
        let Some((before, after)) = self.sides(base, head) else {
            return Vec::new();
        };
        let differing = differing(&before, &after).into_iter();
        differing
            .map(|(path, pair)| {
                let (additions, deletions) = self.counts(pair);
                let status = match pair {
                    (None, _) => 'A',
                    (_, None) => 'D',
                    (Some(old), Some(new)) if old.mode[..2] != new.mode[..2] => 'T',
                    _ => 'M',
                };
                Stat {
                    status,
                    path: path.to_owned(),
                    previous: None,
                    additions,
                    deletions,
                }
            })
            .collect()
    }

    /// The hunks of one file.
    pub(in super::super) fn patch(&self, base: &str, head: &str, path: &str) -> String {
        let Some((before, after)) = self.sides(base, head) else {
            return String::new();
        };
        let hunks = self.hunks((before.get(path), after.get(path)));
        hunks.trim_end_matches('\n').to_owned()
    }

    /// The difference as `git diff` prints it.
    pub(in super::super) fn diff(&self, base: &str, head: &str) -> Option<String> {
        let (before, after) = self.sides(base, head)?;
        let mut text = String::new();
        for (path, (old, new)) in differing(&before, &after) {
            let short = |file: Option<&File>| file.map_or("0000000", |it| &it.oid[..7]).to_owned();
            let (old_side, new_side) = (format!("a/{path}"), format!("b/{path}"));
            let _ = writeln!(text, "diff --git {old_side} {new_side}");
            let ids = format!("index {}..{}", short(old), short(new));
            let _ = match (old, new) {
                (None, Some(new)) => writeln!(text, "new file mode {}\n{ids}", new.mode),
                (Some(old), None) => writeln!(text, "deleted file mode {}\n{ids}", old.mode),
                (Some(old), Some(new)) if old.mode == new.mode => {
                    writeln!(text, "{ids} {}", new.mode)
                }
                (old, new) => {
                    let mode = |file: Option<&File>| file.map_or("", |it| &it.mode).to_owned();
                    let (old, new) = (mode(old), mode(new));
                    writeln!(text, "old mode {old}\nnew mode {new}\n{ids}")
                }
            };
            let hunks = self.hunks((old, new));
            if !hunks.is_empty() {
                let side =
                    |file: Option<&File>, name: &str| file.map_or("/dev/null", |_| name).to_owned();
                let (old, new) = (side(old, &old_side), side(new, &new_side));
                let _ = write!(text, "--- {old}\n+++ {new}\n{hunks}");
            }
        }
        Some(text)
    }

    /// The files where the two parted, and those of `head`.
    fn sides(&self, base: &str, head: &str) -> Option<(Arc<Files>, Arc<Files>)> {
        let origin = self.merge_base(base, head)?;
        Some((self.files(&origin)?, self.files(head)?))
    }

    fn texts(&self, (old, new): Pair<'_>) -> (String, String) {
        let text = |file: Option<&File>| {
            let bytes = file.and_then(|file| self.blobs.get(&file.oid));
            bytes.map_or_else(String::new, |it| String::from_utf8_lossy(it).into_owned())
        };
        (text(old), text(new))
    }

    fn counts(&self, pair: Pair<'_>) -> (u64, u64) {
        let (old, new) = self.texts(pair);
        if is_binary(&old) || is_binary(&new) {
            return (0, 0);
        }
        let mut counts = (0, 0);
        for change in TextDiff::from_lines(&old, &new).iter_all_changes() {
            match change.tag() {
                ChangeTag::Insert => counts.0 += 1,
                ChangeTag::Delete => counts.1 += 1,
                ChangeTag::Equal => {}
            }
        }
        counts
    }

    fn hunks(&self, pair: Pair<'_>) -> String {
        let (old, new) = self.texts(pair);
        if is_binary(&old) || is_binary(&new) {
            return String::new();
        }
        TextDiff::from_lines(&old, &new).unified_diff().to_string()
    }
}

/// The paths whose files are not the same, in git's order.
fn differing<'a>(before: &'a Files, after: &'a Files) -> BTreeMap<&'a str, Pair<'a>> {
    let paths = before.keys().chain(after.keys());
    let pairs = paths.map(|path| (path.as_str(), (before.get(path), after.get(path))));
    pairs.filter(|(_, (old, new))| old != new).collect()
}

fn is_binary(text: &str) -> bool {
    text.contains('\0')
}
