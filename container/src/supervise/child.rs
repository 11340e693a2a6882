//! The supervisor as the executor sees it: a program under it is started and ended.

use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::GRACE;
use crate::config::Config;
use crate::confine::{self, Network};

/// Beyond the grace of the supervisor, before it is killed itself.
const LAST_RESORT: Duration = Duration::from_millis(2500);

/// A command that runs `program` under a supervisor, with an environment made from nothing. In a
/// closed network it reaches `model` and nothing else.
pub(crate) fn supervised(
    config: &Config,
    model: Option<&Path>,
    program: &[String],
) -> io::Result<Command> {
    let way = match config.agent_network {
        Network::Open => None,
        Network::Closed(way) => Some(way),
    };
    let mut command = confine::supervisor(way, config.agent_user)?;
    if let Some(socket) = model {
        command.arg("--relay").arg(socket);
    }
    command.arg("--").args(program);
    let mut command = Command::from(command);
    command.kill_on_drop(true);
    Ok(command)
}

/// Ends a supervisor and everything below it; returns when nothing of it is left.
pub(crate) async fn end(supervisor: &mut Child) {
    let pid = supervisor
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid {
        let _ = kill_process(pid, Signal::TERM);
        if timeout(GRACE + LAST_RESORT, supervisor.wait())
            .await
            .is_err()
        {
            tracing::error!("a supervisor did not end in time");
            // It leads a session of its own, and so a group.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
    let _ = supervisor.wait().await;
}
