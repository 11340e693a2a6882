//! What a git command says, up to a limit: a hostile repository decides how much that would be.
//!
//! Invariant: no more than the limit is ever in memory, and a command that says more is killed,
//! with its helpers, as soon as it does.

use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::GitFailed;
use crate::tail::tail;

/// The longest output of a git command that is read, listings of large trees included.
const MAX_OUTPUT_BYTES: usize = 64 * 1024 * 1024;
/// How much of the end of its standard error is kept.
const MAX_STDERR_BYTES: usize = 4096;

/// Runs a command to its end and returns what it wrote. If this future is dropped, the command
/// and its helpers are killed.
pub(crate) async fn output(command: Command) -> Result<Vec<u8>, GitFailed> {
    output_within(command, MAX_OUTPUT_BYTES).await
}

async fn output_within(mut command: Command, max_bytes: usize) -> Result<Vec<u8>, GitFailed> {
    let failed = |error: std::io::Error| GitFailed(format!("cannot run git: {error}"));
    let mut child = command.spawn().map_err(failed)?;
    let group = Group::of(&child);
    let stderr = child.stderr.take().expect("it is piped");
    let last_words = tokio::spawn(tail(stderr, MAX_STDERR_BYTES));
    // One byte more, to know that there is more.
    let mut stdout = child
        .stdout
        .take()
        .expect("it is piped")
        .take(max_bytes as u64 + 1);
    let mut said = Vec::new();
    stdout.read_to_end(&mut said).await.map_err(failed)?;
    if said.len() > max_bytes {
        drop(group);
        let _ = child.wait().await;
        return Err(GitFailed(format!("git said more than {max_bytes} bytes")));
    }
    let stderr = last_words.await.unwrap_or_default();
    let status = child.wait().await.map_err(failed)?;
    group.disarm();
    if status.success() {
        return Ok(said);
    }
    Err(GitFailed(reason(&stderr, status)))
}

/// The end of what git wrote on its standard error.
fn reason(stderr: &[u8], status: ExitStatus) -> String {
    let said = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let last = lines[lines.len().saturating_sub(3)..].join("; ");
    let last: String = last.chars().filter(|c| !c.is_control()).take(500).collect();
    if last.is_empty() {
        format!("git ended with {status}")
    } else {
        last
    }
}

/// Kills a process group unless disarmed: git's transport helpers outlive git otherwise.
pub(crate) struct Group(Option<Pid>);

impl Group {
    pub(crate) fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// The process has ended and was waited for: its number may be somebody else's by now.
    pub(crate) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    }

    #[tokio::test]
    async fn a_command_that_never_stops_talking_is_killed_at_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        // The helper is another process of the group, as git's are.
        let script = format!("echo $$ > {}; yes | cat", pid.display());
        let talking = output_within(shell(&script), 100_000);
        let failed = timeout(Duration::from_secs(20), talking).await.unwrap();
        assert_eq!(
            failed,
            Err(GitFailed("git said more than 100000 bytes".into()))
        );
        let group: i32 = std::fs::read_to_string(pid)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let group = Pid::from_raw(group).unwrap();
        let gone = async {
            while rustix::process::test_kill_process_group(group).is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), gone).await.unwrap();
    }

    #[tokio::test]
    async fn what_fits_is_read_whole_and_a_failure_is_told_by_its_last_words() {
        assert_eq!(
            output_within(shell("printf 12345"), 5).await,
            Ok(b"12345".to_vec())
        );
        assert!(output_within(shell("printf 123456"), 5).await.is_err());
        let failed = output_within(shell("echo warning >&2; echo fatal: no >&2; exit 3"), 5).await;
        assert_eq!(failed, Err(GitFailed("warning; fatal: no".into())));
        let failed = output_within(shell("exit 3"), 5).await.unwrap_err();
        assert_eq!(failed.0, "git ended with exit status: 3");
    }
}
