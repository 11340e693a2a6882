//! The repository's own commands, run on a copy of the change.
//!
//! Invariants: they run when no agent does, as the agent's user, in an environment made from
//! nothing: no key of the model, no token, no HOME of the agent's, and no network, not even the
//! model's. They get a copy of the change, so that nothing they write gets into it. Of what they
//! start, nothing outlives them.
//!
//! They are as trusted as whoever can write to the default branch; the code under test that they
//! run is the agent's, and trusted as little as the agent.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use shared::executor::{Verification, VerifyOutcome};
use tokio::time::timeout;

use crate::config::Config;
use crate::redact::Redactor;
use crate::supervise::{end, supervised};
use crate::tail::tail;
use crate::workspace::Directories;

/// The longest that one command may take.
const WITHIN: Duration = Duration::from_mins(5);
/// How much of the end of a command's output is kept.
const MAX_OUTPUT_CHARS: usize = 4_000;

/// Runs one command. If `out_of_time` comes first, it is ended.
pub(crate) async fn run(
    config: &Config,
    place: &Directories,
    line: &str,
    redactor: &Redactor,
    out_of_time: impl Future<Output = ()>,
) -> io::Result<Verification> {
    let program = ["/bin/sh", "-c", &format!("exec 2>&1\n{line}")].map(str::to_owned);
    let mut command = supervised(config, None, &program)?;
    command
        .env("PATH", &config.path)
        .env("HOME", place.home())
        .env("TMPDIR", place.tmp())
        .env("LANG", "C.UTF-8")
        .env("TERM", "dumb")
        .env("CI", "1")
        .current_dir(place.work())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut supervisor = command.spawn()?;
    let stdout = supervisor.stdout.take().expect("it is piped");
    // A character has at most four bytes.
    let output = tokio::spawn(tail(stdout, 4 * MAX_OUTPUT_CHARS));
    let ended = tokio::select! {
        ended = timeout(WITHIN, supervisor.wait()) => ended.ok(),
        () = out_of_time => None,
    };
    let outcome = if let Some(status) = ended {
        match status?.code() {
            Some(0) => VerifyOutcome::Passed,
            code => VerifyOutcome::Failed {
                exit_code: code.unwrap_or(-1),
            },
        }
    } else {
        end(&mut supervisor).await;
        VerifyOutcome::TimedOut
    };
    let output = output.await.unwrap_or_default();
    Ok(Verification {
        command: line.to_owned(),
        outcome,
        output: last_chars(&redactor.redact(&String::from_utf8_lossy(&output))),
    })
}

/// The end of a text without what a terminal would obey.
fn last_chars(text: &str) -> String {
    let plain = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text: Vec<char> = text.chars().filter(plain).collect();
    let from = text.len().saturating_sub(MAX_OUTPUT_CHARS);
    text[from..].iter().collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_bounded_and_plain() {
        assert_eq!(last_chars(" a\u{1b}[31m\r\nb\n"), "a[31m\nb");
        let long = format!("{}end", "x".repeat(MAX_OUTPUT_CHARS));
        let kept = last_chars(&long);
        assert_eq!(kept.chars().count(), MAX_OUTPUT_CHARS);
        assert!(kept.ends_with("xend"));
    }
}
