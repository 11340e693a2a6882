//! The shapes that a text is read in: words, addresses, code blocks.

use std::ops::Range;

/// Hosts that people paste without `https://`.
const KNOWN_HOSTS: &[&str] = &[
    "linear.app/",
    "github.com/",
    "www.github.com/",
    "raw.githubusercontent.com/",
    "us.posthog.com/",
    "eu.posthog.com/",
    "app.posthog.com/",
    "discord.com/",
    "ptb.discord.com/",
    "canary.discord.com/",
    "discordapp.com/",
];

pub(in crate::reference) fn starts_with_known_host(text: &str) -> bool {
    let is = |host: &&str| {
        text.get(..host.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(host))
    };
    KNOWN_HOSTS.iter().any(is)
}

/// Blocks between pairs of three backticks, last first. One that is not closed is text, as in
/// Discord.
pub(super) fn fences(text: &str) -> Vec<Range<usize>> {
    let marks: Vec<usize> = text.match_indices("```").map(|(at, _)| at).collect();
    marks
        .chunks_exact(2)
        .rev()
        .map(|pair| pair[0]..pair[1])
        .collect()
}

/// How far an address reaches: to a space, to what cannot stand in one, or to a bracket that
/// was opened before it. `[` and `]` end it as well: Markdown needs them more than `IPv6` does.
pub(super) fn address_len(rest: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return at,
            ')' => depth -= 1,
            '<' | '>' | '"' | '\'' | '`' | '|' | '\\' | '{' | '}' | '^' | '[' | ']' => return at,
            _ if c.is_whitespace() || c.is_control() => return at,
            _ if !c.is_ascii() && !c.is_alphanumeric() => return at,
            _ => {}
        }
    }
    rest.len()
}

/// What belongs to a word: all that can stand in an identifier, an e-mail address or a path.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '%' | '$' | '@' | '/' | '#')
}

pub(super) fn is_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

pub(super) fn last_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}
