//! A title made from a report: its first sentence, without what only a chat understands.

/// Linear shows about this many characters of a title in its lists.
const MAX_CHARS: usize = 80;

/// The title of an issue about `report`: of its first line that says anything.
pub(crate) fn title_of(report: &str) -> String {
    let said = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().filter(is_said).collect();
        words.join(" ")
    };
    let line = report
        .lines()
        .map(said)
        .find(|line| line.chars().any(char::is_alphanumeric))
        .unwrap_or_default();
    let sentence = first_sentence(&line);
    if sentence.is_empty() {
        "Bug report from Discord".to_owned()
    } else {
        sentence
    }
}

/// Neither a mention, nor an emoji of a server, nor an address.
fn is_said(word: &&str) -> bool {
    let markup = word.starts_with('<') && word.ends_with('>');
    !markup && !word.contains("://") && !word.starts_with('@')
}

fn first_sentence(text: &str) -> String {
    let end = text
        .char_indices()
        .find(|(at, c)| matches!(c, '.' | '!' | '?') && ends_here(text, at + c.len_utf8()))
        .map_or(text.len(), |(at, _)| at);
    let sentence =
        text[..end].trim_matches(|c: char| !c.is_alphanumeric() && !"()[]'\"`".contains(c));
    crate::shorten::shorten(sentence, MAX_CHARS)
}

/// "v1.2" and "e.g. this" go on; "broken. Please" ends. A sentence shorter than three words is
/// a greeting.
fn ends_here(text: &str, end: usize) -> bool {
    let rest = &text[end..];
    let last_word = text[..end - 1].rsplit(' ').next().unwrap_or_default();
    (rest.is_empty() || rest.starts_with(' '))
        && !last_word.contains('.')
        && !rest.trim_start().starts_with(char::is_lowercase)
        && text[..end].split(' ').count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_the_first_sentence_of_a_report() {
        for (report, title) in [
            (
                "The total is wrong in the cart. Steps: add two",
                "The total is wrong in the cart",
            ),
            ("Hi! The total is wrong", "Hi! The total is wrong"),
            (
                "<@123> checkout v1.2 crashes on e.g. Safari!",
                "checkout v1.2 crashes on e.g. Safari",
            ),
            ("\n\n**Save button dead**\nmore", "Save button dead"),
            (
                "https://example.com/replay/1 shows a blank page",
                "shows a blank page",
            ),
            (
                "🎉 --- 🎉\nI pressed + twice, and got 3 ",
                "I pressed + twice, and got 3",
            ),
            ("<:sad:1> <@1>", "Bug report from Discord"),
            ("", "Bug report from Discord"),
        ] {
            assert_eq!(title_of(report), title, "{report:?}");
        }
    }

    #[test]
    fn a_long_title_is_cut_visibly() {
        let title = title_of(&"word ".repeat(100));
        assert!(title.chars().count() <= MAX_CHARS);
        assert!(title.ends_with('…'));
    }
}
