//! Marks of completed work, so that a task interrupted at any point is done again, never trusted
//! half done.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A file that says what was completed last. It is removed before the work and written after.
#[derive(Debug)]
pub(crate) struct Stamp {
    file: PathBuf,
    key: String,
}

impl Stamp {
    /// `key` names everything on which the work depends: another key means that it is stale.
    pub(crate) fn new(file: PathBuf, key: impl Into<String>) -> Self {
        Self {
            file,
            key: key.into(),
        }
    }

    /// Whether exactly this work was completed, and what it `made` is still there.
    pub(crate) fn is_fresh(&self, made: &[PathBuf]) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|key| key == self.key)
            && made.iter().all(|path| path.exists())
    }

    /// Does the work, unless it is fresh.
    pub(crate) fn ensure(&self, made: &[PathBuf], work: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.is_fresh(made) {
            return Ok(());
        }
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| self.file.display().to_string());
            }
            _ => {}
        }
        work()?;
        write_whole(&self.file, &self.key)
    }
}

/// Writes a file so that it is there with all of `text` or not at all.
fn write_whole(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().context("a stamp has a folder")?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let partial = file.with_extension("partial");
    fs::write(&partial, text).with_context(|| partial.display().to_string())?;
    fs::rename(&partial, file).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("bugbot-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn failed_work_leaves_no_stamp_not_even_an_old_one() {
        let folder = folder("stamp-failed");
        Stamp::new(folder.join("stamp"), "1")
            .ensure(&[], || Ok(()))
            .unwrap();
        let next = Stamp::new(folder.join("stamp"), "2");
        next.ensure(&[], || anyhow::bail!("killed")).unwrap_err();
        assert!(!Stamp::new(folder.join("stamp"), "1").is_fresh(&[]));
        assert!(!next.is_fresh(&[]));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn completed_work_is_not_repeated_while_its_product_is_there() {
        let folder = folder("stamp-fresh");
        let (stamp, made) = (Stamp::new(folder.join("stamp"), "1"), [folder.join("made")]);
        stamp
            .ensure(&made, || Ok(fs::write(&made[0], "")?))
            .unwrap();
        stamp.ensure(&made, || anyhow::bail!("done twice")).unwrap();
        fs::remove_file(&made[0]).unwrap();
        assert!(!stamp.is_fresh(&made));
        fs::remove_dir_all(folder).unwrap();
    }
}
