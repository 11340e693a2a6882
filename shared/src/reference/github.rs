//! GitHub: repositories, issues, pull requests, files.

use std::num::NonZeroU32;

use super::{Reference, decoded, encoded};
use crate::github::RepoName;

/// First path segments on github.com that are no owner.
/// (A user cannot take these names: GitHub reserves them.)
const NOT_OWNERS: &[&str] = &[
    "about",
    "account",
    "apps",
    "blog",
    "codespaces",
    "collections",
    "contact",
    "copilot",
    "customer-stories",
    "dashboard",
    "enterprise",
    "events",
    "explore",
    "features",
    "issues",
    "join",
    "login",
    "logout",
    "marketplace",
    "mobile",
    "new",
    "notifications",
    "orgs",
    "organizations",
    "pricing",
    "pulls",
    "readme",
    "search",
    "security",
    "sessions",
    "settings",
    "signup",
    "site",
    "sponsors",
    "stars",
    "team",
    "topics",
    "trending",
    "users",
    "watching",
];

/// The repository of an address or clone address; `None` if the first name is no account's.
fn repository(owner: &str, name: &str) -> Option<RepoName> {
    let reserved = NOT_OWNERS.contains(&owner.to_ascii_lowercase().as_str());
    let name = name.strip_suffix(".git").unwrap_or(name);
    RepoName::new(owner, name).filter(|_| !reserved)
}

/// `owner/name`.
pub(crate) fn parse_shorthand(word: &str) -> Option<RepoName> {
    let (owner, name) = word.split_once('/')?;
    repository(owner, name)
}

/// An issue or a pull request: GitHub numbers them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueLink {
    /// Where it is.
    pub repository: RepoName,
    /// Its number there.
    pub number: NonZeroU32,
    /// Whether it was linked to as a pull request.
    pub is_pull_request: bool,
}

impl IssueLink {
    /// `owner/name#12`.
    pub(crate) fn parse_shorthand(word: &str) -> Option<Self> {
        let (repository, number) = word.split_once('#')?;
        Some(Self {
            repository: parse_shorthand(repository)?,
            number: parse_number(number)?,
            is_pull_request: false,
        })
    }
}

impl std::fmt::Display for IssueLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_pull_request {
            "pull"
        } else {
            "issues"
        };
        write!(f, "{}/{kind}/{}", self.repository.url(), self.number)
    }
}

/// A file or folder at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLink {
    /// Where it is.
    pub repository: RepoName,
    /// Branch, tag or commit. A branch whose name holds a slash is cut at the slash: the address
    /// alone does not say where the branch ends and the path begins.
    pub revision: String,
    /// The path from the repository's root, decoded.
    pub path: String,
    /// Whether it was linked to as a folder (`tree`).
    pub is_folder: bool,
    /// The lines that were linked to, first and last.
    pub lines: Option<(NonZeroU32, NonZeroU32)>,
}

impl std::fmt::Display for FileLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_folder { "tree" } else { "blob" };
        write!(
            f,
            "{}/{kind}/{}",
            self.repository.url(),
            encoded(&self.revision)
        )?;
        for segment in self.path.split('/') {
            write!(f, "/{}", encoded(segment))?;
        }
        match self.lines {
            Some((first, last)) if first == last => write!(f, "#L{first}"),
            Some((first, last)) => write!(f, "#L{first}-L{last}"),
            None => Ok(()),
        }
    }
}

pub(crate) fn parse_link(segments: &[&str], fragment: Option<&str>) -> Option<Reference> {
    let [owner, name, rest @ ..] = segments else {
        return None;
    };
    let repository = repository(owner, name)?;
    match rest {
        ["issues", number, ..] if parse_number(number).is_some() => {
            issue_link(repository, number, false)
        }
        ["pull", number, ..] if parse_number(number).is_some() => {
            issue_link(repository, number, true)
        }
        [
            kind @ ("blob" | "tree" | "blame" | "raw" | "edit"),
            revision,
            path @ ..,
        ] if !path.is_empty() => {
            let lines = fragment.and_then(parse_lines);
            file_link(repository, revision, path, *kind == "tree", lines).map(Reference::GitHubFile)
        }
        // Branches, commits, actions, settings: at least they name the repository.
        _ => Some(Reference::GitHubRepository(repository)),
    }
}

/// `raw.githubusercontent.com/{owner}/{name}/[refs/heads/]{revision}/{path}`.
pub(crate) fn parse_raw_link(segments: &[&str]) -> Option<FileLink> {
    let [owner, name, rest @ ..] = segments else {
        return None;
    };
    let rest = match rest {
        ["refs", "heads" | "tags", rest @ ..] | rest => rest,
    };
    let [revision, path @ ..] = rest else {
        return None;
    };
    if path.is_empty() {
        return None;
    }
    file_link(repository(owner, name)?, revision, path, false, None)
}

/// `git@github.com:owner/name.git`, or the same as `ssh://`; or an address without its scheme.
pub(crate) fn parse_remote(given: &str) -> Option<RepoName> {
    let path = given
        .strip_prefix("git@github.com:")
        .or_else(|| given.strip_prefix("ssh://git@github.com/"))?;
    parse_shorthand(path)
}

fn issue_link(repository: RepoName, number: &str, is_pull_request: bool) -> Option<Reference> {
    let number = parse_number(number)?;
    Some(Reference::GitHubIssue(IssueLink {
        repository,
        number,
        is_pull_request,
    }))
}

fn file_link(
    repository: RepoName,
    revision: &str,
    path: &[&str],
    is_folder: bool,
    lines: Option<(NonZeroU32, NonZeroU32)>,
) -> Option<FileLink> {
    let path: Option<Vec<String>> = path.iter().map(|segment| decoded(segment)).collect();
    Some(FileLink {
        repository,
        revision: decoded(revision)?,
        path: path?.join("/"),
        is_folder,
        lines,
    })
}

/// `L10`, `L10-L20`, `L10C3-L20C5`.
fn parse_lines(fragment: &str) -> Option<(NonZeroU32, NonZeroU32)> {
    let line = |part: &str| {
        let digits = part.strip_prefix('L')?;
        parse_number(digits.split_once('C').map_or(digits, |(line, _)| line))
    };
    let (first, last) = match fragment.split_once('-') {
        Some((first, last)) => (line(first)?, line(last)?),
        None => (line(fragment)?, line(fragment)?),
    };
    Some((first.min(last), first.max(last)))
}

fn parse_number(digits: &str) -> Option<NonZeroU32> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    plain.then(|| digits.parse().ok())?
}
