//! Code search over the default branch, with the limits of the real one: only files below 384 KB,
//! only words that occur, and no results past the first thousand.
//! <https://docs.github.com/en/rest/search/search#search-code>

mod query;

use axum::Router;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::{HeaderMap, header};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use self::query::SearchQuery;
use super::access::Level;
use super::gate::Caller;
use super::refusal::{Answer, Refusal, ok};
use super::repository::Entry;
use super::state::Hosted;
use super::{Service, render};

/// Larger files are not searched.
const LARGEST_SEARCHED_BYTES: u64 = 384 * 1024;

/// How much of a file's text a match is shown with, on either side.
const FRAGMENT_BYTES: usize = 80;

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/search/code", get(search))
}

#[derive(Deserialize)]
struct Parameters {
    q: Option<String>,
    per_page: Option<usize>,
    page: Option<usize>,
}

struct Found {
    score: usize,
    body: Value,
}

async fn search(
    Shared(fake): Shared<Service>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Answer {
    let text = parameters.q.filter(|q| !q.trim().is_empty());
    let text = text.ok_or_else(|| Refusal::invalid_field("Search", "q", "missing"))?;
    let query = SearchQuery::parse(&text)?;
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let with_matches = accept.contains("text-match");

    let mut state = fake.lock();
    let grant = caller.grant()?;
    grant.require("contents", Level::Read)?;
    let mut found = Vec::new();
    let known = state
        .repositories
        .values_mut()
        .filter(|hosted| grant.sees(&hosted.full_name()));
    let searched: Vec<_> = known
        .filter(|hosted| query.covers(&hosted.owner, &hosted.name))
        .collect();
    if searched.is_empty() {
        return Err(Refusal::validation(json!([{
            "message": "The listed users and repositories cannot be searched either because the resources do not \
                        exist or you do not have permission to view them.",
            "resource": "Search", "field": "q", "code": "invalid",
        }])));
    }
    for hosted in searched {
        let repository = render::repository(hosted, grant, &super::refs::git_origin(&headers));
        found.extend(search_one(hosted, &repository, &query, with_matches));
    }
    drop(state);
    // Best first; GitHub's own order beyond that is not documented, ours is at least stable.
    found.sort_by(|a, b| {
        b.score
            .cmp(&a.score)
            .then_with(|| path_of(&a.body).cmp(path_of(&b.body)))
    });
    let size = parameters.per_page.unwrap_or(30).clamp(1, 100);
    let skipped = (parameters.page.unwrap_or(1).max(1) - 1) * size;
    let total = found.len();
    let items: Vec<_> = found
        .into_iter()
        .skip(skipped)
        .take(size)
        .map(|f| f.body)
        .collect();
    ok(json!({ "total_count": total, "incomplete_results": false, "items": items }))
}

fn path_of(body: &Value) -> &str {
    body["path"].as_str().unwrap_or_default()
}

fn search_one(
    hosted: &Hosted,
    repository: &Value,
    query: &SearchQuery,
    with_matches: bool,
) -> Vec<Found> {
    let Some(head) = hosted.git.head(&hosted.default_branch) else {
        return Vec::new();
    };
    let mut entries = hosted.git.tree(&head, "", true);
    entries.retain(|e| {
        e.mode.starts_with("100") && e.size.is_some_and(|s| s < LARGEST_SEARCHED_BYTES)
    });
    entries.retain(|e| query.admits(&e.path));
    let oids: Vec<_> = entries.iter().map(|e| e.oid.as_str()).collect();
    let blobs = hosted.git.blobs(&oids).unwrap_or_default();
    let mut found = Vec::new();
    for (entry, blob) in entries.iter().zip(blobs) {
        let Ok(text) = String::from_utf8(blob) else {
            continue;
        };
        let Some(score) = query.score(&entry.path, &text) else {
            continue;
        };
        let mut body = item(hosted, &head, entry, repository, score);
        if with_matches {
            body["text_matches"] = text_matches(hosted, entry, query, &text);
        }
        found.push(Found { score, body });
    }
    found
}

fn item(hosted: &Hosted, head: &str, entry: &Entry, repository: &Value, score: usize) -> Value {
    json!({
        "name": entry.path.rsplit('/').next(),
        "path": entry.path,
        "sha": entry.oid,
        "url": format!("{}/contents/{}?ref={head}", hosted.api_url(), entry.path),
        "git_url": format!("{}/git/blobs/{}", hosted.api_url(), entry.oid),
        "html_url": format!("{}/blob/{head}/{}", hosted.html_url(), entry.path),
        "repository": repository,
        "score": score,
    })
}

fn text_matches(hosted: &Hosted, entry: &Entry, query: &SearchQuery, text: &str) -> Value {
    let Some(first) = query.occurrences(text).into_iter().next() else {
        return json!([]);
    };
    let start = text.floor_char_boundary(first.start.saturating_sub(FRAGMENT_BYTES));
    let end = text.ceil_char_boundary(first.end + FRAGMENT_BYTES);
    let fragment = &text[start..end];
    let matches = query.occurrences(fragment).into_iter().map(|range| {
        // Indices count characters, not bytes.
        let index = |byte: usize| fragment[..byte].chars().count();
        json!({ "text": &fragment[range.clone()], "indices": [index(range.start), index(range.end)] })
    });
    json!([{
        "object_url": format!("{}/contents/{}", hosted.api_url(), entry.path),
        "object_type": "FileContent",
        "property": "content",
        "fragment": fragment,
        "matches": matches.collect::<Vec<_>>(),
    }])
}
