//! Above the agent: a small process of ours, one a run, that leaves nothing behind.
//!
//! Invariant: when the supervisor has ended, nothing that the agent ever started is alive. It is
//! a subreaper, so that every descendant stays one, whatever sessions and groups it makes; it
//! ends them all when the agent ends, when it is told to (SIGTERM), and when the executor is
//! gone. It runs as the executor's user: an agent of another user cannot stop it.
//!
//! Its exit code is the agent's, 128 and the signal's number for one that was killed.

mod child;
mod family;

use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getpid, getppid, set_child_subreaper,
    set_dumpable_behavior, setrlimit, setsid,
};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use child::{end, supervised};
use family::end_all_below;

/// How long the agent has between SIGTERM and SIGKILL: cancelling takes five seconds at most.
pub const GRACE: Duration = Duration::from_secs(2);
/// How often the supervisor looks whether the executor is still there.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The largest file that an agent may write: a runaway log must not fill the disk.
const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;
/// The shell's code for a program that cannot be started.
const NOT_STARTED: u8 = 127;

/// Keeps processes of the same user from reading our environment and memory: without a user of
/// its own, the agent is one of them.
pub fn hide_from_peers() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "processes of this user can read our environment");
    }
}

/// `supervise [--uid N --gid N] -- program argument...`; environment, directory and streams are
/// the agent's.
pub fn main(arguments: Vec<String>) -> std::io::Result<ExitCode> {
    let Some(order) = Order::parse(arguments) else {
        eprintln!("supervise: not started by the executor");
        return Ok(ExitCode::from(NOT_STARTED));
    };
    let parent = getppid();
    // Our own session: a Ctrl-C for the executor is not one for the agent.
    let _ = setsid();
    set_child_subreaper(Some(getpid()))?;
    rustix::thread::set_no_new_privs(true)?;
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    let bytes = Some(MAX_FILE_BYTES);
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: bytes,
            maximum: bytes,
        },
    )?;

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut agent = match order.command().spawn() {
            Ok(agent) => agent,
            Err(error) => {
                eprintln!("cannot start {}: {error}", order.program);
                return Ok(ExitCode::from(NOT_STARTED));
            }
        };
        let code = tokio::select! {
            status = agent.wait() => code_of(status?),
            _ = terminate.recv() => 128 + 15,
            () = orphaned(parent) => 128 + 9,
        };
        end_all_below(getpid(), GRACE).await;
        Ok(ExitCode::from(code))
    })
}

/// What the executor asks for.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    uid: Option<u32>,
    gid: Option<u32>,
    program: String,
    arguments: Vec<String>,
}

impl Order {
    fn parse(arguments: Vec<String>) -> Option<Self> {
        let mut arguments = arguments.into_iter();
        let (mut uid, mut gid) = (None, None);
        loop {
            match arguments.next()?.as_str() {
                "--uid" => uid = Some(arguments.next()?.parse().ok()?),
                "--gid" => gid = Some(arguments.next()?.parse().ok()?),
                "--" => break,
                _ => return None,
            }
        }
        let program = arguments.next()?;
        Some(Self {
            uid,
            gid,
            program,
            arguments: arguments.collect(),
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        // Giving up root also gives up the supplementary groups.
        if let Some(gid) = self.gid {
            command.gid(gid);
        }
        if let Some(uid) = self.uid {
            command.uid(uid);
        }
        command
    }
}

fn code_of(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}

/// Ends when our parent is another than it was.
async fn orphaned(parent: Option<rustix::process::Pid>) {
    while getppid() == parent {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(line: &str) -> Option<Order> {
        Order::parse(line.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn an_order_names_the_user_before_the_dashes() {
        let parsed = order("--uid 1000 --gid 1001 -- claude --uid 0 -- x").unwrap();
        assert_eq!((parsed.uid, parsed.gid), (Some(1000), Some(1001)));
        assert_eq!(parsed.program, "claude");
        assert_eq!(parsed.arguments, ["--uid", "0", "--", "x"]);
    }

    #[test]
    fn an_incomplete_order_is_refused() {
        for line in [
            "",
            "claude",
            "--uid",
            "--uid x -- claude",
            "--gid 1 --",
            "--",
        ] {
            assert_eq!(order(line), None, "{line}");
        }
    }
}
