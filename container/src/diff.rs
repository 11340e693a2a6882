//! What the agent changed: the working directory compared with the base commit, file by file.
//!
//! Invariant: nothing in the working directory is interpreted. There is no git in it as far as
//! we are concerned: a `.git` that appeared is reported, not obeyed; attributes, ignore rules and
//! configuration have no say. Every directory is opened relative to its parent and no symlink is
//! ever followed, so that the result cannot hold a byte from elsewhere, even while an agent is at
//! work (a checkpoint).
//!
//! git's own modes are reported, and for anything git could not hold, the mode of the file
//! system (`010644` is a pipe): the path policy takes regular files only.

mod walk;

use std::collections::BTreeMap;
use std::path::Path;

use shared::change::{ChangeKind, Content, FileChange};
use shared::executor::RunFailure;

use crate::tree::{Entry, Tree};
use walk::Found;

/// How much a diff may hold.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Changed paths.
    pub files: u64,
    /// The sum of their bytes.
    pub bytes: u64,
}

/// The changes in `work` against `base`, by path. It reads files: not for async code.
pub fn diff(work: &Path, base: &Tree, bounds: Bounds) -> Result<Vec<FileChange>, RunFailure> {
    let mut compared = Compared {
        bounds,
        changes: BTreeMap::new(),
        bytes: 0,
    };
    let mut missing: BTreeMap<&[u8], &Entry> = base
        .iter()
        .map(|(path, entry)| (path.as_slice(), entry))
        .collect();
    walk::walk(work, &mut |path, found| {
        let old = missing.remove(path);
        if old.is_some_and(|entry| entry.mode == "160000") && found.is_directory() {
            return Ok(());
        }
        compared.compare(path, old, found)
    })?;
    for (path, entry) in missing {
        // An empty directory in a submodule's place is as good as none, to git and to us.
        if entry.mode != "160000" {
            let kind = ChangeKind::Deleted {
                old_mode: entry.mode.to_owned(),
            };
            compared.add(path, Some(entry.oid.clone()), kind, 0)?;
        }
    }
    Ok(compared.finish())
}

struct Compared {
    bounds: Bounds,
    /// Changes by path, with the id of the blob that is there now (or was, if deleted).
    changes: BTreeMap<String, (Option<String>, ChangeKind)>,
    bytes: u64,
}

impl Compared {
    fn compare(
        &mut self,
        path: &[u8],
        old: Option<&Entry>,
        found: &mut Found,
    ) -> Result<(), RunFailure> {
        let Some(old) = old else {
            if found.is_directory() && !found.is_git_directory() {
                return Ok(());
            }
            return self.added(path, found);
        };
        let mode = found.mode_after(old.mode);
        let same_content = found.size() == old.size && found.oid()?.as_deref() == Some(&old.oid);
        if same_content && mode == old.mode {
            return Ok(());
        }
        let (oid, content) = self.take(found)?;
        let size = content.0.len() as u64;
        let kind = ChangeKind::Modified {
            old_mode: old.mode.to_owned(),
            mode,
            content,
        };
        self.add(path, oid, kind, size)
    }

    fn added(&mut self, path: &[u8], found: &mut Found) -> Result<(), RunFailure> {
        let mode = found.mode_after("");
        let (oid, content) = self.take(found)?;
        let size = content.0.len() as u64;
        self.add(path, oid, ChangeKind::Added { mode, content }, size)
    }

    /// The content, if it still fits.
    fn take(&self, found: &mut Found) -> Result<(Option<String>, Content), RunFailure> {
        let bytes = self.bytes.saturating_add(found.size());
        if bytes > self.bounds.bytes {
            return Err(self.too_large(bytes));
        }
        let content = found.content(self.bounds.bytes - self.bytes)?;
        Ok((found.oid()?, Content(content)))
    }

    fn add(
        &mut self,
        path: &[u8],
        oid: Option<String>,
        kind: ChangeKind,
        bytes: u64,
    ) -> Result<(), RunFailure> {
        let Ok(path) = String::from_utf8(path.to_vec()) else {
            let reason = format!(
                "it changed a file whose name is not UTF-8: {:?}",
                String::from_utf8_lossy(path)
            );
            return Err(RunFailure::AgentFailed { reason });
        };
        self.bytes += bytes;
        self.changes.insert(path, (oid, kind));
        if self.changes.len() as u64 > self.bounds.files {
            return Err(self.too_large(self.bytes));
        }
        Ok(())
    }

    fn too_large(&self, bytes: u64) -> RunFailure {
        RunFailure::ResultTooLarge {
            files: self.changes.len() as u64,
            bytes,
        }
    }

    /// A file that is gone and a new one with the very same content are one that was moved. A
    /// file that was moved and edited stays two changes, which says the same to the policy.
    fn finish(mut self) -> Vec<FileChange> {
        let mut gone: BTreeMap<String, (String, String)> = BTreeMap::new();
        for (path, (oid, kind)) in &self.changes {
            if let (Some(oid), ChangeKind::Deleted { old_mode }) = (oid, kind) {
                gone.insert(oid.clone(), (path.clone(), old_mode.clone()));
            }
        }
        let mut moved_away = Vec::new();
        for (oid, kind) in self.changes.values_mut() {
            let ChangeKind::Added { mode, content } = kind else {
                continue;
            };
            if content.0.is_empty() {
                continue;
            }
            let Some((from, old_mode)) = oid.as_ref().and_then(|oid| gone.remove(oid)) else {
                continue;
            };
            moved_away.push(from.clone());
            *kind = ChangeKind::Renamed {
                from,
                old_mode,
                mode: std::mem::take(mode),
                content: std::mem::replace(content, Content(Vec::new())),
            };
        }
        for path in moved_away {
            self.changes.remove(&path);
        }
        let changes = self.changes.into_iter();
        changes
            .map(|(path, (_, kind))| FileChange { path, kind })
            .collect()
    }
}

#[cfg(test)]
mod tests;
