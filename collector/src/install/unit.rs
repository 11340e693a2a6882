//! The systemd unit.

/// The first line of every unit that `install` writes.
const MARK: &str = "# Written by `bugbot collect install`; `bugbot collect uninstall` removes it.";

/// The unit as the Debian package has it, for `/usr/bin/bugbot`.
pub(super) const PACKAGED: &str = include_str!("../../systemd/bugbot-collect.service");

/// The unit that runs this command.
pub(super) fn text(command: &[String]) -> String {
    let command: Vec<_> = command.iter().map(|word| quoted(word)).collect();
    let run = format!("ExecStart={}", command.join(" "));
    let lines: Vec<_> = PACKAGED
        .lines()
        .map(|line| {
            let is_run = line.starts_with("ExecStart=");
            if is_run { run.as_str() } else { line }
        })
        .collect();
    format!("{MARK}\n{}\n", lines.join("\n"))
}

pub(super) fn is_ours(text: &str) -> bool {
    text.starts_with(MARK)
}

pub(super) fn command_of(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.strip_prefix("ExecStart="))
}

/// A word as systemd reads it back: specifiers and variables doubled, quotes where they are needed.
fn quoted(word: &str) -> String {
    let doubled = word.replace('%', "%%").replace('$', "$$");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.,:=+@%$".contains(c);
    if !doubled.is_empty() && doubled.chars().all(plain) {
        return doubled;
    }
    let escaped = doubled.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
