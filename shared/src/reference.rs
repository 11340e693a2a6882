//! References in text: what a thread says about issues, repositories, sessions and people.

use serde::{Deserialize, Serialize};

use crate::id::{IssueKey, SessionId};

/// The best reference of each kind found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct References {
    /// `ENG-123`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear_issue_id: Option<IssueKey>,
    /// The issue's address, when that is how it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear_issue_url: Option<String>,
    /// `https://github.com/owner/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_repo_url: Option<String>,
    /// A PostHog session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_hog_session_id: Option<SessionId>,
    /// The e-mail of the person who saw the bug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_email: Option<String>,
}
