//! The sandbox: whether it starts, and whether the executor in it answers.

use super::Check;
use crate::executor::{AgentNetwork, ExecutorClient};
use crate::fix::Sandbox;
use crate::settings::RunSettings;

const AREA: &str = "sandbox";

/// There is none to be looked at.
pub fn no_sandbox(why: &str) -> Check {
    let fix = "`npx wrangler containers list`; deploy again, with Docker at hand.";
    Check::fail(AREA, "container", why, fix)
}

/// Looks at the executor. A container of our own is started for it, and let go when it answered.
pub async fn sandbox<S: Sandbox>(sandbox: &S, settings: &RunSettings) -> Vec<Check> {
    let is_own = settings.executor_url.is_none();
    if let Err(why) = sandbox.ensure_started().await {
        return vec![no_sandbox(&why)];
    }
    let executor = ExecutorClient::new(sandbox, sandbox.base(), settings.executor_token.as_ref());
    match executor.health().await {
        Ok(health) => {
            sandbox.release().await;
            let found = format!("version {}, {} at work", health.version, health.active_runs);
            let ours = env!("CARGO_PKG_VERSION");
            vec![
                if let Some(AgentNetwork::Refused { reason }) = &health.agent_network {
                    let found =
                        format!("{found}; agents cannot be kept from the network: {reason}");
                    let fix = "See \"agents cannot be kept from the network here\" in README.md.";
                    Check::fail(AREA, "executor", found, fix)
                } else if health.version != ours {
                    let found = format!("{found}; the consumer has {ours}");
                    Check::warn(AREA, "executor", found, "cargo xtask deploy")
                } else if !health.accepting {
                    let found = format!("{found}, and it takes no further run now");
                    let fix = "Wait until a run has ended, or raise EXECUTOR_MAX_RUNS.";
                    Check::warn(AREA, "executor", found, fix)
                } else {
                    Check::ok(AREA, "executor", found)
                },
            ]
        }
        // It takes longer to start than anybody waits here. What it is, the next look tells.
        Err(error) if is_own && error.is_transient() => vec![Check::warn(
            AREA,
            "executor",
            format!("does not answer yet: {error}"),
            "Ask again in half a minute: it was started just now. If it stays so, `npx wrangler \
             containers list`.",
        )],
        Err(error) => vec![Check::fail(
            AREA,
            "executor",
            error.to_string(),
            "Start the executor at EXECUTOR_URL, or correct the address.",
        )],
    }
}
