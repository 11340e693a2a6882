//! The `bugbot` program.

use std::io::Write as _;
use std::process::ExitCode;

use bugbot_cli::args::Cli;
use bugbot_cli::net::Net;
use bugbot_cli::{Done, Exit, Failure, run};
use clap::Parser as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && std::env::args_os().any(|word| word == "--json") => {
            let failure = Failure::of_usage(&error);
            let _ = std::io::stdout().write_all(failure.to_json().as_bytes());
            return ExitCode::from(failure.exit as u8);
        }
        // Help is asked for, or the mistake is a person's.
        Err(error) => error.exit(),
    };
    let result = match Net::new() {
        Ok(net) => run(&cli, &net).await,
        Err(error) => Err(Failure::failed(format!("{error:#}"))),
    };
    let (out, err, exit) = match result {
        Ok(done) => shown(&done, cli.json),
        Err(failure) if cli.json => (failure.to_json(), String::new(), failure.exit),
        Err(failure) if cli.logs_json(&failure) => (String::new(), String::new(), failure.exit),
        Err(failure) => (String::new(), format!("bugbot: {failure}\n"), failure.exit),
    };
    // A reader that has gone away (`| head`) is no failure of ours.
    let _ = std::io::stdout().write_all(out.as_bytes());
    let _ = std::io::stderr().write_all(err.as_bytes());
    ExitCode::from(exit as u8)
}

fn shown(done: &Done, json: bool) -> (String, String, Exit) {
    let out = if json {
        done.to_json()
    } else {
        done.text.clone()
    };
    (out, String::new(), done.exit)
}
