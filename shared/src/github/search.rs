//! Code search: where in a repository the words of a report occur.
//!
//! It covers the default branch and files below 384 KB, and allows about ten searches a minute: a
//! caller caches, and does without when it is limited.
//! <https://docs.github.com/en/rest/search/search#search-code>

use ::http::{HeaderValue, Method, header};
use jiff::Timestamp;
use serde::Deserialize;

use super::answer::checked;
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::service::{Api, ServiceError, decode};

/// GitHub takes five operators in a query: five `OR` join six words.
pub const MAX_WORDS: usize = 6;
/// The most hits that are asked for.
pub const MAX_HITS: usize = 50;
/// GitHub takes 256 characters besides operators and qualifiers: six words of forty.
const MAX_WORD_CHARS: usize = 40;
const MAX_FRAGMENTS: usize = 3;
const MAX_FRAGMENT_CHARS: usize = 400;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeQuery {
    /// Any of these: the first [`MAX_WORDS`] that hold a letter or digit count.
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
    let words = query.words().collect::<Vec<_>>().join(" OR ");
    let folder = query.folder.as_deref().and_then(quoted);
    let folder = folder
        .map(|folder| format!(" path:{folder}"))
        .unwrap_or_default();
    let q = format!("{words} repo:{repo}{folder}");
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

/// A word that cannot be read as an operator or qualifier.
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
