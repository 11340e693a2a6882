//! The work of a run so far: of one that goes on, without stopping it, and of one that was stopped.
//!
//! Invariant: the conversation is never newer than the files. An agent that remembers less than
//! it did looks again; one that remembers edits which are not there would be wrong.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use shared::change::FileChange;
use shared::executor::{Checkpoint, MAX_RESULT_BYTES, RunFailure};

use super::{Run, off_thread};
use crate::checkpoint;
use crate::diff::{Bounds, diff};
use crate::tree::Tree;
use crate::workspace::Directories;

/// As much as any result may hold.
const WHOLE: Bounds = Bounds {
    files: 10_000,
    bytes: MAX_RESULT_BYTES,
};
/// How often the files are looked at, at most, until two looks in a row see the same. An agent
/// edits a file at once and then thinks for seconds, so that the second look mostly settles it.
const MAX_LOOKS: usize = 4;

/// What can be saved of a run while it goes on.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) directories: Directories,
    pub(super) tree: Arc<Tree>,
}

impl Run {
    /// The work so far. The agent goes on meanwhile.
    pub async fn checkpoint(&self) -> Option<Checkpoint> {
        if let Some(kept) = self.checkpoint.get() {
            self.fetched.store(true, Ordering::SeqCst);
            return kept.clone();
        }
        let live = self.live().clone()?;
        self.saved(live).await
    }

    /// What is to be gone on from, of these directories.
    pub(super) async fn saved(&self, live: Live) -> Option<Checkpoint> {
        let session = self.progress.session();
        let sessions = self.sessions.clone();
        let saving = off_thread(move || {
            let kept = session.filter(|session| {
                let kept = sessions.keep(session, &live.directories);
                kept.unwrap_or_else(|error| {
                    tracing::warn!(%error, "a conversation is not kept");
                    false
                })
            });
            Ok((settled(&live.directories.work(), &live.tree)?, kept))
        });
        let (changes, session) = saving.await.ok()?;
        // If the run has ended meanwhile, its directory may have been half removed.
        self.live().as_ref()?;
        Some(Checkpoint {
            base_commit: self.request.source.base_commit.clone(),
            changes,
            session_id: session.map(|session| session.as_str().to_owned()),
            spent: self.progress.spent(),
        })
    }

    pub(super) fn set_live(&self, live: Option<Live>) {
        *self.live() = live;
    }

    pub(super) fn live(&self) -> MutexGuard<'_, Option<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The changes as they are between two edits, not in the middle of one.
fn settled(work: &Path, tree: &Tree) -> Result<Vec<FileChange>, RunFailure> {
    let look = || diff(work, tree, WHOLE).map(checkpoint::without_drafts);
    let mut seen = look()?;
    for _ in 1..MAX_LOOKS {
        let again = look()?;
        if again == seen {
            break;
        }
        seen = again;
    }
    Ok(seen)
}
