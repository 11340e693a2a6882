//! Shortening that shows.
//!
//! Invariant: a cut leaves no half of a secret, whose shape nothing would know any more, and no half
//! of a mark of [`crate::redact`].
//!
//! Characters are code points, as Discord and GitHub count them: Discord measures with Python 3's
//! `len` (<https://github.com/discord/discord-api-docs/issues/1315>), which is what
//! `str::chars().count()` gives.

use unicode_segmentation::GraphemeCursor;

use crate::redact;

/// `text` if it has at most `max` characters, else its beginning and a note of how much is
/// missing, together at most `max` characters. A flag or a letter with its accent is not cut.
pub fn shorten(text: &str, max: usize) -> String {
    // Bytes bound characters from above, so most texts need no counting.
    if text.len() <= max {
        return text.to_owned();
    }
    let chars = text.chars().count();
    if chars <= max {
        return text.to_owned();
    }
    // The note's own length depends on the number in it: `chars` has at least as many digits.
    let room = note(chars).chars().count();
    if max < 4 * room {
        return beginning(text, max.saturating_sub(1)).to_owned() + "…";
    }
    let kept = beginning(text, max - room);
    let missing = chars - kept.chars().count();
    format!("{kept}{}", note(missing))
}

/// `text` with every run of spaces and line breaks as one space.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many characters Discord counts in `text`.
pub(crate) fn count(text: &str) -> usize {
    text.chars().count()
}

/// At most `max` characters of `text`, whole as people see them, without spaces at the end.
fn beginning(text: &str, max: usize) -> &str {
    let end = text
        .char_indices()
        .nth(max)
        .map_or(text.len(), |(at, _)| at);
    text[..redact::floor(text, grapheme_floor(text, end))].trim_end()
}

/// The nearest boundary between graphemes at or before `at`, or `at` itself (a character
/// boundary) when a single grapheme fills everything before it.
pub(crate) fn grapheme_floor(text: &str, at: usize) -> usize {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    if cursor.is_boundary(text, 0) == Ok(true) {
        return at;
    }
    match cursor.prev_boundary(text, 0) {
        Ok(Some(boundary)) if boundary > 0 => boundary,
        _ => at,
    }
}

fn note(missing: usize) -> String {
    format!("… ({missing} more characters)")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_at_the_limit_is_left_alone() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("", 0), "");
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(shorten("abcdef", 4), "abc…");
        let long = "x".repeat(3_000);
        let short = shorten(&long, 2_000);
        assert!(
            short.ends_with("x… (1024 more characters)"),
            "{}",
            &short[1_960..]
        );
        assert_eq!(short.chars().count(), 2_000);
    }

    #[test]
    fn a_flag_is_never_cut_in_half() {
        assert_eq!(shorten("ab🇩🇪cd", 4), "ab…");
        assert_eq!(shorten("e\u{301}e\u{301}e\u{301}", 4), "e\u{301}…");
    }

    #[test]
    fn a_code_point_outside_the_basic_plane_counts_once() {
        assert_eq!(shorten(&"🦀".repeat(256), 256), "🦀".repeat(256));
    }

    #[test]
    fn no_half_of_a_secret_is_left() {
        let token = format!("ghp_{}", "a1".repeat(20));
        assert_eq!(shorten(&format!("it is {token}"), 20), "it is…");
    }

    #[test]
    fn a_title_has_one_line() {
        assert_eq!(one_line(" a\n\tb \r\n c"), "a b c");
    }

    proptest! {
        #[test]
        fn the_result_is_never_longer_than_allowed(text in ".{0,300}", max in 1_usize..250) {
            let short = shorten(&text, max);
            prop_assert!(short.chars().count() <= max);
            prop_assert!(short == text || short.contains('…'));
        }
    }
}
