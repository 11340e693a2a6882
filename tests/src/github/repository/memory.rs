//! A repository in memory: the same refs, commits, trees and blobs under the very ids that git
//! gives them, without a process for each question.
//!
//! Invariant: what is asked of both, both answer alike; `tests/memory.rs` holds the two against
//! each other. They differ in what a simulation has no use for: here a hunk names no function, a
//! rename is a file that goes and one that comes, two changes to one file conflict however far
//! apart they are, and nothing can be cloned.

mod compare;
mod object;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use self::object::{commit_id, id_of, tree_id};
use super::{Commit, Entry, GitFailed, Person, Repository, text};

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    mode: String,
    oid: String,
}

/// A tree with all that is below it: files by their path from the root, in git's order.
type Files = BTreeMap<String, File>;

/// One change of a tree: a path, and the mode and the bytes it has from then on, if any.
pub(super) type Edit<'a> = (&'a str, Option<(&'a str, &'a [u8])>);

/// Refs and objects.
#[derive(Debug, Clone, Default)]
pub(super) struct Objects {
    refs: BTreeMap<String, String>,
    commits: BTreeMap<String, Commit>,
    trees: BTreeMap<String, Arc<Files>>,
    blobs: BTreeMap<String, Arc<[u8]>>,
}

/// A repository's objects, shared by whoever holds the repository.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Mutex<Objects>>);

impl Shared {
    pub(super) fn new(objects: Objects) -> Self {
        Self(Arc::new(Mutex::new(objects)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Objects {
    /// Everything that the branches of a repository hold. Panics where an id is not git's.
    pub(super) fn of(repository: &Repository) -> Result<Self, GitFailed> {
        let mut objects = Self::default();
        for (branch, head) in repository.branches() {
            let history = repository.git(["rev-list", "--reverse", &head, "--"])?;
            for oid in text(&history).lines() {
                let commit = repository.commit(oid);
                let commit = commit.ok_or_else(|| refused("log", "a commit that is not there"))?;
                let entries = repository.tree(oid, "", true);
                let oids: Vec<_> = entries.iter().map(|entry| entry.oid.as_str()).collect();
                for blob in repository.blobs(&oids)? {
                    objects.keep_blob(&blob);
                }
                let files = entries.into_iter().map(|entry| {
                    let Entry {
                        mode, oid, path, ..
                    } = entry;
                    (path, File { mode, oid })
                });
                assert_eq!(objects.keep_tree(files.collect()), commit.tree);
                assert_eq!(commit_id(&commit), oid);
                objects.commits.insert(oid.to_owned(), commit);
            }
            objects.refs.insert(format!("refs/heads/{branch}"), head);
        }
        Ok(objects)
    }

    /// The commit that a ref, a name or a whole id stands for.
    pub(super) fn resolve(&self, revision: &str) -> Option<String> {
        let forms = ["", "refs/", "refs/tags/", "refs/heads/"];
        let mut forms = forms.iter().map(|form| format!("{form}{revision}"));
        let by_ref = forms.find_map(|name| self.refs.get(&name).cloned());
        by_ref.or_else(|| self.commits.get(revision).map(|commit| commit.oid.clone()))
    }

    pub(super) fn has(&self, oid: &str) -> bool {
        self.commits.contains_key(oid)
            || self.trees.contains_key(oid)
            || self.blobs.contains_key(oid)
    }

    /// Points a ref at something, if it points at `old` now. No ref lies below another.
    pub(super) fn move_ref(
        &mut self,
        name: &str,
        new: &str,
        old: Option<&str>,
    ) -> Result<(), GitFailed> {
        let is_below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|it| it.starts_with('/'));
        let contends = |known: &&String| is_below(known, name) || is_below(name, known);
        if let Some(known) = self.refs.keys().find(contends) {
            return Err(refused("update-ref", &format!("'{known}' exists")));
        }
        self.is_at(name, old)?;
        self.refs.insert(name.to_owned(), new.to_owned());
        Ok(())
    }

    pub(super) fn delete_ref(&mut self, name: &str, old: &str) -> Result<(), GitFailed> {
        self.is_at(name, Some(old))?;
        self.refs.remove(name);
        Ok(())
    }

    fn is_at(&self, name: &str, expected: Option<&str>) -> Result<(), GitFailed> {
        let actual = self.refs.get(name).map(String::as_str);
        if actual == expected {
            return Ok(());
        }
        let why = format!("{name} is at {actual:?} but expected {expected:?}");
        Err(refused("update-ref", &why))
    }

    pub(super) fn branches(&self) -> Vec<(String, String)> {
        let branches = self.refs.iter();
        let named = |(name, oid): (&String, &String)| {
            let branch = name.strip_prefix("refs/heads/")?;
            Some((branch.to_owned(), oid.clone()))
        };
        branches.filter_map(named).collect()
    }

    pub(super) fn commit(&self, revision: &str) -> Option<Commit> {
        self.commits.get(&self.resolve(revision)?).cloned()
    }

    pub(super) fn commit_tree(
        &mut self,
        tree: &str,
        parents: &[&str],
        message: &str,
        (author, committer): (&Person, &Person),
        at: Timestamp,
    ) -> Result<String, GitFailed> {
        if !self.trees.contains_key(tree) {
            return Err(refused("commit-tree", "not a tree"));
        }
        let at = Timestamp::from_second(at.as_second()).expect("it was one with more digits");
        let signed = |it: &Person| [it.name.clone(), it.email.clone(), at.to_string()];
        let mut commit = Commit {
            oid: String::new(),
            tree: tree.to_owned(),
            parents: parents.iter().map(|oid| (*oid).to_owned()).collect(),
            author: signed(author),
            committer: signed(committer),
            message: message.to_owned(),
        };
        let oid = commit_id(&commit);
        commit.oid.clone_from(&oid);
        // As it is read again: git prints what it keeps and ends it with a line's end.
        let kept = message.trim_end_matches('\n');
        kept.clone_into(&mut commit.message);
        self.commits.insert(oid.clone(), commit);
        Ok(oid)
    }

    /// Everything below a path, or its direct children.
    pub(super) fn tree(&self, revision: &str, path: &str, recursive: bool) -> Vec<Entry> {
        let Some(files) = self.files(revision) else {
            return Vec::new();
        };
        let prefix = match path.trim_end_matches('/') {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let mut entries: Vec<Entry> = Vec::new();
        for (path, file) in files.iter().filter(|(path, _)| path.starts_with(&prefix)) {
            match path[prefix.len()..].split_once('/') {
                Some((folder, _)) if !recursive => {
                    let folder = format!("{prefix}{folder}");
                    if entries.last().is_none_or(|last| last.path != folder) {
                        entries.push(folder_entry(&files, &folder));
                    }
                }
                _ => entries.push(self.file_entry(path, file)),
            }
        }
        entries
    }

    pub(super) fn entry(&self, revision: &str, path: &str) -> Option<Entry> {
        let files = self.files(revision)?;
        if let Some(file) = files.get(path) {
            return Some(self.file_entry(path, file));
        }
        let below = format!("{path}/");
        let is_folder = files.keys().any(|file| file.starts_with(&below));
        is_folder.then(|| folder_entry(&files, path))
    }

    pub(super) fn blob(&self, oid: &str) -> Result<Vec<u8>, GitFailed> {
        let blob = self.blobs.get(oid).map(|bytes| bytes.to_vec());
        blob.ok_or_else(|| refused("cat-file", "bad file"))
    }

    /// The tree of a commit with these changes.
    pub(super) fn edited_tree(
        &mut self,
        head: &str,
        edits: &[Edit<'_>],
    ) -> Result<String, GitFailed> {
        let files = self
            .files(head)
            .ok_or_else(|| refused("read-tree", "not a tree"))?;
        let mut files = Files::clone(&files);
        for (path, edit) in edits {
            match edit {
                None => {
                    files.remove(*path);
                }
                Some((mode, bytes)) => {
                    let oid = self.keep_blob(bytes);
                    let mode = (*mode).to_owned();
                    files.insert((*path).to_owned(), File { mode, oid });
                }
            }
        }
        Ok(self.keep_tree(files))
    }

    fn files(&self, revision: &str) -> Option<Arc<Files>> {
        let commit = self.commits.get(&self.resolve(revision)?)?;
        self.trees.get(&commit.tree).cloned()
    }

    fn keep_blob(&mut self, bytes: &[u8]) -> String {
        let oid = id_of("blob", bytes);
        self.blobs.insert(oid.clone(), bytes.into());
        oid
    }

    fn keep_tree(&mut self, files: Files) -> String {
        let oid = tree_id(&files, "");
        self.trees.insert(oid.clone(), Arc::new(files));
        oid
    }

    fn file_entry(&self, path: &str, file: &File) -> Entry {
        let size = self.blobs.get(&file.oid).map(|bytes| bytes.len() as u64);
        Entry {
            mode: file.mode.clone(),
            oid: file.oid.clone(),
            size,
            path: path.to_owned(),
        }
    }
}

fn folder_entry(files: &Files, folder: &str) -> Entry {
    Entry {
        mode: "040000".to_owned(),
        oid: tree_id(files, &format!("{folder}/")),
        size: None,
        path: folder.to_owned(),
    }
}

/// Whether a full ref has a form that git takes.
/// <https://git-scm.com/docs/git-check-ref-format>
pub(super) fn is_ref_name(name: &str) -> bool {
    let is_bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    let is_part = |part: &str| {
        let ends_as_a_lock = part.as_bytes().ends_with(b".lock");
        !part.is_empty() && !part.starts_with('.') && !ends_as_a_lock
    };
    name.contains('/')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(is_bad)
        && name.split('/').all(is_part)
}

pub(super) fn refused(command: &str, why: &str) -> GitFailed {
    GitFailed {
        command: command.to_owned(),
        stderr: why.to_owned(),
    }
}
