//! Issues: reading, creating, moving and searching them.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::answer::{data, succeeded};
use super::query;
use super::team::{State, Team};
use crate::http::{Request, Response};
use crate::id::{IssueKey, IssueUuid, StateId, TeamId};
use crate::redact::{Cleared, Redact};
use crate::service::{Api, ServiceError};

/// The most issues that a search answers with.
pub const MAX_SEARCH_RESULTS: usize = 25;

/// An issue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Linear's own id.
    pub id: IssueUuid,
    /// `ENG-123`.
    #[serde(rename = "identifier")]
    pub key: IssueKey,
    /// What it is called.
    pub title: String,
    /// What it says, in Markdown; empty where it says nothing.
    #[serde(default, deserialize_with = "empty_for_null")]
    pub description: String,
    /// Its address.
    pub url: String,
    /// The branch that Linear would link to it by name.
    pub branch_name: String,
    /// Where it stands.
    pub state: State,
    /// Whose it is.
    pub team: Team,
}

/// An issue to create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewIssue {
    /// The id that it shall have: see [`super::key::issue_of`].
    pub id: IssueUuid,
    /// Whose it shall be.
    #[serde(rename = "teamId")]
    pub team: TeamId,
    /// What it is called.
    pub title: String,
    /// What it says, in Markdown.
    pub description: String,
    /// Where it starts; the team's default if not said.
    #[serde(rename = "stateId", skip_serializing_if = "Option::is_none")]
    pub state: Option<StateId>,
}

impl Redact for NewIssue {
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self {
        let Self {
            id,
            team,
            title,
            description,
            state,
        } = self;
        Self {
            id,
            team,
            title: clean(&title),
            description: clean(&description),
            state,
        }
    }
}

/// Reads an issue by its identifier or UUID.
pub fn issue_request(api: &Api, id: &str) -> Request {
    query::request(api, query::ISSUE, &json!({ "id": id }))
}

/// Creates an issue.
pub fn create_issue_request(api: &Api, new: &Cleared<NewIssue>) -> Request {
    query::request(api, query::ISSUE_CREATE, &json!({ "input": new }))
}

/// Moves an issue.
pub fn move_issue_request(api: &Api, id: &IssueUuid, to: &StateId) -> Request {
    query::request(api, query::ISSUE_MOVE, &json!({ "id": id, "state": to }))
}

/// Searches issues.
pub fn search_issues_request(
    api: &Api,
    words: &str,
    team: Option<&TeamId>,
    limit: usize,
) -> Request {
    let first = limit.clamp(1, MAX_SEARCH_RESULTS);
    let variables = json!({ "term": words, "team": team, "first": first });
    query::request(api, query::ISSUE_SEARCH, &variables)
}

/// The issue that was asked for.
pub fn parse_issue(response: &Response, now: Timestamp) -> Result<Issue, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        issue: Option<Issue>,
    }
    data::<Wire>(response, now)?
        .issue
        .ok_or(ServiceError::NotFound)
}

/// The issue that was created.
pub fn parse_created_issue(response: &Response, now: Timestamp) -> Result<Issue, ServiceError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        issue_create: Payload,
    }
    #[derive(Deserialize)]
    struct Payload {
        success: bool,
        issue: Option<Issue>,
    }
    let payload = data::<Wire>(response, now)?.issue_create;
    succeeded(payload.success)?;
    payload.issue.ok_or_else(|| ServiceError::Unexpected {
        status: response.status().as_u16(),
        detail: "a created issue is missing from the answer".to_owned(),
    })
}

/// Nothing, if the issue was moved.
pub fn parse_moved_issue(response: &Response, now: Timestamp) -> Result<(), ServiceError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        issue_update: Payload,
    }
    #[derive(Deserialize)]
    struct Payload {
        success: bool,
    }
    succeeded(data::<Wire>(response, now)?.issue_update.success)
}

/// The issues that were found, at most `limit`.
pub fn parse_found_issues(
    response: &Response,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Issue>, ServiceError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        search_issues: Nodes,
    }
    #[derive(Deserialize)]
    struct Nodes {
        nodes: Vec<Issue>,
    }
    let mut issues = data::<Wire>(response, now)?.search_issues.nodes;
    issues.truncate(limit.clamp(1, MAX_SEARCH_RESULTS));
    Ok(issues)
}

fn empty_for_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
