//! What no single path shows: modes, collisions between paths, and the size of the whole.

use std::collections::{BTreeMap, BTreeSet};

use super::look::fold;
use super::{Reason, Violation};
use crate::change::{ChangeKind, FileChange};

/// The most files that one fix may touch. A bug fix is a handful; a person has to review it.
pub const MAX_FILES: usize = 100;

/// The most bytes that one fix may write: 1 MiB, as much as a result may carry
/// ([`crate::http::MAX_RESPONSE_BYTES`]).
pub const MAX_TOTAL_BYTES: usize = 1024 * 1024;

const REGULAR: &str = "100644";
const EXECUTABLE: &str = "100755";

/// Every path that a change touches: both ends of a rename.
pub(super) fn ends(change: &FileChange) -> impl Iterator<Item = &str> {
    let from = match &change.kind {
        ChangeKind::Renamed { from, .. } => Some(from.as_str()),
        ChangeKind::Added { .. } | ChangeKind::Modified { .. } | ChangeKind::Deleted { .. } => None,
    };
    from.into_iter().chain([change.path.as_str()])
}

/// Checked first, so that the work that follows is bounded.
pub(super) fn check_size(changes: &[FileChange]) -> Result<(), Violation> {
    let files = changes.len();
    if files > MAX_FILES {
        return Err(Violation::new("", Reason::TooManyFiles { files }));
    }
    let bytes = changes
        .iter()
        .map(|change| written_bytes(&change.kind))
        .sum();
    if bytes > MAX_TOTAL_BYTES {
        return Err(Violation::new("", Reason::TooManyBytes { bytes }));
    }
    Ok(())
}

fn written_bytes(kind: &ChangeKind) -> usize {
    match kind {
        ChangeKind::Added { content, .. }
        | ChangeKind::Modified { content, .. }
        | ChangeKind::Renamed { content, .. } => content.0.len(),
        ChangeKind::Deleted { .. } => 0,
    }
}

/// Regular files only, with the mode that they had. `createCommitOnBranch` carries no modes:
/// whatever it creates is `100644`, so a new or moved executable would not be what was judged.
pub(super) fn check_modes(kind: &ChangeKind) -> Result<(), Reason> {
    match kind {
        ChangeKind::Added { mode, .. } => {
            regular(mode)?;
            never_executable(mode)
        }
        ChangeKind::Modified { old_mode, mode, .. } => {
            regular(old_mode)?;
            regular(mode)?;
            unchanged(old_mode, mode)
        }
        ChangeKind::Deleted { old_mode } => regular(old_mode),
        ChangeKind::Renamed { old_mode, mode, .. } => {
            regular(old_mode)?;
            regular(mode)?;
            unchanged(old_mode, mode)?;
            never_executable(mode)
        }
    }
}

fn regular(mode: &str) -> Result<(), Reason> {
    match mode {
        REGULAR | EXECUTABLE => Ok(()),
        other => Err(Reason::NotARegularFile {
            mode: other.to_owned(),
        }),
    }
}

fn unchanged(old: &str, new: &str) -> Result<(), Reason> {
    if old == new {
        Ok(())
    } else {
        Err(Reason::ModeChange {
            from: old.to_owned(),
            to: new.to_owned(),
        })
    }
}

fn never_executable(mode: &str) -> Result<(), Reason> {
    if mode == EXECUTABLE {
        Err(Reason::NewExecutable)
    } else {
        Ok(())
    }
}

/// Paths that are one path on a file system that folds case, and paths that occur twice. Folders
/// count too: `src/a/x` and `src/A/y` land in one folder there.
pub(super) fn collisions(changes: &[FileChange]) -> Vec<Violation> {
    let mut spellings: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for path in changes.iter().flat_map(ends) {
        *times.entry(path).or_default() += 1;
        for (end, _) in path.match_indices('/').chain([(path.len(), "")]) {
            let part = &path[..end];
            spellings.entry(fold(part)).or_default().insert(part);
        }
    }
    let ambiguous = |path: &str| {
        times[path] > 1
            || path
                .match_indices('/')
                .chain([(path.len(), "")])
                .any(|(end, _)| spellings[&fold(&path[..end])].len() > 1)
    };
    times
        .keys()
        .filter(|path| ambiguous(path))
        .map(|path| Violation::new(path, Reason::Collides))
        .collect()
}
