//! Who is who in a user namespace: everybody who they are outside, and nobody else at all.
//!
//! Invariant: a map names our own user and the agent's. It is written by a helper that stays outside:
//! only there may root name a second user.
//! <https://man7.org/linux/man-pages/man7/user_namespaces.7.html>

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use rustix::process::{getegid, geteuid};

use crate::config::AgentUser;

/// The helper, which waits until the namespace is there.
#[derive(Debug)]
pub(super) struct Scribe(Child);

impl Scribe {
    /// Starts it, before we leave.
    pub(super) fn start(user: Option<AgentUser>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("write-maps")
            .arg(std::process::id().to_string());
        if let Some(user) = user {
            command.args([user.uid.to_string(), user.gid.to_string()]);
        }
        let child = command
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    /// Lets it write, and waits until it has.
    pub(super) fn write(mut self) -> io::Result<()> {
        let mut stdin = self.0.stdin.take().expect("it is piped");
        stdin.write_all(b"go")?;
        drop(stdin);
        let output = self.0.wait_with_output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(said.trim().to_owned()))
    }
}

/// `write-maps PID [UID GID]`: the helper.
pub fn main(arguments: &[String]) -> io::Result<ExitCode> {
    let numbers: Result<Vec<u32>, _> = arguments.iter().map(|text| text.parse()).collect();
    let (pid, user) = match numbers.as_deref() {
        Ok([pid]) => (*pid, None),
        Ok([pid, uid, gid]) => {
            let (uid, gid) = (*uid, *gid);
            (*pid, Some(AgentUser { uid, gid }))
        }
        _ => {
            eprintln!("not started by a supervisor");
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut word = Vec::new();
    io::stdin().read_to_end(&mut word)?;
    // Nothing: who started us could not leave.
    if word == b"go"
        && let Err(error) = write(pid, user)
    {
        eprintln!("{error}");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn write(pid: u32, user: Option<AgentUser>) -> io::Result<()> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    // Groups are changed with the user, if there is one; otherwise they stay what they are, which
    // is what the kernel asks of an ordinary user.
    if user.is_none() {
        fs::write(process.join("setgroups"), "deny")?;
    }
    let uids = map(geteuid().as_raw(), user.map(|user| user.uid));
    fs::write(process.join("uid_map"), uids)?;
    let gids = map(getegid().as_raw(), user.map(|user| user.gid));
    fs::write(process.join("gid_map"), gids)
}

/// Inside, outside, how many.
fn map(ours: u32, the_agents: Option<u32>) -> String {
    let other = the_agents.filter(|agent| *agent != ours);
    let lines = [ours].into_iter().chain(other);
    let lines: Vec<_> = lines.map(|id| format!("{id} {id} 1\n")).collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_who_they_are() {
        assert_eq!(map(1000, None), "1000 1000 1\n");
        assert_eq!(map(0, Some(61234)), "0 0 1\n61234 61234 1\n");
        assert_eq!(map(7, Some(7)), "7 7 1\n");
    }
}
