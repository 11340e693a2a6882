//! Nothing is lost, nothing is too long, blocks stay blocks.

use proptest::prelude::*;

use super::*;

#[test]
fn a_short_text_is_one_part() {
    assert_eq!(split("hello"), ["hello"]);
    assert_eq!(split(""), Vec::<String>::new());
    assert_eq!(split(" \n "), Vec::<String>::new());
}

#[test]
fn the_limit_itself_is_one_part() {
    assert_eq!(split(&"🦀".repeat(2_000)).len(), 1);
    assert_eq!(split(&"🦀".repeat(2_001)).len(), 2);
}

#[test]
fn paragraphs_come_before_lines_and_lines_before_words() {
    let a = "a".repeat(30);
    assert_eq!(
        split_at(&format!("{a}\n\n{a} b\nc"), 60),
        [format!("{a}\n\n"), format!("{a} b\nc")]
    );
    assert_eq!(
        split_at(&format!("{a} b\nc {a}"), 60),
        [format!("{a} b\n"), format!("c {a}")]
    );
    assert_eq!(
        split_at(&format!("{a} {a}"), 60),
        [format!("{a} "), a.clone()]
    );
}

#[test]
fn a_word_without_end_is_cut_between_graphemes() {
    let flags = "🇩🇪".repeat(60);
    let parts = split_at(&flags, 54);
    assert_eq!(parts.concat(), flags);
    assert!(parts.iter().all(|part| count(part).is_multiple_of(2)));
}

#[test]
fn a_block_is_closed_and_opened_again_in_its_language() {
    let line = "let x = 1; // some code\n";
    let text = format!("Look:\n```rust\n{}```\nThat was it.", line.repeat(6));
    let parts = split_at(&text, 100);
    assert!(parts.len() > 1);
    for part in &parts {
        assert!(count(part) <= 100);
        assert_eq!(part.matches("```").count() % 2, 0, "{part}");
    }
    assert!(parts[1].starts_with("```rust\nlet x"), "{}", parts[1]);
    assert!(parts[0].ends_with("code\n```"), "{}", parts[0]);
    assert_eq!(
        parts.concat().matches("let x = 1; // some code\n").count(),
        6
    );
    assert!(parts.last().unwrap().ends_with("\nThat was it."));
}

#[test]
fn an_open_fence_is_text() {
    let text = format!("```\n{}", "word ".repeat(30));
    let parts = split_at(&text, 60);
    assert_eq!(parts.concat(), text);
}

#[test]
fn a_megabyte_of_fences_ends() {
    for unit in [
        "```",
        "`",
        "```a\n",
        "\n\n",
        "🇩",
        "e\u{301}\u{301}",
        "\u{200d}",
        "a```\n",
    ] {
        let parts = split(&unit.repeat((1 << 20) / unit.len()));
        assert!(
            parts.iter().all(|part| count(part) <= MAX_CONTENT_CHARS),
            "{unit}"
        );
    }
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn without_fences_the_parts_are_the_text(text in r"(?s)([a-z ]{0,30}|\n|🇩🇪|e\u{301}|.){0,60}", limit in 54_usize..120) {
        prop_assume!(!text.contains("```"));
        let parts = split_at(&text, limit);
        prop_assert!(parts.iter().all(|part| count(part) <= limit && !part.trim().is_empty()));
        prop_assert_eq!(visible(&parts.concat()), visible(&text));
        if parts.iter().map(String::len).sum::<usize>() == text.len() {
            prop_assert_eq!(parts.concat(), text);
        }
    }

    #[test]
    fn blocks_stay_closed(
        pieces in prop::collection::vec(prop_oneof![
            r"[a-z \n]{1,80}",
            r"```(rust|c\+\+|)\n([a-z ]{0,30}\n){1,6}```",
            r"```[a-z ]{1,90}```",
        ], 0..8),
        limit in 54_usize..150,
    ) {
        let text = pieces.join("\n");
        let parts = split_at(&text, limit);
        for part in &parts {
            prop_assert!(count(part) <= limit, "{} > {}", count(part), limit);
            prop_assert_eq!(part.matches("```").count() % 2, 0, "{}", part);
        }
        let letters = |text: &str| visible(&text.replace("```rust\n", "").replace("```c++\n", "").replace("```", ""));
        prop_assert_eq!(letters(&parts.concat()), letters(&text));
    }

    #[test]
    fn hostile_fences_never_exceed_the_limit(text in r"(?s)([`\n a]|```|```rust\n|.){0,200}", limit in 54_usize..80) {
        let parts = split_at(&text, limit);
        prop_assert!(parts.iter().all(|part| count(part) <= limit));
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '`').count();
        prop_assert!(letters(&parts.concat()) >= letters(&text));
    }
}
