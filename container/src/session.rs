//! The agent's conversations: kept when its work is saved, so that a next run of this executor can
//! go on with one where it was.
//!
//! Invariants: an agent gets a conversation that its own fix had, because we choose the name of
//! each and only the one who holds the checkpoint knows it. What an agent left in place of its
//! transcript is bytes: no link of its making is followed, and nothing of ours is copied through
//! one.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use crate::workspace::{Directories, directory, own_directory};

/// How long a conversation waits for a run that goes on with it.
const TTL: Duration = Duration::from_hours(24);
/// A longer transcript is not kept: the next run goes on from the files alone.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// The most projects that are looked through for a transcript. An agent has one.
const MAX_PROJECTS: usize = 100;
/// Stands for the run's directory in what is kept: the next run has another one.
const RUN_DIRECTORY: &[u8] = b"/-the-directory-of-the-run-";

/// The name of a conversation, as Claude Code wants it: a UUID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionId(String);

impl SessionId {
    /// One that nobody can guess.
    pub fn random() -> io::Result<Self> {
        uuid().map(Self)
    }

    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        is_one.then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A random UUID of version 4.
pub fn uuid() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    Ok(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    ))
}

/// The conversations of this place, one file each.
#[derive(Debug)]
pub struct Sessions(PathBuf);

impl Sessions {
    /// The conversations in a directory, which is made if need be.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        own_directory(&directory, 0o700)?;
        Ok(Self(directory))
    }

    /// Keeps a conversation as it is now; whether there was one that can be kept. The agent may
    /// be at work.
    pub fn keep(&self, session: &SessionId, run: &Directories) -> io::Result<bool> {
        let Some(mut transcript) = transcript_in(&run.home(), session)? else {
            return Ok(false);
        };
        // Its last line may be half written.
        let end = transcript.iter().rposition(|byte| *byte == b'\n');
        transcript.truncate(end.map_or(0, |end| end + 1));
        if transcript.is_empty() {
            return Ok(false);
        }
        let root = run.root().as_os_str().as_encoded_bytes();
        let text = replaced(&transcript, root, RUN_DIRECTORY);
        let draft = self.0.join(format!("{}.draft", session.0));
        fs::write(&draft, text)?;
        fs::rename(draft, self.file(session))?;
        Ok(true)
    }

    /// Puts a conversation where the agent of a run finds it, before it starts; whether it was
    /// kept here.
    pub fn restore(&self, session: &SessionId, run: &Directories) -> io::Result<bool> {
        let kept = match fs::read(self.file(session)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            kept => kept?,
        };
        let root = run.root().as_os_str().as_encoded_bytes();
        let mut place = run.home();
        for name in [".claude", "projects", &project_of(&run.work())] {
            place.push(name);
            directory(&place, 0o700)?;
        }
        let file = place.join(format!("{}.jsonl", session.0));
        fs::write(file, replaced(&kept, RUN_DIRECTORY, root))?;
        Ok(true)
    }

    /// Forgets a conversation.
    pub fn remove(&self, session: &SessionId) {
        // Mostly it was never kept.
        let _ = fs::remove_file(self.file(session));
    }

    /// Forgets what nobody came back for.
    pub fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let age = SystemTime::now().duration_since(entry.metadata()?.modified()?);
            if age.is_ok_and(|age| age > TTL) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn file(&self, session: &SessionId) -> PathBuf {
        self.0.join(format!("{}.jsonl", session.0))
    }
}

/// The name of the project that Claude Code takes a directory for.
fn project_of(work: &Path) -> String {
    let letters = work.to_string_lossy();
    let letters = letters.chars();
    letters
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

/// The transcript of a session in an agent's HOME, which is the agent's.
fn transcript_in(home: &Path, session: &SessionId) -> io::Result<Option<Vec<u8>>> {
    let name = format!("{}.jsonl", session.0);
    let projects = match open_below(home, &[".claude", "projects"]) {
        Ok(projects) => projects,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    for project in Dir::read_from(&projects)?.take(MAX_PROJECTS) {
        let project = project?;
        if project.file_name().to_bytes().starts_with(b".") {
            continue;
        }
        let Ok(folder) = openat(&projects, project.file_name(), DIRECTORY, Mode::empty()) else {
            continue;
        };
        if let Some(transcript) = regular_file(&folder, &name)? {
            return Ok(Some(transcript));
        }
    }
    Ok(None)
}

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

fn open_below(root: &Path, names: &[&str]) -> rustix::io::Result<OwnedFd> {
    let mut directory = openat(CWD, root, DIRECTORY, Mode::empty())?;
    for name in names {
        directory = openat(&directory, *name, DIRECTORY, Mode::empty())?;
    }
    Ok(directory)
}

/// A regular file that is not too long to be kept.
fn regular_file(directory: impl AsFd, name: &str) -> io::Result<Option<Vec<u8>>> {
    // Opening a pipe must not wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = openat(directory, name, flags, Mode::empty()) else {
        return Ok(None);
    };
    if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::from(file)
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_BYTES).then_some(bytes))
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

#[cfg(test)]
mod tests;
