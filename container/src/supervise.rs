//! Above the agent: a small process of ours, one a run, that leaves nothing behind.
//!
//! Invariant: when the supervisor has ended, nothing that the agent ever started is alive. It is
//! a subreaper, so that every descendant stays one, whatever sessions and groups it makes; it
//! ends them all when the agent ends, when it is told to (SIGTERM), and when the executor is
//! gone. It runs as the executor's user: an agent of another user cannot stop it. Of the network it
//! sees what the agent sees ([`crate::confine`]).
//!
//! Its exit code is the agent's, 128 and the signal's number for one that was killed.

mod child;
mod family;

use std::path::PathBuf;
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

use crate::config::AgentUser;
use crate::confine::relay::{self, SocketPath};
use crate::confine::{self, Way};

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

/// `supervise [--uid N --gid N] [--confine WAY] [--relay SOCKET] -- program argument...`; environment,
/// directory and streams are the agent's. With `--probe` in place of a program it looks around.
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

    if let Some(way) = order.confine {
        let user = order.uid.zip(order.gid);
        let user = user.map(|(uid, gid)| AgentUser { uid, gid });
        if let Err(error) = confine::enter(way, user) {
            eprintln!("the network cannot be closed: {error}");
            return Ok(ExitCode::from(NOT_STARTED));
        }
    }
    let Some(program) = &order.program else {
        return Ok(match confine::look_around() {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("the network is not closed: {problem}");
                ExitCode::FAILURE
            }
        });
    };

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        if let Some(socket) = &order.relay {
            let socket = SocketPath::new(socket)?;
            tokio::spawn(relay::serve(relay::listen().await?, socket));
        }
        let mut agent = match order.command(program).spawn() {
            Ok(agent) => agent,
            Err(error) => {
                eprintln!("cannot start {program}: {error}");
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
    confine: Option<Way>,
    relay: Option<PathBuf>,
    /// `None` for a probe.
    program: Option<String>,
    arguments: Vec<String>,
}

impl Order {
    fn parse(arguments: Vec<String>) -> Option<Self> {
        let mut arguments = arguments.into_iter();
        let (mut uid, mut gid, mut confine, mut relay) = (None, None, None, None);
        let mut is_probe = false;
        while let Some(word) = arguments.next() {
            match word.as_str() {
                "--uid" => uid = Some(arguments.next()?.parse().ok()?),
                "--gid" => gid = Some(arguments.next()?.parse().ok()?),
                "--confine" => confine = Some(Way::parse(&arguments.next()?)?),
                "--relay" => relay = Some(arguments.next()?.into()),
                "--probe" => is_probe = true,
                "--" => break,
                _ => return None,
            }
        }
        let program = arguments.next();
        // A relay in an open network would be a door for everybody.
        if is_probe == program.is_some() || (relay.is_some() && confine.is_none()) {
            return None;
        }
        Some(Self {
            uid,
            gid,
            confine,
            relay,
            program,
            arguments: arguments.collect(),
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
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
        assert_eq!(parsed.program.as_deref(), Some("claude"));
        assert_eq!(parsed.arguments, ["--uid", "0", "--", "x"]);
    }

    #[test]
    fn an_order_names_the_way_and_the_relay() {
        let parsed = order("--confine user --relay /runs/x/model -- claude").unwrap();
        assert_eq!(parsed.confine, Some(Way::User));
        assert_eq!(parsed.relay.unwrap(), PathBuf::from("/runs/x/model"));
        assert!(order("--confine root --probe").unwrap().program.is_none());
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
            "--confine x -- claude",
            "--confine user",
            "--probe -- claude",
            "--relay /model -- claude",
        ] {
            assert_eq!(order(line), None, "{line}");
        }
    }
}
