//! The local stack as a program: `cargo xtask demo` and `cargo xtask dev` build everything and
//! then start this.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use tests::stack::{Options, Stack, project};

/// Runs the local stack.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Starts everything and keeps it up until Ctrl-C.
    Dev(Dev),
}

#[derive(clap::Args)]
struct Dev {
    /// Prints one line of JSON with all addresses when ready, and nothing else.
    #[arg(long)]
    json: bool,
    /// The gateway's port.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Where KV, queues and objects are kept.
    #[arg(long)]
    state: Option<PathBuf>,
}

/// The settings that the environment of this process may override (wrangler.toml has the rest).
const OVERRIDABLE: [&str; 6] = [
    "DISCORD_API_URL",
    "LINEAR_API_URL",
    "POSTHOG_HOST",
    "GITHUB_API_URL",
    "ANTHROPIC_BASE_URL",
    "EXECUTOR_URL",
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().what {
        What::Dev(dev) => dev.run().await,
    }
}

impl Dev {
    async fn run(self) -> anyhow::Result<()> {
        let mut options = Options {
            dev_vars: true,
            persist: Some(self.state.unwrap_or_else(|| project("target/dev-state"))),
            gateway_port: Some(self.port),
            ..Options::default()
        };
        for name in OVERRIDABLE {
            if let Ok(value) = std::env::var(name) {
                options = options.both(name, value);
            }
        }
        let stack = Stack::start(options).await?;
        if self.json {
            let addresses =
                serde_json::json!({"gateway": stack.gateway, "consumer": stack.consumer});
            println!("{addresses}");
        } else {
            println!("gateway   {}/discord/interactions", stack.gateway);
            println!("Ctrl-C ends it.");
        }
        tokio::signal::ctrl_c().await?;
        stack.stop();
        Ok(())
    }
}
