//! The local stack as a program: `cargo xtask demo` and `cargo xtask dev` build everything and
//! then start this.

mod demo;
mod dev;

use anyhow::bail;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

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
    let what = Cli::parse().what;
    let asked = asked_to_end()?;
    // Whichever comes first, the other is dropped, and with it every process that it started.
    match what {
        What::Demo => tokio::select! {
            told = demo::run() => told,
            () = asked => bail!("the story was interrupted"),
        },
        What::Dev(dev) => tokio::select! {
            failed = dev.run() => failed.map(|never| match never {}),
            () = asked => Ok(()),
        },
    }
}

/// Ends with the first signal that asks this program to end: Ctrl-C, a supervisor's SIGTERM, or
/// the end of its terminal. From the call on none of them ends it at once, which would leave the
/// executor behind.
fn asked_to_end() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}
