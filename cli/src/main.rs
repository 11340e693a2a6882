//! The `bugbot` program.

use bugbot_cli::commands::Register;
use bugbot_cli::net::Net;
use clap::{Parser, Subcommand};

/// Operates a bugbot.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The commands that people see in Discord.
    #[command(subcommand)]
    Commands(Commands),
}

#[derive(Subcommand)]
enum Commands {
    /// Tells Discord which commands there are.
    Register(Register),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let What::Commands(Commands::Register(register)) = Cli::parse().what;
    println!("{}", register.run(&Net::new()?).await?);
    Ok(())
}
