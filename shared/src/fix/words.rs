//! The words of a report that are worth searching code for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Words that stand in every report and in no line of code that matters.
const COMMON: &[&str] = &[
    "about", "after", "again", "always", "because", "before", "broken", "button", "cannot",
    "click", "clicked", "clicking", "could", "discord", "does", "doesn", "error", "expected",
    "every", "from", "getting", "have", "instead", "issue", "just", "like", "message", "never",
    "nothing", "only", "page", "please", "reported", "same", "screen", "should", "shows", "some",
    "still", "than", "that", "their", "them", "then", "there", "these", "they", "this", "user",
    "users", "wants", "were", "what", "when", "where", "which", "while", "will", "with", "work",
    "working", "works", "would", "wrong", "your", "https", "http", "the", "and", "for", "not",
    "but", "are", "was", "you", "can", "has", "had", "its", "into", "out", "one", "two", "add",
    "get", "see", "all", "any", "too", "now", "new", "how", "why", "who",
];
/// The shortest word that tells anything.
const MIN_CHARS: usize = 3;
/// The longest; longer ones are hashes and addresses.
const MAX_CHARS: usize = 40;

/// The up to `max` most telling words of a text, the best first: those that look like code
/// (`formatTotal`, `cart-total`) before ordinary ones, then those that are said most often, then
/// those that are said first.
pub(super) fn telling(text: &str, max: usize) -> Vec<String> {
    let words = text
        .split_whitespace()
        .filter(|word| !word.contains("://"))
        .flat_map(|word| word.split(|c: char| !(c.is_alphanumeric() || "_-$".contains(c))))
        .map(|word| word.trim_matches('-'))
        .filter(|word| (MIN_CHARS..=MAX_CHARS).contains(&word.chars().count()))
        .filter(|word| !word.chars().all(|c| c.is_ascii_digit()))
        .filter(|word| !COMMON.contains(&word.to_lowercase().as_str()));
    let mut ranks: BTreeMap<String, Rank> = BTreeMap::new();
    for (first, word) in words.enumerate() {
        let code = looks_like_code(word);
        let key = if code {
            word.to_owned()
        } else {
            word.to_lowercase()
        };
        ranks
            .entry(key)
            .or_insert(Rank {
                code,
                said: 0,
                first,
            })
            .said += 1;
    }
    let mut ranked: Vec<(String, Rank)> = ranks.into_iter().collect();
    ranked.sort_by_key(|(_, rank)| (Reverse(rank.code), Reverse(rank.said), rank.first));
    ranked.into_iter().take(max).map(|(word, _)| word).collect()
}

struct Rank {
    code: bool,
    said: usize,
    first: usize,
}

/// An identifier rather than a word: with a capital, digit, underscore or dollar inside.
fn looks_like_code(word: &str) -> bool {
    word.contains(['_', '$'])
        || word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase)
        || word.contains('-') && word.chars().filter(|c| *c == '-').count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_come_first_and_fillers_not_at_all() {
        let text = "The cart total is wrong: formatTotal shows NaN when the cart is empty. https://x.test/cartTotal";
        assert_eq!(telling(text, 4), ["formatTotal", "NaN", "cart", "total"]);
    }

    #[test]
    fn a_text_of_fillers_has_no_telling_words() {
        assert_eq!(
            telling("This does not work, please 123", 4),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_looks_like_a_hash_is_no_word() {
        assert_eq!(telling(&"a1".repeat(40), 4), Vec::<String>::new());
    }
}
