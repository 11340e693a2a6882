//! The local stack as a program: `cargo xtask demo` and `cargo xtask dev` build everything and
//! then start this.

mod demo;
mod dev;

use clap::{Parser, Subcommand};

/// Runs the local stack.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Plays the whole story once; the exit code says whether it held.
    Demo,
    /// Starts everything and keeps it up until Ctrl-C.
    Dev(dev::Dev),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().what {
        What::Demo => demo::run().await,
        What::Dev(dev) => dev.run().await,
    }
}
