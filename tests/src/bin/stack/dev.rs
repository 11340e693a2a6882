//! The stack that stays up, for development: what has a key in `.dev.vars` is real, everything
//! else is a fake, and addresses in the environment win over both.

use std::convert::Infallible;
use std::path::PathBuf;

use tests::local::{Keys, Local, Setup};
use tests::stack::project;

/// How the stack is started.
#[derive(clap::Args)]
pub(crate) struct Dev {
    /// Prints one line of JSON with all addresses when ready, and nothing else.
    #[arg(long)]
    json: bool,
    /// The gateway's port; 0 takes any free one.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Where KV, queues, objects and repositories are kept.
    #[arg(long)]
    state: Option<PathBuf>,
}

impl Dev {
    /// Stays up until it is dropped.
    pub(crate) async fn run(self) -> anyhow::Result<Infallible> {
        let state = self.state.unwrap_or_else(|| project("target/dev-state"));
        let setup = Setup {
            persist: true,
            gateway_port: Some(self.port),
            keys: Keys::read(&project("")),
            ..Setup::new(state)
        };
        let local = Local::start(setup).await?;
        let addresses = local.addresses();
        if self.json {
            println!("{addresses}");
        } else {
            for (name, address) in addresses.as_object().into_iter().flatten() {
                println!("{name:<10} {}", address.as_str().unwrap_or_default());
            }
            println!(
                "\nInteractions go to {}/discord/interactions. Ctrl-C ends it.",
                local.stack.gateway
            );
        }
        std::future::pending().await
    }
}
