//! How long a text may be where it is shown, and how it is cut visibly.
//!
//! Discord counts Unicode code points, not UTF-16 units and not bytes: its API measures with
//! Python 3's `len` (<https://github.com/discord/discord-api-docs/issues/1315>), which is what
//! `str::chars().count()` gives.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// A message's content. Discord's OpenAPI says 4,000; its documentation says 2,000 and wins.
/// <https://docs.discord.com/developers/resources/message#create-message>
pub const MESSAGE_CHARS: usize = 2_000;
/// An embed's title.
/// <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>
pub const EMBED_TITLE_CHARS: usize = 256;
/// An embed's description.
pub const EMBED_DESCRIPTION_CHARS: usize = 4_096;
/// The fields of an embed.
pub const EMBED_FIELDS: usize = 25;
/// The name of an embed's field.
pub const FIELD_NAME_CHARS: usize = 256;
/// The value of an embed's field.
pub const FIELD_VALUE_CHARS: usize = 1_024;
/// The text of an embed's footer.
pub const FOOTER_CHARS: usize = 2_048;
/// All texts of all embeds of one message together.
pub const EMBEDS_TOTAL_CHARS: usize = 6_000;
/// The name of a thread.
pub const THREAD_NAME_CHARS: usize = 100;
/// The label of a button.
pub const BUTTON_LABEL_CHARS: usize = 80;
/// The id that we give to a button or modal.
pub const CUSTOM_ID_CHARS: usize = 100;
/// The name or the value of one autocomplete choice.
pub const CHOICE_CHARS: usize = 100;
/// The choices of one autocomplete answer.
pub const CHOICES: usize = 25;

/// What marks a cut.
pub const ELLIPSIS: char = '…';

/// How many characters Discord counts in `text`.
pub fn count(text: &str) -> usize {
    text.chars().count()
}

/// `text` within `max` characters. A longer one ends with [`ELLIPSIS`], at a word's end if there
/// is one in the last quarter, and never inside a grapheme (a flag, a letter with its accent).
pub fn truncate(text: &str, max: usize) -> String {
    let Some((limit, _)) = text.char_indices().nth(max) else {
        return text.to_owned();
    };
    if max == 0 {
        return String::new();
    }
    let room = text[..limit]
        .char_indices()
        .next_back()
        .map_or(0, |(at, _)| at);
    let word = text[..room]
        .rfind(char::is_whitespace)
        .filter(|at| *at >= room - room / 4);
    let cut = word.unwrap_or_else(|| grapheme_floor(text, room));
    let mut kept = text[..cut].trim_end().to_owned();
    kept.push(ELLIPSIS);
    kept
}

/// `text` on one line within `max` characters: for titles, names and labels.
pub fn one_line(text: &str, max: usize) -> String {
    let mut words = text.split_whitespace();
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
    }
    truncate(&line, max)
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

/// How many graphemes a person sees.
pub fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_within_the_limit_is_untouched() {
        assert_eq!(truncate("abc", 3), "abc");
        assert_eq!(truncate("", 0), "");
    }

    #[test]
    fn a_cut_shows_and_prefers_the_end_of_a_word() {
        assert_eq!(truncate("the button is broken", 16), "the button is…");
        assert_eq!(truncate("abcdefgh", 4), "abc…");
        assert_eq!(truncate("abc", 1), "…");
    }

    #[test]
    fn a_flag_is_never_cut_in_half() {
        assert_eq!(truncate("ab🇩🇪cd", 4), "ab…");
        assert_eq!(truncate("e\u{301}e\u{301}e\u{301}", 4), "e\u{301}…");
    }

    #[test]
    fn a_code_point_outside_the_basic_plane_counts_once() {
        assert_eq!(count("🦀"), 1);
        assert_eq!(
            truncate(&"🦀".repeat(256), EMBED_TITLE_CHARS),
            "🦀".repeat(256)
        );
    }

    #[test]
    fn a_title_has_one_line() {
        assert_eq!(one_line(" a\n\tb \r\n c", 10), "a b c");
    }

    proptest! {
        #[test]
        fn never_longer_than_allowed(text in r"(?s).{0,80}", max in 0_usize..60) {
            prop_assert!(count(&truncate(&text, max)) <= max);
            prop_assert!(count(&one_line(&text, max)) <= max);
        }
    }
}
