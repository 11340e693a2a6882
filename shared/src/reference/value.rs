//! The value of an option: a whole text that must be one reference.

use super::{Reference, Scope, email, github, issue, parse_address, posthog};
use crate::github::RepoName;
use crate::id::{IssueKey, SessionId};
use crate::report::escape::inline_code;
use crate::shorten::shorten;

/// How much of a wrong value is shown back.
const SHOWN_CHARS: usize = 60;

/// An issue in Linear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRef {
    /// `ENG-123`.
    pub key: IssueKey,
    /// Its address, when it was given as one.
    pub url: Option<String>,
}

impl std::fmt::Display for IssueRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.url.as_deref().unwrap_or(self.key.as_str()))
    }
}

/// A session recorded by PostHog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRef {
    /// The session, which is also the id of its recording.
    pub session: SessionId,
    /// The address of the recording, when it was given as one.
    pub url: Option<String>,
    /// The moment that was linked to, in seconds from the start.
    pub offset_s: Option<u32>,
}

impl std::fmt::Display for SessionRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.url, self.offset_s) {
            (Some(url), Some(offset)) => write!(f, "{url}?t={offset}"),
            (Some(url), None) => f.write_str(url),
            (None, _) => write!(f, "session: {}", self.session),
        }
    }
}

/// A value that is not what its option takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrecognised {
    /// Not an issue of Linear.
    #[error("not a Linear issue: {0:?}")]
    Issue(String),
    /// An issue of a team that does not exist.
    #[error("no team {team:?} among {teams:?}")]
    Team {
        /// The team of the identifier that was given.
        team: String,
        /// The teams there are.
        teams: Vec<String>,
    },
    /// Not a repository on GitHub.
    #[error("not a GitHub repository: {0:?}")]
    Repository(String),
    /// Not a session of PostHog.
    #[error("not a PostHog session: {0:?}")]
    Session(String),
    /// Not an e-mail address.
    #[error("not an e-mail address: {0:?}")]
    Email(String),
}

impl Unrecognised {
    /// What a person reads: what was wrong, and what would have worked.
    pub fn user_message(&self) -> String {
        match self {
            Self::Issue(given) => format!(
                "{} is not a Linear issue. Give its identifier, such as `ENG-123`, or its address, such as \
                 `https://linear.app/acme/issue/ENG-123`.",
                shown(given)
            ),
            Self::Team { team, teams } => {
                let teams: Vec<String> = teams
                    .iter()
                    .take(10)
                    .map(|key| inline_code(&format!("{key}-…")))
                    .collect();
                format!(
                    "There is no Linear team {}. Issues here look like {}.",
                    shown(team),
                    teams.join(", ")
                )
            }
            Self::Repository(given) => format!(
                "{} is not a GitHub repository. Give `owner/name` or its address, such as \
                 `https://github.com/acme/web`.",
                shown(given)
            ),
            Self::Session(given) => format!(
                "{} is not a PostHog session. Give the address of its recording, such as \
                 `https://us.posthog.com/project/1/replay/0190b1c2-…`, or the session id alone.",
                shown(given)
            ),
            Self::Email(given) => {
                format!(
                    "{} is not an e-mail address. Give one such as `ann@example.com`.",
                    shown(given)
                )
            }
        }
    }
}

/// An issue by identifier (in any case) or address.
pub fn parse_issue_ref(given: &str, scope: &Scope) -> Result<IssueRef, Unrecognised> {
    let value = bare(given);
    let found = match address(value, scope) {
        Some(Reference::LinearIssue(issue)) => issue,
        Some(_) => return Err(Unrecognised::Issue(value.to_owned())),
        None => {
            let key = value.strip_prefix('#').unwrap_or(value);
            let key = issue::parse_key(key).ok_or_else(|| Unrecognised::Issue(value.to_owned()))?;
            IssueRef { key, url: None }
        }
    };
    match &scope.team_keys {
        Some(teams) if !teams.contains(issue::team_of(&found.key)) => Err(Unrecognised::Team {
            team: issue::team_of(&found.key).to_owned(),
            teams: teams.iter().cloned().collect(),
        }),
        _ => Ok(found),
    }
}

/// A repository by `owner/name`, clone address, or the address of anything in it.
pub fn parse_repo_ref(given: &str) -> Result<RepoName, Unrecognised> {
    let value = bare(given);
    let found = match address(value, &Scope::default()) {
        Some(Reference::GitHubRepository(repository)) => Some(repository),
        Some(Reference::GitHubIssue(link)) => Some(link.repository),
        Some(Reference::GitHubFile(link)) => Some(link.repository),
        Some(_) => None,
        None => github::parse_remote(value).or_else(|| github::parse_shorthand(value)),
    };
    found.ok_or_else(|| Unrecognised::Repository(value.to_owned()))
}

/// A session by the address of its recording or by id.
pub fn parse_session_ref(given: &str, scope: &Scope) -> Result<SessionRef, Unrecognised> {
    let value = bare(given);
    match address(value, scope) {
        Some(Reference::PostHogSession(session)) => Ok(session),
        None if posthog::is_uuid(value) || posthog::is_session_token(value) => Ok(SessionRef {
            session: SessionId::new(normal_session(value)),
            url: None,
            offset_s: None,
        }),
        _ => Err(Unrecognised::Session(value.to_owned())),
    }
}

/// An e-mail address, with or without `mailto:`.
pub fn parse_email(given: &str) -> Result<String, Unrecognised> {
    let value = bare(given);
    let address = match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &value[7..],
        _ => value,
    };
    email::parse(address).ok_or_else(|| Unrecognised::Email(value.to_owned()))
}

/// UUIDs compare by value, so their case is levelled; other tokens are kept as they are.
pub(crate) fn normal_session(id: &str) -> String {
    if posthog::is_uuid(id) {
        id.to_ascii_lowercase()
    } else {
        id.to_owned()
    }
}

/// The value without what people paste around it: spaces, `<...>`, backticks.
fn bare(given: &str) -> &str {
    let value = given.trim().trim_matches('`').trim();
    value
        .strip_prefix('<')
        .and_then(|inner| inner.strip_suffix('>'))
        .unwrap_or(value)
}

/// The value as an address, its scheme optional (`github.com/acme/web`).
fn address(value: &str, scope: &Scope) -> Option<Reference> {
    if super::scan::starts_with_known_host(value) {
        return parse_address(&format!("https://{value}"), scope);
    }
    value.contains("://").then(|| parse_address(value, scope))?
}

fn shown(given: &str) -> String {
    inline_code(&shorten(given, SHOWN_CHARS))
}

#[cfg(test)]
mod tests;
