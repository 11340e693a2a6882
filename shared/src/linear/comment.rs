//! Comments on issues.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{data, succeeded};
use super::query;
use crate::http::{Request, Response};
use crate::id::{CommentId, IssueUuid};
use crate::redact::{Cleared, Redact};
use crate::service::{Api, ServiceError};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Linear's own id.
    pub id: CommentId,
    /// Its address.
    pub url: String,
    /// Its text, in Markdown.
    pub body: String,
}

/// A comment to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewComment {
    /// The id that it shall have: see [`super::key::comment_of`].
    pub id: CommentId,
    /// Where to write it.
    #[serde(rename = "issueId")]
    pub issue: IssueUuid,
    /// Its text, in Markdown.
    pub body: String,
}

impl Redact for NewComment {
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self {
        let Self { id, issue, body } = self;
        let body = clean(&body);
        Self { id, issue, body }
    }
}

/// Writes a comment.
pub fn create_comment_request(api: &Api, new: &Cleared<NewComment>) -> Request {
    query::request(api, query::COMMENT_CREATE, &json!({ "input": new }))
}

/// Reads a comment.
pub fn comment_request(api: &Api, id: &CommentId) -> Request {
    query::request(api, query::COMMENT, &json!({ "id": id }))
}

/// The comment that was written.
pub fn parse_created_comment(response: &Response, now: Timestamp) -> Result<Comment, ServiceError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        comment_create: Payload,
    }
    #[derive(Deserialize)]
    struct Payload {
        success: bool,
        comment: Comment,
    }
    let payload = data::<Wire>(response, now)?.comment_create;
    succeeded(payload.success)?;
    Ok(payload.comment)
}

/// The comment that was asked for.
pub fn parse_comment(response: &Response, now: Timestamp) -> Result<Comment, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        comment: Option<Comment>,
    }
    data::<Wire>(response, now)?
        .comment
        .ok_or(ServiceError::NotFound)
}
