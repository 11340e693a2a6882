//! The path policy (`shared::policy`): each line of an input is a file of a run's result, a rename
//! where it says `from => to`.
//!
//! Held: what may be committed lies in an allowed folder by anybody's reading of a path, one by one
//! and together; the order of a result means nothing.

use std::path::{Component, Path};

use shared::change::{ChangeKind, Content, FileChange};
use shared::policy::{DEFAULT_FOLDERS, MAX_FILES, Policy, Verdict};

pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let changes: Vec<FileChange> = text.lines().take(MAX_FILES + 1).map(change).collect();
    let policy = Policy::default();
    let verdict = policy.judge(&changes);
    let mut reversed = changes.clone();
    reversed.reverse();
    assert_eq!(policy.judge(&reversed), verdict);
    match verdict {
        Verdict::Allowed(approved) => {
            assert_eq!(approved.changes().len(), changes.len());
            assert!(changes.len() <= MAX_FILES);
            let mut seen = Vec::new();
            for change in approved.changes() {
                for path in ends(change) {
                    assert_eq!(policy.would_allow(path), Ok(()));
                    is_plain(path);
                    seen.push(path.to_lowercase());
                }
            }
            let all = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), all, "two paths are one where case is folded");
        }
        Verdict::Violations(violations) => {
            assert!(!violations.is_empty());
            for violation in violations {
                let shown = violation.to_string();
                assert!(!shown.contains(char::is_control), "{shown:?}");
            }
        }
    }
}

fn change(line: &str) -> FileChange {
    let (mode, content) = ("100644".to_owned(), Content(b"x".to_vec()));
    match line.split_once(" => ") {
        None => FileChange {
            path: line.to_owned(),
            kind: ChangeKind::Added { mode, content },
        },
        Some((from, to)) => FileChange {
            path: to.to_owned(),
            kind: ChangeKind::Renamed {
                from: from.to_owned(),
                old_mode: mode.clone(),
                mode,
                content,
            },
        },
    }
}

fn ends(change: &FileChange) -> Vec<&str> {
    match &change.kind {
        ChangeKind::Renamed { from, .. } => vec![from, &change.path],
        _ => vec![&change.path],
    }
}

fn is_plain(path: &str) {
    let mut parts = Path::new(path).components();
    let Some(Component::Normal(folder)) = parts.next() else {
        panic!("{path:?} begins elsewhere");
    };
    assert!(
        DEFAULT_FOLDERS.iter().any(|allowed| folder == *allowed),
        "{path:?}"
    );
    assert!(parts.clone().count() > 0, "{path:?} is a folder itself");
    assert!(
        parts.all(|part| matches!(part, Component::Normal(_))),
        "{path:?}"
    );
    assert!(!path.contains(['\\', ':']), "{path:?}");
    for name in path.to_lowercase().split('/') {
        let ending = name.rsplit('.').next();
        assert!(!name.starts_with('.') && ending != Some("lock"), "{path:?}");
        assert!(
            !["", "package.json", "dockerfile"].contains(&name),
            "{path:?}"
        );
    }
}
