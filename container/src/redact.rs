//! The last line of defence: no text that leaves a run holds one of its secrets.

use shared::secret::Secret;

/// Knows the secrets of a run, and takes them out of text.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Vec<Secret>);

impl Redactor {
    /// Takes out these.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self(
            secrets
                .into_iter()
                .filter(|secret| !secret.expose().is_empty())
                .collect(),
        )
    }

    /// Takes out this one too.
    pub fn add(&mut self, secret: Secret) {
        self.0.push(secret);
    }

    /// The text without the secrets.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), "[redacted]");
            }
        }
        text
    }
}

/// The first line break and everything after it gone, control characters too, at most `max`
/// characters: text that others wrote, fit for one line of a log or a message.
pub fn one_line(text: &str, max: usize) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let clean = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut out: String = clean.take(max + 1).collect();
    if out.chars().count() > max {
        out = out.chars().take(max - 1).chain(['…']).collect();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_taken_out_everywhere() {
        let redactor = Redactor::new([Secret::new("aaa"), Secret::new("b"), Secret::new("")]);
        assert_eq!(
            redactor.redact("x aaa y b aaa"),
            "x [redacted] y [redacted] [redacted]"
        );
    }

    #[test]
    fn one_line_is_one_line_of_bounded_length() {
        assert_eq!(one_line(" a\tb\u{1b}c\nd", 9), "a b c");
        assert_eq!(one_line("äöüäöü", 4), "äöü…");
        assert_eq!(one_line("äöüä", 4), "äöüä");
    }
}
