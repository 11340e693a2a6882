//! Work that was interrupted: kept on disk for an executor that is started again in this place,
//! and applied to a fresh clone.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use shared::change::{ChangeKind, Content, FileChange};
use shared::executor::Checkpoint;
use shared::id::{CommitId, RunId};

use crate::git::GitFailed;
use crate::tree::{create, safe_path};
use crate::workspace::own_directory;

/// How long an interrupted run's work waits for somebody to go on with it.
const TTL: Duration = Duration::from_hours(24);

/// The checkpoints of this place, one file a run. They hold no secret.
#[derive(Debug)]
pub struct Checkpoints(PathBuf);

impl Checkpoints {
    /// The checkpoints in a directory, which is made if need be.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        own_directory(&directory, 0o700)?;
        Ok(Self(directory))
    }

    /// Keeps a checkpoint: all of it or nothing.
    pub fn save(&self, run: &RunId, checkpoint: &Checkpoint) -> io::Result<()> {
        let text = serde_json::to_vec(checkpoint)?;
        let draft = self.0.join(format!("{run}.draft"));
        std::fs::write(&draft, text)?;
        std::fs::rename(draft, self.file(run))
    }

    /// The checkpoint of a run, if there is one for this commit.
    pub fn load(&self, run: &RunId, base: &CommitId) -> Option<Checkpoint> {
        let text = std::fs::read(self.file(run)).ok()?;
        let checkpoint: Checkpoint = serde_json::from_slice(&text).ok()?;
        (checkpoint.base_commit == *base).then_some(checkpoint)
    }

    /// Forgets a run's checkpoint.
    pub fn remove(&self, run: &RunId) {
        // Mostly there is none.
        let _ = std::fs::remove_file(self.file(run));
    }

    /// Forgets what nobody came back for.
    pub fn sweep(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.0)? {
            let entry = entry?;
            let age = SystemTime::now().duration_since(entry.metadata()?.modified()?);
            if age.is_ok_and(|age| age > TTL) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn file(&self, run: &RunId) -> PathBuf {
        self.0.join(format!("{run}.json"))
    }
}

/// The changes without the files that Claude Code was about to rename to the ones it was writing:
/// `cart.js.tmp.{process}.{random hex}`. Nobody would ever clean them up.
pub fn without_drafts(mut changes: Vec<FileChange>) -> Vec<FileChange> {
    changes.retain(|change| !(is_draft(&change.path) && is_added(change)));
    changes
}

fn is_added(change: &FileChange) -> bool {
    matches!(change.kind, ChangeKind::Added { .. })
}

fn is_draft(path: &str) -> bool {
    let mut parts = path.rsplit('.');
    let (random, process, tmp) = (parts.next(), parts.next(), parts.next());
    let all = |part: Option<&str>, is_one: fn(u8) -> bool| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(is_one))
    };
    tmp == Some("tmp")
        && all(process, |byte| byte.is_ascii_digit())
        && all(random, |byte| byte.is_ascii_hexdigit())
}

/// Makes the changes in a working directory that holds the base commit, before any agent is
/// there. Symlinks are written as the clone writes them: as files that hold their target.
pub fn apply(changes: &[FileChange], work: &Path) -> Result<(), GitFailed> {
    // What goes away first: a file may have made room for a directory.
    for change in changes {
        let gone = match &change.kind {
            ChangeKind::Deleted { .. } | ChangeKind::Modified { .. } => Some(&change.path),
            ChangeKind::Renamed { from, .. } => Some(from),
            ChangeKind::Added { .. } => None,
        };
        if let Some(gone) = gone {
            let path = work.join(safe_path(gone)?);
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(GitFailed(format!(
                        "cannot go on from the checkpoint: {error}"
                    )));
                }
                _ => {}
            }
        }
    }
    for change in changes {
        let (mode, content) = match &change.kind {
            ChangeKind::Added { mode, content }
            | ChangeKind::Modified { mode, content, .. }
            | ChangeKind::Renamed { mode, content, .. } => (mode, content),
            ChangeKind::Deleted { .. } => continue,
        };
        write(&work.join(safe_path(&change.path)?), mode, content)
            .map_err(|error| GitFailed(format!("cannot go on from the checkpoint: {error}")))?;
    }
    Ok(())
}

fn write(path: &Path, mode: &str, content: &Content) -> io::Result<()> {
    use std::io::Write as _;
    match mode {
        "100644" | "120000" | "100755" => create(path, mode == "100755")?.write_all(&content.0),
        // Pipes and the like are not worth having again: the policy refuses them anyway.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use shared::executor::Spent;

    use super::*;

    fn change(path: &str, kind: ChangeKind) -> FileChange {
        FileChange {
            path: path.into(),
            kind,
        }
    }

    fn content(text: &str) -> Content {
        Content(text.into())
    }

    #[test]
    fn a_checkpoint_survives_for_its_own_run_and_commit_only() {
        let data = tempfile::tempdir().unwrap();
        let kept = Checkpoints::open(data.path().join("checkpoints")).unwrap();
        let checkpoint = Checkpoint {
            base_commit: CommitId::new("c1"),
            changes: vec![change(
                "a",
                ChangeKind::Deleted {
                    old_mode: "100644".into(),
                },
            )],
            session_id: None,
            spent: Spent::default(),
        };
        let run = RunId::new("r");
        kept.save(&run, &checkpoint).unwrap();
        kept.sweep().unwrap();
        assert_eq!(kept.load(&run, &CommitId::new("c1")), Some(checkpoint));
        assert_eq!(kept.load(&run, &CommitId::new("c2")), None);
        assert_eq!(kept.load(&RunId::new("s"), &CommitId::new("c1")), None);
        kept.remove(&run);
        assert_eq!(kept.load(&run, &CommitId::new("c1")), None);
    }

    #[test]
    fn changes_are_made_again() {
        let work = tempfile::tempdir().unwrap();
        let at = |path: &str| work.path().join(path);
        std::fs::write(at("old"), "old").unwrap();
        std::fs::write(at("gone"), "gone").unwrap();
        std::fs::write(at("edited"), "before").unwrap();
        let mode = || "100644".to_owned();
        let changes = [
            change(
                "edited",
                ChangeKind::Modified {
                    old_mode: mode(),
                    mode: mode(),
                    content: content("after"),
                },
            ),
            change("gone", ChangeKind::Deleted { old_mode: mode() }),
            // A directory where a file was.
            change(
                "gone/new",
                ChangeKind::Added {
                    mode: "100755".into(),
                    content: content("x"),
                },
            ),
            change(
                "pipe",
                ChangeKind::Added {
                    mode: "010644".into(),
                    content: content(""),
                },
            ),
            change(
                "src/moved",
                ChangeKind::Renamed {
                    from: "old".into(),
                    old_mode: mode(),
                    mode: mode(),
                    content: content("old"),
                },
            ),
        ];
        apply(&changes, work.path()).unwrap();
        assert_eq!(std::fs::read_to_string(at("edited")).unwrap(), "after");
        assert_eq!(std::fs::read_to_string(at("gone/new")).unwrap(), "x");
        assert_eq!(std::fs::read_to_string(at("src/moved")).unwrap(), "old");
        assert!(!at("old").exists() && !at("pipe").exists());
    }

    #[test]
    fn only_what_was_being_written_is_left_out() {
        let added = |path| {
            change(
                path,
                ChangeKind::Added {
                    mode: "100644".into(),
                    content: content("x"),
                },
            )
        };
        let changes = ["a.js.tmp.12657.7667a685b217", "a.tmp.1.js", "b.tmp", "c.js"].map(added);
        let kept = without_drafts(changes.to_vec());
        let kept: Vec<_> = kept.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(kept, ["a.tmp.1.js", "b.tmp", "c.js"]);
    }

    #[test]
    fn a_checkpoint_cannot_write_elsewhere() {
        let work = tempfile::tempdir().unwrap();
        for path in ["../x", "/tmp/x", ".git/hooks/x", "a/../../x"] {
            let kind = ChangeKind::Added {
                mode: "100644".into(),
                content: content("x"),
            };
            apply(&[change(path, kind)], work.path()).unwrap_err();
            let kind = ChangeKind::Deleted {
                old_mode: "100644".into(),
            };
            apply(&[change(path, kind)], work.path()).unwrap_err();
        }
    }
}
