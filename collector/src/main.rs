//! `bugbot-collector`: the collector alone. `bugbot collect` is the same.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use collector::command::{self, CollectArgs, NotDone};

/// Collects events from a drop folder and a loopback webhook into inboxes.
#[derive(Debug, Parser)]
#[command(name = "bugbot-collector", version)]
struct Cli {
    #[command(flatten)]
    collect: CollectArgs,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let program = match std::env::current_exe() {
        Ok(program) => vec![program.display().to_string()],
        Err(_) => vec!["bugbot-collector".to_owned()],
    };
    match command::run(&cli.collect, &program).await {
        Ok(report) => {
            let _ = std::io::stdout().write_all(report.text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(not_done) => {
            if cli.collect.json_log {
                command::log_failure(&cli.collect, &not_done);
            } else {
                let _ = writeln!(std::io::stderr(), "bugbot-collector: {not_done}");
            }
            match not_done {
                // The same codes as those of `bugbot`.
                NotDone::NoAnswer(_) => ExitCode::from(3),
                NotDone::NoAccess(_) => ExitCode::from(4),
                NotDone::BadConfig(_) => ExitCode::from(5),
                NotDone::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}
