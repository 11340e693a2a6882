//! What people write to bugbot in a pull request.
//!
//! `@bugbot address` or `/bugbot fix` at the beginning of a line, in a comment, a review or a
//! comment on a line of the diff. Quotes and code are somebody else's words: they ask nothing.

use serde::{Deserialize, Serialize};

use crate::shorten::shorten;

/// The most characters that are kept of a comment. An agent's prompt has parts of 24 KiB; several
/// comments share one.
pub const MAX_ASK_CHARS: usize = 4_000;

/// The words that address us.
const NAMES: [&str; 2] = ["@bugbot", "/bugbot"];
/// What can be asked: to work on what reviewers wrote.
const VERBS: [&str; 2] = ["address", "fix"];
/// Who may ask: those whom GitHub says to have been given access to the repository. Everybody
/// else (`CONTRIBUTOR`, `NONE`, ..) may comment on a public pull request, and cost money.
const TRUSTED: [&str; 3] = ["OWNER", "MEMBER", "COLLABORATOR"];

/// Somebody asks for review comments to be addressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The comment, whatever its kind: `comment-492700400`. What tells a repeat.
    pub id: String,
    /// Who wrote it.
    pub by: String,
    /// What it says.
    pub text: String,
    /// Where it is to be read.
    pub url: String,
    /// The line of the diff that it is on: `src/cart.ts:12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl Ask {
    /// The same with no more text than is kept.
    #[must_use]
    pub(super) fn bounded(mut self) -> Self {
        self.text = shorten(&self.text, MAX_ASK_CHARS);
        self
    }
}

/// Whether the text asks something of us.
pub(super) fn asks(text: &str) -> bool {
    let mut is_code = false;
    text.lines().any(|line| {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            is_code = !is_code;
        }
        !is_code && is_command(line)
    })
}

fn is_command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let is = |word: Option<&str>, known: &[&str]| {
        let word = word
            .unwrap_or_default()
            .trim_end_matches([',', ':', '.', '!']);
        known.iter().any(|name| name.eq_ignore_ascii_case(word))
    };
    is(words.next(), &NAMES) && is(words.next(), &VERBS)
}

/// Whether somebody of this `author_association` may ask.
pub(in crate::github) fn is_trusted(association: &str) -> bool {
    TRUSTED.contains(&association)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_our_name_and_a_verb_asks() {
        for text in [
            "@bugbot address",
            "/bugbot fix",
            "  @BugBot, address this please",
            "Almost.\n\n/bugbot fix the rounding too",
        ] {
            assert!(asks(text), "{text:?}");
        }
    }

    #[test]
    fn quotes_code_and_mentions_in_passing_ask_nothing() {
        for text in [
            "",
            "> @bugbot address",
            "```\n/bugbot fix\n```",
            "Did @bugbot fix this?",
            "/bugbot",
            "/bugbot deploy",
            "/bugbotfix fix",
        ] {
            assert!(!asks(text), "{text:?}");
        }
    }

    #[test]
    fn those_without_access_cannot_ask() {
        assert!(is_trusted("COLLABORATOR") && is_trusted("OWNER") && is_trusted("MEMBER"));
        for other in [
            "CONTRIBUTOR",
            "FIRST_TIME_CONTRIBUTOR",
            "NONE",
            "MANNEQUIN",
            "",
            "owner",
        ] {
            assert!(!is_trusted(other), "{other}");
        }
    }
}
