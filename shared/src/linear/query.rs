//! The query texts, and the one request that carries them all. A test validates each against
//! Linear's published schema.

use ::http::Method;
use serde_json::{Value, json};

use crate::http::Request;
use crate::service::Api;

pub(super) const ISSUE: &str = include_str!("queries/issue.graphql");
pub(super) const ISSUE_CREATE: &str = include_str!("queries/issue_create.graphql");
pub(super) const ISSUE_MOVE: &str = include_str!("queries/issue_move.graphql");
pub(super) const ISSUE_SEARCH: &str = include_str!("queries/issue_search.graphql");
pub(super) const TEAMS: &str = include_str!("queries/teams.graphql");
pub(super) const TEAM_STATES: &str = include_str!("queries/team_states.graphql");
pub(super) const COMMENT: &str = include_str!("queries/comment.graphql");
pub(super) const COMMENT_CREATE: &str = include_str!("queries/comment_create.graphql");
pub(super) const LINK_URL: &str = include_str!("queries/link_url.graphql");
pub(super) const LINK_DISCORD: &str = include_str!("queries/link_discord.graphql");

/// A query with its variables. Text from outside travels in the variables only.
pub(super) fn request(api: &Api, query: &'static str, variables: &Value) -> Request {
    let body = json!({ "query": query, "variables": variables });
    api.call_json(Method::POST, &["graphql"], &body)
}
