//! Splitting a long text into messages without losing any of it.

/// `text` in parts of at most `max` characters, cut at paragraphs, else lines, else words, else
/// anywhere. A code block that is cut is closed and opened again, so that each part renders as it
/// would have in the whole.
///
/// `max` is at least 64, so that a fence and some text always fit.
pub fn split(text: &str, max: usize) -> Vec<String> {
    let max = max.max(MIN_PART_CHARS);
    let mut parts = Vec::new();
    let mut rest = text.trim_matches('\n');
    // The opening line of the code block that the last cut fell into.
    let mut open: Option<String> = None;
    while !rest.is_empty() {
        let prefix = open
            .as_ref()
            .map_or(String::new(), |fence| format!("{fence}\n"));
        let room = max - prefix.chars().count();
        let (taken, left) = if rest.chars().count() <= room {
            (rest, "")
        } else {
            // Room for a closing fence, whether or not it turns out to be needed.
            cut(rest, room - CLOSE.len())
        };
        let inside = open_fence_after(taken, open.take());
        let mut part = prefix + taken.trim_end_matches('\n');
        if let Some(fence) = inside {
            // Text that ends inside a block of its own is left as its author wrote it.
            if !left.is_empty() {
                part.push_str(CLOSE);
                open = Some(fence);
            }
        }
        if !part.trim().is_empty() {
            parts.push(part);
        }
        rest = left;
    }
    parts
}

const CLOSE: &str = "\n```";
const MIN_PART_CHARS: usize = 64;
/// An opening fence longer than this is reopened without its info string.
const MAX_FENCE_CHARS: usize = 24;

/// Cuts `text`, which is longer than `room`, at the best place within `room` characters.
fn cut(text: &str, room: usize) -> (&str, &str) {
    let end = text
        .char_indices()
        .nth(room)
        .map_or(text.len(), |(at, _)| at);
    let window = &text[..end];
    // A cut in the first half would make short parts: rather a worse place later on.
    let late_enough = |at: &usize| *at >= end / 2;
    let at = window
        .rfind("\n\n")
        .filter(late_enough)
        .or_else(|| window.rfind('\n').filter(late_enough))
        .or_else(|| window.rfind(' ').filter(late_enough));
    match at {
        Some(at) => (&text[..at], text[at..].trim_start_matches(['\n'])),
        None => text.split_at(end),
    }
}

/// The opening line of the code block that `text` ends in, if it ends in one.
fn open_fence_after(text: &str, mut open: Option<String>) -> Option<String> {
    for line in text.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            open = match open {
                Some(_) => None,
                // "```code```" on one line opens nothing.
                None if info.contains("```") => None,
                None if info.chars().count() > MAX_FENCE_CHARS - 3 => Some("```".to_owned()),
                None => Some(format!("```{}", info.trim())),
            };
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_text_is_one_part_and_none_is_none() {
        assert_eq!(split("hello", 2_000), ["hello"]);
        assert_eq!(split("\n\n", 2_000), Vec::<String>::new());
    }

    #[test]
    fn paragraphs_are_kept_together() {
        let text = format!("{}\n\n{}", "a".repeat(50), "b".repeat(50));
        assert_eq!(split(&text, 80), ["a".repeat(50), "b".repeat(50)]);
    }

    #[test]
    fn a_code_block_that_is_cut_is_closed_and_opened_again() {
        let lines = "let x = 1;\n".repeat(12);
        let parts = split(&format!("Before\n```rust\n{lines}```\nAfter"), 100);
        assert!(parts.len() > 1);
        for part in &parts {
            assert_eq!(part.matches("```").count() % 2, 0, "{part}");
            assert!(part.chars().count() <= 100);
        }
        assert!(parts[1].starts_with("```rust\n"), "{}", parts[1]);
        let count: usize = parts
            .iter()
            .map(|part| part.matches("let x = 1;").count())
            .sum();
        assert_eq!(count, 12);
    }

    proptest! {
        #[test]
        fn no_part_is_too_long_and_no_word_is_lost(
            text in "([a-zé`]{1,90}|[ \n]|\n```\n){0,60}",
            max in 64_usize..200,
        ) {
            let parts = split(&text, max);
            for part in &parts {
                prop_assert!(part.chars().count() <= max);
            }
            let letters = |s: &str| s.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
        }
    }
}
