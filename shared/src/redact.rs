//! Takes out of text what must not travel further: secrets that somebody pasted, and e-mail
//! addresses.
//!
//! Invariants: time is linear in the text, whatever the text is (every look ahead is bounded, and
//! what is taken out is not looked at again); what was taken out once stays as it is; nothing that
//! the text did not hold comes into it but the marks.
//!
//! It happens where text leaves us and not where it comes in: a reporter's address still finds the
//! person in PostHog. Each way out takes only what went through here: the requests to Linear and to
//! the executor take [`Cleared`] things, a line of the log takes errors by way of
//! [`Said`](crate::log::Said), and what GitHub is told is [`published`]. Text that is cut on its way
//! there is cut by [`floor`] and [`ceil`], so that no half of a secret is left whose shape nothing
//! knows any more.
//!
//! It is a net and not a wall: a secret without any known shape passes.

mod cleared;
mod places;
mod shapes;
#[cfg(test)]
mod tests;

pub use cleared::{Cleared, Redact};
pub use places::{BadPlace, Place, Places, Redaction};

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

/// What every mark begins with.
const MARK: &str = "[redacted: ";
/// The longest mark.
const MAX_MARK_BYTES: usize = 40;

/// The text without `kinds`. A mark says what was there.
pub fn redact(text: &str, kinds: Kinds) -> String {
    let mut out = String::with_capacity(text.len());
    // Up to where the text is in `out`.
    let mut copied = 0;
    for Found { from, to, what } in found(text, |at| shapes::find(text, at, kinds)) {
        out.push_str(&text[copied..from]);
        out.push_str(MARK);
        out.push_str(what);
        out.push(']');
        copied = to;
    }
    out.push_str(&text[copied..]);
    out
}

/// The text as it may stand in a repository, whoever can read that: no setting lets more through.
pub fn published(text: &str) -> String {
    redact(text, Kinds::ALL)
}

/// Where to cut at or before `at`, a character boundary, so that the cut goes through nothing that
/// would be taken out, and through no mark.
pub fn floor(text: &str, at: usize) -> usize {
    cut_through(text, at).map_or(at, |found| found.from)
}

/// The same at or after `at`.
pub fn ceil(text: &str, at: usize) -> usize {
    cut_through(text, at).map_or(at, |found| found.to)
}

fn cut_through(text: &str, at: usize) -> Option<Found> {
    let mut all = found(text, |from| {
        shapes::find(text, from, Kinds::ALL).or_else(|| mark(text, from))
    });
    all.find(|found| at < found.to)
        .filter(|found| found.from < at)
}

fn mark(text: &str, at: usize) -> Option<Found> {
    let rest = text[at..].strip_prefix(MARK)?;
    let end = rest.bytes().take(MAX_MARK_BYTES).position(|b| b == b']')?;
    Some(Found {
        from: at,
        to: at + MARK.len() + end + 1,
        what: "mark",
    })
}

/// What `find` finds, in order; it is asked wherever a shape can begin.
fn found(text: &str, find: impl Fn(usize) -> Option<Found>) -> impl Iterator<Item = Found> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            match find(at) {
                Some(found) => {
                    at = found.to;
                    return Some(found);
                }
                None => at = next_start(text, at),
            }
        }
        None
    })
}

/// Where a shape can begin next: after the word at `at`, or one character further. The letter of an
/// escape (`\n` in a log that quotes) belongs to no word.
fn next_start(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    if rest.starts_with("\\n") || rest.starts_with("\\r") || rest.starts_with("\\t") {
        return at + 2;
    }
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let word: usize = rest.chars().take_while(is_word).map(char::len_utf8).sum();
    let one = rest.chars().next().map_or(1, char::len_utf8);
    at + word.max(one)
}
