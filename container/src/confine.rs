//! What the agent and the repository's commands reach of the network: their own loopback.
//!
//! Invariants of a closed network:
//! - Whatever runs below a supervisor lives in a network namespace of its own, where `lo` is all
//!   there is. The supervisor lives there too: it has nothing to lend.
//! - The one way out is the relay to the run's model proxy, and only an agent has one.
//! - Nothing below can go back: it has no capability outside, and no process outside is its peer.
//! - Nobody takes the kernel's word for it: at its start the executor does the whole thing once and
//!   looks around ([`settle`]). Where it cannot be done no run is taken, unless the operator has
//!   chosen an open network.
//!
//! Sockets that have a path are no part of a network namespace: those of the machine's services are
//! in `/run`, which is covered. What lies elsewhere is reached by whoever may open it.
//!
//! Out of scope: the executor itself, which clones and passes model calls on.
//! <https://man7.org/linux/man-pages/man7/network_namespaces.7.html>

mod enter;
mod loopback;
mod maps;
pub(crate) mod relay;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use crate::config::{AgentUser, Config};

pub(crate) use enter::enter;
pub use maps::main as write_maps;

/// What the agent and the repository's commands reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Whatever this machine reaches.
    Open,
    /// Their own loopback.
    Closed(Way),
}

/// How a network is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// With a user namespace around it, which any user may make where the kernel allows it at all.
    User,
    /// As root that may administer the system, around an agent with a user of its own.
    Root,
}

impl Way {
    /// Its name on a supervisor's command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Root => "root",
        }
    }

    /// Reads [`Way::name`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::User, Self::Root]
            .into_iter()
            .find(|way| way.name() == name)
    }

    /// The ways that may work, the better first: a user namespace also keeps an agent from other
    /// processes of its user.
    fn possible(user: Option<AgentUser>) -> &'static [Self] {
        if user.is_some() {
            &[Self::User, Self::Root]
        } else {
            &[Self::User]
        }
    }
}

/// Finds how the network can be closed here, if it is to be; otherwise why no run can be taken.
pub fn settle(config: &mut Config) -> Option<String> {
    let Network::Closed(_) = config.agent_network else {
        tracing::warn!(agent_network = "open", "agents reach the network");
        return None;
    };
    let mut problems = Vec::new();
    for way in Way::possible(config.agent_user) {
        match probe(*way, config.agent_user) {
            Ok(()) => {
                let by = way.name();
                tracing::info!(agent_network = "closed", by, "agents reach no network");
                config.agent_network = Network::Closed(*way);
                return None;
            }
            Err(problem) => problems.push(problem),
        }
    }
    let reason = problems.join("; ");
    tracing::error!(
        agent_network = "refused",
        reason,
        "agents cannot be kept from the network here: no run is taken"
    );
    Some(reason)
}

/// Does in a process of its own what a supervisor does, to the end.
fn probe(way: Way, user: Option<AgentUser>) -> Result<(), String> {
    let mut command = supervisor(Some(way), user).map_err(|error| error.to_string())?;
    let output = command
        .arg("--probe")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.trim().to_owned())
}

/// The command line of a supervisor up to its program, with an environment made from nothing.
pub(crate) fn supervisor(way: Option<Way>, user: Option<AgentUser>) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("supervise").env_clear();
    if let Some(user) = user {
        let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
        command.args(["--uid", &uid, "--gid", &gid]);
    }
    if let Some(way) = way {
        command.args(["--confine", way.name()]);
    }
    Ok(command)
}

/// Looks around from inside: loopback works, and no route leads anywhere.
pub(crate) fn look_around() -> Result<(), String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.as_ref().map(TcpListener::local_addr);
    match address {
        Ok(Ok(address)) => TcpStream::connect(address).map(drop),
        Ok(Err(error)) => Err(error),
        Err(error) => return Err(format!("loopback does not work: {error}")),
    }
    .map_err(|error| format!("loopback does not work: {error}"))?;
    // A header and no line. Of IPv6 the kernel lists its own loopback.
    let routes = std::fs::read_to_string("/proc/self/net/route")
        .map_err(|error| format!("the routes cannot be read: {error}"))?;
    if routes.lines().count() > 1 {
        return Err("there are routes".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_as_it_is_written() {
        for way in [Way::User, Way::Root] {
            assert_eq!(Way::parse(way.name()), Some(way));
        }
        assert_eq!(Way::parse("open"), None);
    }

    #[test]
    fn without_a_user_of_its_own_an_agent_always_has_a_user_namespace() {
        assert_eq!(Way::possible(None), [Way::User]);
    }
}
