//! Text of others in the Markdown of Linear and GitHub.
//!
//! Invariant: what goes through here notifies nobody, closes nothing, switches no check off, hides
//! nothing, and shows where its links go. Its formatting stays, because reports and summaries are
//! written with it.

use crate::shorten::one_line;

/// Splits what would otherwise be read as a unit; invisible.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// The beginnings of the words with which GitHub and Linear close an issue that is named next.
/// <https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>
/// <https://linear.app/docs/github#magic-words>
const CLOSING: [&str; 5] = ["clos", "complet", "fix", "implement", "resolv"];

/// What in brackets keeps GitHub from running checks.
/// <https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs>
const SKIPPING: [&str; 5] = [
    "skip ci",
    "ci skip",
    "no ci",
    "skip actions",
    "actions skip",
];

/// Text of others in a paragraph of its own.
pub(super) fn text(given: &str) -> String {
    let mut out = String::with_capacity(given.len() + given.len() / 8);
    let mut words = given.split_inclusive(char::is_whitespace).peekable();
    while let Some(word) = words.next() {
        let closes = is_closing(word) && words.peek().is_some_and(|next| names_something(next));
        push_word(&mut out, word, closes);
    }
    // These reach across words.
    for skipping in SKIPPING {
        out = apart(&out, skipping);
    }
    out
}

/// Text of others within a line.
pub(crate) fn line(given: &str) -> String {
    text(&one_line(given))
}

/// Text of others as a block quote.
pub(crate) fn quote(given: &str) -> String {
    text(given)
        .lines()
        .map(|line| format!("> {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_closing(word: &str) -> bool {
    let word = word
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    CLOSING.iter().any(|stem| word.starts_with(stem))
}

/// `#12`, `GH-12`, `ENG-12`, or the address of an issue.
fn names_something(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
}

fn push_word(out: &mut String, word: &str, closes: bool) {
    let mut before = None;
    let mut chars = word.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let rest = &word[at..];
        // An address mentions nobody, and has to work: all of it is kept.
        if rest.starts_with("https://") || rest.starts_with("http://") {
            let end = rest.find(['<', '>', ')', ']', '"']).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            push_word(out, &rest[end..], false);
            return;
        }
        // `[label](address)` and `![image](address)`.
        if before == Some(']') && matches!(c, '(' | '[') {
            out.push(ZERO_WIDTH_SPACE);
        }
        out.push(c);
        let breaks = match c {
            '@' => true,
            '#' => next.is_some_and(|next| next.is_ascii_digit()),
            // A tag or a comment.
            '<' => next.is_some_and(|next| next.is_alphabetic() || matches!(next, '!' | '/' | '?')),
            _ => closes && before.is_none(),
        };
        if breaks {
            out.push(ZERO_WIDTH_SPACE);
        }
        before = Some(c);
    }
}

/// Splits `[words]`, in whichever case, after the bracket.
fn apart(text: &str, words: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (head, tail) = rest.split_at(at + 1);
        out.push_str(head);
        let inside = tail.get(..words.len());
        if inside.is_some_and(|inside| inside.eq_ignore_ascii_case(words))
            && tail[words.len()..].starts_with(']')
        {
            out.push(ZERO_WIDTH_SPACE);
        }
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the invisible made visible.
    fn shown(given: &str) -> String {
        text(given).replace(ZERO_WIDTH_SPACE, "·")
    }

    #[test]
    fn what_was_written_with_formatting_stays_formatted() {
        let prose = "**Cause:** `a[0]` is `NaN` \n\n- 1 < 2, a -> b\n- see https://example.com/@ann#12 (or not)\n";
        assert_eq!(shown(prose), prose);
        assert_eq!(shown("This fixes the cart."), "This fixes the cart.");
    }

    #[test]
    fn nobody_is_notified_and_nothing_is_closed() {
        assert_eq!(shown("@ann see #12"), "@·ann see #·12");
        assert_eq!(shown("Fixes #12"), "F·ixes #·12");
        assert_eq!(shown("closes: ENG-12"), "c·loses: ENG-12");
        assert_eq!(shown("Resolved GH-3"), "R·esolved GH-3");
        assert_eq!(
            shown("fix https://github.com/acme/shop/issues/1"),
            "f·ix https://github.com/acme/shop/issues/1"
        );
    }

    #[test]
    fn no_check_is_switched_off() {
        for word in SKIPPING {
            let given = format!("x [{}] y", word.to_uppercase());
            assert!(shown(&given).contains("[·"), "{given}");
        }
        assert_eq!(shown("[skip cinema] [x"), "[skip cinema] [x");
    }

    #[test]
    fn a_link_shows_where_it_goes_and_markup_is_text() {
        assert_eq!(
            shown("[bank](https://evil.example)"),
            "[bank]·(https://evil.example)"
        );
        assert_eq!(shown("![x][1]"), "![x]·[1]");
        assert_eq!(
            shown("<img src=x> <!-- y --> </b>"),
            "<·img src=x> <·!-- y --> <·/b>"
        );
    }

    #[test]
    fn every_line_of_a_quote_is_quoted_and_a_line_is_one() {
        assert_eq!(quote("a\n\n@b"), "> a\n> \n> @\u{200b}b");
        assert_eq!(line(" a\n# b "), "a # b");
    }
}
