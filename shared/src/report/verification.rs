//! What reviewers read of the repository's own commands.

use std::fmt::Write as _;

use super::escape::inline_code;
use crate::executor::{Verification, VerifyOutcome};

/// The most lines of a failed command's output that a pull request quotes.
const MAX_LINES: usize = 20;
/// The most characters of such a line.
const MAX_LINE_CHARS: usize = 200;

/// One line for each command: whether it passed.
pub(super) fn lines(all: &[Verification]) -> Vec<String> {
    all.iter().map(line).collect()
}

/// A section of a pull request's text; nothing if no command ran.
pub(super) fn section(all: &[Verification]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut out = "### Verification\n".to_owned();
    for one in all {
        let _ = writeln!(out, "- {}", line(one));
        if !one.has_passed() && !one.output.is_empty() {
            let _ = writeln!(out, "\n{}", quoted(&one.output));
        }
    }
    out + "\n"
}

fn line(one: &Verification) -> String {
    let command = inline_code(&one.command);
    match one.outcome {
        VerifyOutcome::Passed => format!("✅ {command} passed"),
        VerifyOutcome::Failed { exit_code } => {
            format!("❌ {command} failed with exit code {exit_code}")
        }
        VerifyOutcome::TimedOut => format!("⌛ {command} was not done in time"),
    }
}

/// The end of an output as a block that nothing in it can end: every line is indented.
fn quoted(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let last = &lines[lines.len().saturating_sub(MAX_LINES)..];
    let indented = last.iter().map(|line| {
        let line: String = line.chars().take(MAX_LINE_CHARS).collect();
        format!("      {line}\n")
    });
    indented.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(command: &str, outcome: VerifyOutcome, output: &str) -> Verification {
        Verification {
            command: command.to_owned(),
            outcome,
            output: output.to_owned(),
        }
    }

    #[test]
    fn a_pull_request_says_what_passed_and_quotes_what_failed() {
        let failed = VerifyOutcome::Failed { exit_code: 1 };
        let all = [
            ran("npm ci", VerifyOutcome::Passed, "added 3 packages"),
            ran(
                "npm test",
                failed,
                "not ok 1\n```\n@everyone <b>\n# tests 1",
            ),
            ran("npm run lint", VerifyOutcome::TimedOut, ""),
        ];
        insta::assert_snapshot!(section(&all), @r"
        ### Verification
        - ✅ `npm ci` passed
        - ❌ `npm test` failed with exit code 1

              not ok 1
              ```
              @everyone <b>
              # tests 1

        - ⌛ `npm run lint` was not done in time
        ");
        assert_eq!(section(&[]), "");
    }

    #[test]
    fn a_long_output_is_quoted_by_its_end() {
        let long = (0..100)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join("\n");
        let quoted = quoted(&long);
        assert_eq!(quoted.lines().count(), MAX_LINES);
        assert!(quoted.ends_with("      99\n"), "{quoted}");
    }
}
