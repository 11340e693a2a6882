//! Looking for words in the base commit.

use std::collections::BTreeMap;

use shared::executor::{CodeSearch, LikelyFile};
use shared::id::CommitId;

use super::{Git, output};

/// A word that more files hold says nothing about any of them.
const MAX_FILES_OF_A_WORD: usize = 40;
/// How many files are named.
const MAX_FOUND: usize = 10;
/// A shorter word is in every file.
const MIN_WORD_CHARS: usize = 3;

/// The files below `folders` that hold the words, the most telling ones first. Failing to find
/// is not a failure: the agent can search for itself.
pub async fn search(
    git: &Git,
    commit: &CommitId,
    search: &CodeSearch,
    folders: &[String],
) -> Vec<LikelyFile> {
    let mut hits: BTreeMap<String, Vec<(&str, usize)>> = BTreeMap::new();
    for word in words(search) {
        let files = files_with(git, commit, word, folders).await;
        if files.len() > MAX_FILES_OF_A_WORD {
            continue;
        }
        let others = files.len();
        for file in files {
            hits.entry(file).or_default().push((word, others));
        }
    }
    ranked(hits)
}

fn words(search: &CodeSearch) -> impl Iterator<Item = &str> {
    let usable = |word: &&str| {
        (MIN_WORD_CHARS..=100).contains(&word.chars().count()) && !word.contains(char::is_control)
    };
    search
        .words
        .iter()
        .map(|word| word.trim())
        .filter(usable)
        .take(CodeSearch::MAX_WORDS)
}

async fn files_with(git: &Git, commit: &CommitId, word: &str, folders: &[String]) -> Vec<String> {
    let mut arguments = vec![
        "grep",
        "-I",
        "-F",
        "-i",
        "-l",
        "-z",
        "-e",
        word,
        commit.as_str(),
        "--",
    ];
    arguments.extend(folders.iter().map(|folder| folder.trim_end_matches('/')));
    // It also fails when nothing was found.
    let Ok(found) = output(git.command(&arguments)).await else {
        return Vec::new();
    };
    let prefix = format!("{commit}:");
    let names = found.split(|byte| *byte == 0);
    names
        .filter_map(|name| std::str::from_utf8(name).ok()?.strip_prefix(&prefix))
        .map(str::to_owned)
        .collect()
}

/// A word counts for more the fewer files hold it.
fn ranked(hits: BTreeMap<String, Vec<(&str, usize)>>) -> Vec<LikelyFile> {
    let weigh = |words: &[(&str, usize)]| -> usize {
        words.iter().map(|(_, files)| 1000 / (*files).max(1)).sum()
    };
    let mut files: Vec<_> = hits.into_iter().collect();
    files.sort_by_key(|(path, words)| (std::cmp::Reverse(weigh(words)), path.clone()));
    let named = files.into_iter().take(MAX_FOUND).map(|(path, words)| {
        let words: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        LikelyFile {
            path,
            reason: format!("contains {}", words.join(", ")),
        }
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_count_for_more() {
        let hits = BTreeMap::from([
            ("src/a.js".to_owned(), vec![("cart", 3)]),
            ("src/b.js".to_owned(), vec![("cart", 3), ("setQuantity", 1)]),
            ("src/c.js".to_owned(), vec![("cart", 3)]),
        ]);
        let found = ranked(hits);
        assert_eq!(found[0].path, "src/b.js");
        assert_eq!(found[0].reason, "contains `cart`, `setQuantity`");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn words_that_say_nothing_are_left_out() {
        let search = CodeSearch {
            words: vec!["a".into(), " cart ".into(), "x\ny!".into()],
        };
        assert_eq!(words(&search).collect::<Vec<_>>(), ["cart"]);
    }
}
