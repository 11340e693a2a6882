//! What the operator sets, read once at the start.
//!
//! | variable | default | meaning |
//! |---|---|---|
//! | `EXECUTOR_ADDR` | `127.0.0.1:8080` | where to listen; port 0 picks one and says so on stdout |
//! | `EXECUTOR_TOKEN` | none | the bearer token that every call but `/health` must carry |
//! | `EXECUTOR_TRUST_NETWORK` | no | `1` allows an address that is not loopback without a token |
//! | `EXECUTOR_DATA_DIR` | `bugbot-executor` in the temporary directory | clones, checkpoints and crash reports |
//! | `EXECUTOR_MAX_RUNS` | 2 | runs at a time |
//! | `EXECUTOR_RESULT_TTL_SECONDS` | 3600 | how long a result is kept |
//! | `AGENT_COMMAND` | `claude` | program and first arguments: a JSON array, or words |
//! | `AGENT_UID`, `AGENT_GID` | none | the user that the agent runs as; needs root |
//! | `AGENT_PATH` | our `PATH` | the agent's `PATH` |
//! | `AGENT_NETWORK` | `closed` | `open`: agents and the repository's commands reach what we reach |
//! | `MODEL_PRICES` | none | prices besides the built-in ones, as the gateway has them |

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use shared::model::Prices;
use shared::secret::Secret;

use crate::confine::{Network, Way};

/// The settings of an executor.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What callers must show.
    pub token: Option<Secret>,
    /// Where clones, checkpoints and crash reports lie.
    pub data_dir: PathBuf,
    /// How many runs may be active at a time.
    pub max_runs: usize,
    /// How long the result of a run is kept.
    pub result_ttl: Duration,
    /// The agent's program and its first arguments.
    pub agent_command: Vec<String>,
    /// The user that the agent runs as; `None` is our own.
    pub agent_user: Option<AgentUser>,
    /// The agent's `PATH`, and git's.
    pub path: String,
    /// What the agent and the repository's commands reach.
    pub agent_network: Network,
    /// What a model costs.
    pub prices: Prices,
}

/// An unprivileged user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentUser {
    /// Its user id.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct BadSetting {
    name: &'static str,
    problem: String,
}

fn bad(name: &'static str, problem: impl std::fmt::Display) -> BadSetting {
    BadSetting {
        name,
        problem: problem.to_string(),
    }
}

impl Config {
    /// Reads the settings through `lookup`, which is the environment. Empty is unset.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, BadSetting> {
        let get = |name: &'static str| lookup(name).filter(|value| !value.is_empty());
        let listen: SocketAddr = get("EXECUTOR_ADDR")
            .unwrap_or_else(|| "127.0.0.1:8080".to_owned())
            .parse()
            .map_err(|error| bad("EXECUTOR_ADDR", error))?;
        let token = get("EXECUTOR_TOKEN").map(Secret::new);
        let trusted = get("EXECUTOR_TRUST_NETWORK").is_some_and(|value| value == "1");
        if token.is_none() && !listen.ip().is_loopback() && !trusted {
            return Err(bad(
                "EXECUTOR_TOKEN",
                "is needed to listen beyond loopback (or EXECUTOR_TRUST_NETWORK=1)",
            ));
        }
        let data_dir = get("EXECUTOR_DATA_DIR").map_or_else(
            || std::env::temp_dir().join("bugbot-executor"),
            PathBuf::from,
        );
        let agent_network = agent_network(get("AGENT_NETWORK").as_deref())?;
        let is_closed = agent_network != Network::Open;
        if is_closed
            && ["/run", "/var/run"]
                .iter()
                .any(|covered| data_dir.starts_with(covered))
        {
            return Err(bad(
                "EXECUTOR_DATA_DIR",
                "is in /run, which an agent without network does not see",
            ));
        }
        Ok(Self {
            listen,
            token,
            data_dir,
            agent_network,
            prices: Prices::parse(&get("MODEL_PRICES").unwrap_or_default())
                .map_err(|error| bad("MODEL_PRICES", error))?,
            max_runs: number(get("EXECUTOR_MAX_RUNS"), "EXECUTOR_MAX_RUNS", 2)?,
            result_ttl: Duration::from_secs(number(
                get("EXECUTOR_RESULT_TTL_SECONDS"),
                "EXECUTOR_RESULT_TTL_SECONDS",
                3600,
            )?),
            agent_command: match get("AGENT_COMMAND") {
                Some(command) => words(&command)?,
                None => vec!["claude".to_owned()],
            },
            agent_user: agent_user(get("AGENT_UID"), get("AGENT_GID"))?,
            path: get("AGENT_PATH")
                .or_else(|| get("PATH"))
                .unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned()),
        })
    }
}

fn number<T: std::str::FromStr<Err: std::fmt::Display>>(
    value: Option<String>,
    name: &'static str,
    default: T,
) -> Result<T, BadSetting> {
    value.map_or(Ok(default), |value| {
        value.parse().map_err(|error: T::Err| bad(name, error))
    })
}

/// A JSON array of strings, or words between white space. No shell is involved, so there is no
/// quoting: a word with a space in it needs the array.
fn words(command: &str) -> Result<Vec<String>, BadSetting> {
    let words = if command.trim_start().starts_with('[') {
        serde_json::from_str(command).map_err(|error| bad("AGENT_COMMAND", error))?
    } else {
        command
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    if words.first().is_none_or(String::is_empty) {
        return Err(bad("AGENT_COMMAND", "names no program"));
    }
    Ok(words)
}

fn agent_network(value: Option<&str>) -> Result<Network, BadSetting> {
    match value {
        // By which way, the machine decides.
        None | Some("closed") => Ok(Network::Closed(Way::User)),
        Some("open") => Ok(Network::Open),
        Some(_) => Err(bad("AGENT_NETWORK", "is `closed` or `open`")),
    }
}

fn agent_user(uid: Option<String>, gid: Option<String>) -> Result<Option<AgentUser>, BadSetting> {
    let Some(uid) = uid else { return Ok(None) };
    let uid: u32 = uid.parse().map_err(|error| bad("AGENT_UID", error))?;
    let gid = number(gid, "AGENT_GID", uid)?;
    if uid == 0 || gid == 0 {
        return Err(bad("AGENT_UID", "the agent never runs as root"));
    }
    if !rustix::process::geteuid().is_root() {
        return Err(bad(
            "AGENT_UID",
            "only root can run the agent as another user",
        ));
    }
    Ok(Some(AgentUser { uid, gid }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Result<Config, BadSetting> {
        let find = |name: &str| settings.iter().find(|(n, _)| *n == name);
        Config::from_lookup(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_set_is_a_loopback_executor_with_claude() {
        let config = config(&[]).unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.agent_command, ["claude"]);
        assert_eq!(config.agent_user, None);
    }

    #[test]
    fn an_open_address_needs_a_token_or_a_word() {
        let open = ("EXECUTOR_ADDR", "0.0.0.0:8080");
        assert!(
            config(&[open])
                .unwrap_err()
                .to_string()
                .starts_with("EXECUTOR_TOKEN")
        );
        assert!(config(&[open, ("EXECUTOR_TOKEN", "")]).is_err());
        config(&[open, ("EXECUTOR_TOKEN", "t")]).unwrap();
        config(&[open, ("EXECUTOR_TRUST_NETWORK", "1")]).unwrap();
    }

    #[test]
    fn the_agent_command_is_words_or_an_array() {
        let command = |text| config(&[("AGENT_COMMAND", text)]).map(|config| config.agent_command);
        assert_eq!(
            command("node agent.js --x").unwrap(),
            ["node", "agent.js", "--x"]
        );
        assert_eq!(
            command(r#"["/a b/agent", "$HOME"]"#).unwrap(),
            ["/a b/agent", "$HOME"]
        );
        assert!(command("[]").is_err());
        assert!(command("  ").is_err());
        assert!(command("[").is_err());
    }

    #[test]
    fn the_agent_is_never_root() {
        assert!(config(&[("AGENT_UID", "0")]).is_err());
        assert!(config(&[("AGENT_UID", "x")]).is_err());
    }

    #[test]
    fn the_network_is_closed_unless_the_operator_opens_it() {
        let network = |value| config(&[("AGENT_NETWORK", value)]).map(|it| it.agent_network);
        assert_eq!(network(""), Ok(Network::Closed(Way::User)));
        assert_eq!(network("closed"), Ok(Network::Closed(Way::User)));
        assert_eq!(network("open"), Ok(Network::Open));
        assert!(network("Open").is_err());
        let covered = ("EXECUTOR_DATA_DIR", "/run/bugbot");
        assert!(config(&[covered]).is_err());
        config(&[covered, ("AGENT_NETWORK", "open")]).unwrap();
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let config = config(&[("EXECUTOR_TOKEN", "hunter2")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
