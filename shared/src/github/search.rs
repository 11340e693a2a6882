//! Code search: where in a repository the words of a report occur.
//!
//! It covers the default branch and files below 384 KB, and allows about ten searches a minute: a
//! caller caches, and does without when it is limited. It is not the search of the website: there
//! is no `OR` in it, so a caller that wants any of several words searches several times.
//! <https://docs.github.com/en/rest/search/search#search-code>

use ::http::{HeaderValue, Method, header};
use jiff::Timestamp;
use serde::Deserialize;

use super::answer::checked;
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::service::{Api, ServiceError, decode};

/// The most words of a query: hardly any file holds more than these together.
pub const MAX_WORDS: usize = 4;
/// The most hits that are asked for.
pub const MAX_HITS: usize = 50;
/// GitHub takes 256 characters: four words of 20 with their quotes, a repository of 140 at most
/// with its qualifier, and what is left is the folder's.
const MAX_WORD_CHARS: usize = 20;
const MAX_QUERY_CHARS: usize = 256;
const MAX_FRAGMENTS: usize = 3;
const MAX_FRAGMENT_CHARS: usize = 400;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeQuery {
    /// All of these, in one file: the first [`MAX_WORDS`] that hold a letter or digit count.
    pub words: Vec<String>,
    /// Only below this folder.
    pub folder: Option<String>,
    /// The most hits.
    pub limit: usize,
}

impl CodeQuery {
    /// The words as they go into the query.
    fn words(&self) -> impl Iterator<Item = String> {
        self.words
            .iter()
            .filter_map(|word| quoted(word))
            .take(MAX_WORDS)
    }

    /// Whether there is nothing to look for; GitHub refuses such a search.
    pub fn is_empty(&self) -> bool {
        self.words().next().is_none()
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeHits {
    /// The files, best first.
    pub hits: Vec<CodeHit>,
    /// Whether GitHub ran out of time and left some out.
    pub incomplete: bool,
}

impl CodeHits {
    /// The results of several searches as one: the files that most of them found come first, and
    /// otherwise the order of the earlier search holds.
    pub(super) fn merged(searches: Vec<Self>, limit: usize) -> Self {
        let mut all: Vec<(usize, CodeHit)> = Vec::new();
        let mut incomplete = false;
        for search in searches {
            incomplete |= search.incomplete;
            for hit in search.hits {
                if let Some((found, known)) = all.iter_mut().find(|(_, k)| k.path == hit.path) {
                    *found += 1;
                    known.fragments.extend(hit.fragments);
                    known.fragments.truncate(MAX_FRAGMENTS * MAX_WORDS);
                } else {
                    all.push((1, hit));
                }
            }
        }
        all.sort_by_key(|(found, _)| std::cmp::Reverse(*found));
        let hits = all
            .into_iter()
            .map(|(_, hit)| hit)
            .take(limit.clamp(1, MAX_HITS))
            .collect();
        Self { hits, incomplete }
    }
}

/// A file in which a word occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeHit {
    /// Its path.
    pub path: String,
    /// Its address.
    pub url: String,
    /// The lines around the words, a few.
    pub fragments: Vec<String>,
}

/// Searches.
pub fn search_code_request(api: &Api, repo: &RepoName, query: &CodeQuery) -> Request {
    let words = query.words().collect::<Vec<_>>().join(" ");
    let mut q = format!("{words} repo:{repo}");
    // A folder that needs quoting is left out: it narrows, no more.
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if let Some(folder) = query
        .folder
        .as_deref()
        .filter(|folder| folder.chars().all(plain))
        && q.len() + " path:".len() + folder.len() <= MAX_QUERY_CHARS
    {
        q.push_str(" path:");
        q.push_str(folder);
    }
    let per_page = query.limit.clamp(1, MAX_HITS).to_string();
    let mut request = api.call(
        Method::GET,
        &["search", "code"],
        &[("q", &q), ("per_page", &per_page)],
    );
    let accept = HeaderValue::from_static("application/vnd.github.text-match+json");
    request.headers_mut().insert(header::ACCEPT, accept);
    request
}

/// A word that cannot be read as a qualifier.
fn quoted(word: &str) -> Option<String> {
    let kept: String = word
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '\\'))
        .take(MAX_WORD_CHARS)
        .collect();
    let kept = kept.trim();
    kept.chars()
        .any(char::is_alphanumeric)
        .then(|| format!("\"{kept}\""))
}

/// What was found, at most `limit` files.
pub fn parse_code_hits(
    response: &Response,
    limit: usize,
    now: Timestamp,
) -> Result<CodeHits, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        incomplete_results: bool,
        items: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        path: String,
        html_url: String,
        #[serde(default)]
        text_matches: Vec<Match>,
    }
    #[derive(Deserialize)]
    struct Match {
        #[serde(default)]
        fragment: String,
    }
    let wire: Wire = decode(checked(response, now)?)?;
    let hit = |item: Item| CodeHit {
        path: item.path,
        url: item.html_url,
        fragments: item
            .text_matches
            .into_iter()
            .take(MAX_FRAGMENTS)
            .map(|found| found.fragment.chars().take(MAX_FRAGMENT_CHARS).collect())
            .collect(),
    };
    let hits = wire
        .items
        .into_iter()
        .take(limit.clamp(1, MAX_HITS))
        .map(hit)
        .collect();
    Ok(CodeHits {
        hits,
        incomplete: wire.incomplete_results,
    })
}
