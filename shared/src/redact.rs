//! Takes out of text what must not travel further: secrets that somebody pasted, and e-mail
//! addresses.
//!
//! Invariants: time is linear in the text, whatever the text is (every look ahead is bounded, and
//! what is taken out is not looked at again); what was taken out once stays as it is; nothing that
//! the text did not hold comes into it but the marks.
//!
//! It happens where text leaves us and not where it comes in: a reporter's address still finds the
//! person in PostHog. It is a net and not a wall: a secret without any known shape passes.

mod places;
mod shapes;
#[cfg(test)]
mod tests;

pub use places::{BadPlace, Place, Redaction};

use shapes::Found;

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    /// Tokens, keys, passwords.
    pub secrets: bool,
    /// E-mail addresses.
    pub emails: bool,
}

impl Kinds {
    /// All of it.
    pub const ALL: Self = Self {
        secrets: true,
        emails: true,
    };
}

/// The text without `kinds`. A mark says what was there.
pub fn redact(text: &str, kinds: Kinds) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    // Up to where the text is in `out`, and where is looked next.
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        match shapes::find(text, at, kinds) {
            Some(Found { from, to, what }) => {
                out.push_str(&text[copied..from]);
                out.push_str("[redacted: ");
                out.push_str(what);
                out.push(']');
                (copied, at) = (to, to);
            }
            None => at = next_start(bytes, at),
        }
    }
    out.push_str(&text[copied..]);
    out
}

/// Where a shape can begin next: after the word at `at`, or one byte further.
fn next_start(bytes: &[u8], at: usize) -> usize {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let word = bytes[at..].iter().take_while(|byte| is_word(byte)).count();
    at + word.max(1)
}
