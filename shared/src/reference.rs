//! References in text: what a thread says about issues, repositories, sessions and people.
//!
//! Architecture invariant: text is data. What is found here is only ever *named*; whether it
//! exists and may be touched is decided by whoever uses it. Finding takes time linear in the
//! text, whatever the text ([`scan`]).
//!
//! There is no regular expression here. A dozen shapes do not earn their engine in the wasm, and
//! one pass over words gives what patterns do not: each byte is looked at a bounded number of
//! times, which a test counts.

pub mod discord;
pub mod email;
pub mod github;
pub mod issue;
pub mod merge;
pub mod posthog;
pub mod scan;
pub mod scope;
pub mod value;

use serde::{Deserialize, Serialize};

use crate::github::RepoName;
use crate::id::{IssueKey, SessionId};

pub use merge::Message;
pub use scan::{Explicitness, Found, find};
pub use scope::Scope;
pub use value::{
    IssueRef, SessionRef, Unrecognised, parse_email, parse_issue_ref, parse_repo_ref,
    parse_session_ref,
};

/// The longest address that is looked at. Longer ones are stepped over.
pub const MAX_URL_BYTES: usize = 2_048;

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
    /// `https://github.com/owner/name/issues/1`, or that of a pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_issue_url: Option<String>,
    /// `https://github.com/owner/name/blob/main/src/a.ts#L1-L2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_file_url: Option<String>,
    /// A PostHog session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_hog_session_id: Option<SessionId>,
    /// The moment of the recording that was linked to, in seconds from its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_hog_session_offset_s: Option<u32>,
    /// A PostHog person: a distinct id, or PostHog's own UUID of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_hog_person_id: Option<String>,
    /// The e-mail of the person who saw the bug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_email: Option<String>,
    /// Another message of Discord that was pointed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discord_message_url: Option<String>,
}

/// One thing that a text points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// An issue in Linear.
    LinearIssue(IssueRef),
    /// A repository on GitHub.
    GitHubRepository(RepoName),
    /// An issue or a pull request on GitHub.
    GitHubIssue(github::IssueLink),
    /// A file or folder in a repository on GitHub.
    GitHubFile(github::FileLink),
    /// A session recorded by PostHog.
    PostHogSession(SessionRef),
    /// A person known to PostHog.
    PostHogPerson(posthog::PersonLink),
    /// Somebody's e-mail address.
    Email(String),
    /// A message on Discord.
    DiscordMessage(discord::MessageLink),
}

impl std::fmt::Display for Reference {
    /// The most explicit form there is; [`find`] finds the same reference in it again.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LinearIssue(issue) => issue.fmt(f),
            Self::GitHubRepository(repository) => {
                // A sentence would take the last character for its own.
                let end = repository.name().ends_with(['.', '_']);
                write!(f, "{}{}", repository.url(), if end { "/" } else { "" })
            }
            Self::GitHubIssue(link) => link.fmt(f),
            Self::GitHubFile(link) => link.fmt(f),
            Self::PostHogSession(session) => session.fmt(f),
            Self::PostHogPerson(link) => link.fmt(f),
            Self::Email(address) => f.write_str(address),
            Self::DiscordMessage(link) => link.fmt(f),
        }
    }
}

/// What an address points to, if it is one of a kind that we know.
pub(crate) fn parse_address(address: &str, scope: &Scope) -> Option<Reference> {
    if address.len() > MAX_URL_BYTES {
        return None;
    }
    let url = url::Url::parse(address).ok()?;
    let known_scheme = matches!(url.scheme(), "http" | "https");
    // `https://linear.app@evil.example/` is made to deceive; nothing of ours has a user name.
    if !known_scheme || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let host = url.host_str()?;
    let segments: Vec<&str> = url.path_segments()?.filter(|s| !s.is_empty()).collect();
    match host {
        "linear.app" => issue::parse_link(&segments).map(Reference::LinearIssue),
        "github.com" | "www.github.com" => github::parse_link(&segments, url.fragment()),
        "raw.githubusercontent.com" => github::parse_raw_link(&segments).map(Reference::GitHubFile),
        _ if discord::is_host(host) => {
            discord::parse_link(&segments).map(Reference::DiscordMessage)
        }
        _ => posthog::parse_link(&url, &segments, scope),
    }
}

/// A path segment or query value without its percent-encoding; `None` if it is not UTF-8.
pub(crate) fn decoded(segment: &str) -> Option<String> {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// A text as one path segment.
pub(crate) fn encoded(segment: &str) -> String {
    /// Everything but what RFC 3986 calls unreserved, so that no scanner stops early. At the end a
    /// full stop would be the sentence's, and what else Markdown ends with.
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    const KEPT_LAST: &percent_encoding::AsciiSet = &KEPT.add(b'.').add(b'_').add(b'~');
    let last = segment.chars().next_back().map_or(0, char::len_utf8);
    let (body, last) = segment.split_at(segment.len() - last);
    let body = percent_encoding::utf8_percent_encode(body, KEPT);
    let last = percent_encoding::utf8_percent_encode(last, KEPT_LAST);
    format!("{body}{last}")
}

#[cfg(test)]
mod tests;
