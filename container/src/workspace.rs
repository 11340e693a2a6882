//! The directories of one run.
//!
//! ```text
//! runs/{id}/git    the objects, ours alone: the agent cannot reach a configuration of git's
//! runs/{id}/work   the files of the base commit, and the agent's edits: no `.git` in it
//! runs/{id}/home   the agent's HOME, new for every run
//! runs/{id}/tmp    the agent's TMPDIR
//! runs/{id}/model  the socket of the model proxy, if the agent has no network
//! runs/{id}/verify a copy of the change with a HOME and TMPDIR of its own, while commands run on it
//! ```

use std::fs;
use std::io;
use std::ops::Deref;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown, lchown};
use std::path::{Path, PathBuf};

use shared::id::RunId;

use crate::config::AgentUser;

/// The directories of one run; removed when this is dropped.
#[derive(Debug)]
pub struct Workspace(Directories);

/// Where the directories of one run are.
#[derive(Debug, Clone)]
pub struct Directories {
    root: PathBuf,
}

impl Deref for Workspace {
    type Target = Directories;

    fn deref(&self) -> &Directories {
        &self.0
    }
}

impl Workspace {
    /// Makes the directories, empty. What an earlier attempt left is removed.
    pub fn create(runs_dir: &Path, run: &RunId) -> io::Result<Self> {
        let root = runs_dir.join(run.as_str());
        remove(&root)?;
        let workspace = Self(Directories { root });
        // The agent has to pass through the root to reach its directories, and may not list it.
        directory(&workspace.root, 0o711)?;
        directory(&workspace.git_dir(), 0o700)?;
        for own in [workspace.work(), workspace.home(), workspace.tmp()] {
            directory(&own, 0o700)?;
        }
        Ok(workspace)
    }
}

impl Directories {
    /// What holds all of them.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The objects.
    pub fn git_dir(&self) -> PathBuf {
        self.root.join("git")
    }

    /// The files.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// The agent's HOME.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The agent's TMPDIR.
    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// The socket of its model proxy.
    pub fn model_socket(&self) -> PathBuf {
        self.root.join("model")
    }

    /// An empty place for commands that run on a copy of the change. What an earlier round left is
    /// removed. It goes with the workspace.
    pub fn place_to_verify(&self) -> io::Result<Directories> {
        let root = self.root.join("verify");
        remove(&root)?;
        let place = Directories { root };
        directory(&place.root, 0o711)?;
        for own in [place.work(), place.home(), place.tmp()] {
            directory(&own, 0o700)?;
        }
        Ok(place)
    }

    /// Takes the agent's directories from its user, but for what is in them: while other programs
    /// of that user run, they reach neither its conversation nor its files. An agent of our own
    /// user has nobody to be protected from that could not undo it.
    pub fn shut(&self, user: Option<AgentUser>) -> io::Result<()> {
        let us = rustix::process::geteuid().as_raw();
        self.pass_to(user.map(|_| (us, rustix::process::getegid().as_raw())))
    }

    /// Gives them back.
    pub fn open(&self, user: Option<AgentUser>) -> io::Result<()> {
        self.pass_to(user.map(|user| (user.uid, user.gid)))
    }

    fn pass_to(&self, owner: Option<(u32, u32)>) -> io::Result<()> {
        let Some((uid, gid)) = owner else {
            return Ok(());
        };
        for own in [self.work(), self.home(), self.tmp()] {
            // The agent may have removed or replaced none of them: their parent is ours.
            lchown(own, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    /// Gives the agent's directories to its user.
    pub fn hand_over(&self, user: Option<AgentUser>) -> io::Result<()> {
        let Some(user) = user else { return Ok(()) };
        for own in [self.work(), self.home(), self.tmp()] {
            give(&own, user)?;
        }
        Ok(())
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.root) {
            tracing::error!(path = %self.root.display(), %error, "cannot remove a run's directory");
        }
    }
}

/// Makes a directory whose mode the umask does not change.
pub fn directory(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::DirBuilder::new().mode(mode).create(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Makes sure that a directory is there and is ours: in a shared temporary directory, another
/// user could have been first.
pub fn own_directory(path: &Path, mode: u32) -> io::Result<()> {
    match directory(path, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        let problem = format!("{} is not a directory of ours", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    Ok(())
}

/// Removes a tree, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            // An agent of our own user can take the write permission from its directories.
            make_writable(path)?;
            fs::remove_dir_all(path)
        }
        other => other,
    }
}

fn make_writable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if !fs::symlink_metadata(path)?.is_dir() {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(path)? {
        make_writable(&entry?.path())?;
    }
    Ok(())
}

/// Before the agent starts nothing else moves in these directories, and they hold no symlinks.
fn give(path: &Path, user: AgentUser) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), user)?;
        }
        chown(path, Some(user.uid), Some(user.gid))
    } else {
        lchown(path, Some(user.uid), Some(user.gid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_starts_empty_and_leaves_nothing() {
        let data = tempfile::tempdir().unwrap();
        let id = RunId::new("run");
        let first = Workspace::create(data.path(), &id).unwrap();
        fs::write(first.work().join("old"), "x").unwrap();
        // As after a crash: nobody removed it.
        std::mem::forget(first);
        let second = Workspace::create(data.path(), &id).unwrap();
        assert_eq!(fs::read_dir(second.work()).unwrap().count(), 0);
        drop(second);
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_behind_a_symlink_is_not_ours() {
        let data = tempfile::tempdir().unwrap();
        let link = data.path().join("link");
        std::os::unix::fs::symlink(data.path(), &link).unwrap();
        own_directory(&link, 0o700).unwrap_err();
        own_directory(&data.path().join("new"), 0o700).unwrap();
        own_directory(&data.path().join("new"), 0o700).unwrap();
    }
}
