//! The parsed intent of a person, whatever the transport that carried it.

use serde::{Deserialize, Serialize};

/// What somebody asked bugbot to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", content = "options", rename_all = "camelCase")]
pub enum Command {
    /// Find or create the issue and gather evidence.
    Contextualize(Options),
    /// Fix the bug and open a pull request.
    Fix(Options),
    /// Say what is going on in this thread.
    Status(Options),
    /// Stop what runs in this thread.
    Cancel(Options),
    /// Do the last failed job of this thread again.
    Retry(Options),
    /// Show what there is.
    Help(Options),
}

/// The options of a command, as given. Every command takes the same set: one that has no use
/// for an option ignores it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// A Linear issue: its identifier or its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// A GitHub repository: `owner/name` or its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// A PostHog session id or replay address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The e-mail of the person who saw the bug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What is wrong, in the person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
