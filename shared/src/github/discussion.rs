//! Comments and labels of a pull request. To GitHub it is an issue in this respect.
//!
//! <https://docs.github.com/en/rest/issues>

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::answer::{about, about_json, checked};
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::redact::published;
use crate::service::{Api, ServiceError, decode};
use crate::shorten::shorten;

/// The most comments that are looked through.
const MAX_COMMENTS: &str = "100";
/// The most labels that are added at once.
const MAX_LABELS: usize = 10;
/// GitHub takes 65,536.
const MAX_BODY_CHARS: usize = 65_000;

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its address.
    pub url: String,
    /// Its text, in Markdown.
    pub body: String,
}

impl Comment {
    /// Whether it was added under `key`.
    pub(super) fn carries(&self, key: &str) -> bool {
        self.body.contains(&mark(key))
    }
}

/// An HTML comment, which Markdown does not show. Of the key it holds a hash, so that no key can
/// end it.
fn mark(key: &str) -> String {
    format!(
        "<!-- bugbot:{} -->",
        hex::encode(&Sha256::digest(key.as_bytes())[..8])
    )
}

/// Lists the first comments.
pub fn comments_request(api: &Api, repo: &RepoName, number: u64) -> Request {
    let rest = ["issues", &number.to_string(), "comments"];
    about(api, Method::GET, repo, &rest, &[("per_page", MAX_COMMENTS)])
}

/// Adds a comment that carries `key`.
pub fn add_comment_request(
    api: &Api,
    repo: &RepoName,
    number: u64,
    key: &str,
    body: &str,
) -> Request {
    let said = shorten(&published(body), MAX_BODY_CHARS);
    let body = json!({ "body": format!("{said}\n{}", mark(key)) });
    about_json(
        api,
        Method::POST,
        repo,
        &["issues", &number.to_string(), "comments"],
        &body,
    )
}

/// Adds labels.
pub fn add_labels_request(api: &Api, repo: &RepoName, number: u64, labels: &[&str]) -> Request {
    let body = json!({ "labels": &labels[..labels.len().min(MAX_LABELS)] });
    about_json(
        api,
        Method::POST,
        repo,
        &["issues", &number.to_string(), "labels"],
        &body,
    )
}

#[derive(Deserialize)]
struct Wire {
    html_url: String,
    #[serde(default)]
    body: Option<String>,
}

impl From<Wire> for Comment {
    fn from(wire: Wire) -> Self {
        Self {
            url: wire.html_url,
            body: wire.body.unwrap_or_default(),
        }
    }
}

/// The comments.
pub fn parse_comments(response: &Response, now: Timestamp) -> Result<Vec<Comment>, ServiceError> {
    let comments: Vec<Wire> = decode(checked(response, now)?)?;
    Ok(comments.into_iter().map(Into::into).collect())
}

/// The comment that was added.
pub fn parse_comment(response: &Response, now: Timestamp) -> Result<Comment, ServiceError> {
    decode::<Wire>(checked(response, now)?).map(Into::into)
}

/// Nothing, if the labels are there.
pub fn parse_added(response: &Response, now: Timestamp) -> Result<(), ServiceError> {
    checked(response, now).map(drop)
}
