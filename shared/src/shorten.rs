//! Shortening that shows.

/// `text` if it has at most `max` characters, else its beginning and a note of how much is
/// missing, together at most `max` characters. (Characters are code points, as Discord and GitHub count.)
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
        let kept: String = text.chars().take(max.saturating_sub(1)).collect();
        return kept.trim_end().to_owned() + "…";
    }
    let kept: String = text.chars().take(max - room).collect();
    let kept = kept.trim_end();
    let missing = chars - kept.chars().count();
    format!("{kept}{}", note(missing))
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

    proptest! {
        #[test]
        fn the_result_is_never_longer_than_allowed(text in ".{0,300}", max in 1_usize..250) {
            let short = shorten(&text, max);
            prop_assert!(short.chars().count() <= max);
            prop_assert!(short == text || short.contains('…'));
        }
    }
}
