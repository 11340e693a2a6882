//! From a signed body to a notice: which events matter, and where they say what they are about.

use http::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;

use super::ask::{asks, is_trusted};
use super::signature::Verified;
use super::{Ask, DELIVERY_HEADER, EVENT_HEADER, Happening, Notice, Place, Preview};
use crate::github::RepoName;
use crate::id::CommitId;
use crate::pipeline::BRANCH_PREFIX;

/// GitHub's delivery ids are UUIDs.
const MAX_DELIVERY_CHARS: usize = 64;
/// The most characters of a preview's address. Longer ones do not fit where they are shown.
const MAX_URL_CHARS: usize = 500;
const MAX_NAME_CHARS: usize = 60;

/// What a delivery comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// GitHub says hello: the webhook was just made.
    Ping,
    /// Not for us; why.
    Ignored(&'static str),
    /// To be looked into.
    Notice(Box<Notice>),
}

/// A body that is signed and still no delivery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A header is not there or is not what it should be.
    #[error("missing or malformed header {0}")]
    Header(&'static str),
    /// The body has another form than its event's.
    #[error("not a payload of {event}: {detail}")]
    Body {
        /// The event.
        event: String,
        /// What the decoder says.
        detail: String,
    },
}

/// Reads a delivery.
pub fn parse(
    verified: Verified<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Received, Unreadable> {
    let event = word(headers, EVENT_HEADER)?;
    let delivery = word(headers, DELIVERY_HEADER)?;
    let found = match event {
        "ping" => return Ok(Received::Ping),
        "pull_request" => read::<PullRequestEvent>(event, verified)?.found(),
        "check_run" => read::<CheckRunEvent>(event, verified)?.found(),
        "check_suite" => read::<CheckSuiteEvent>(event, verified)?.found(),
        "workflow_run" => read::<WorkflowRunEvent>(event, verified)?.found(),
        "status" => read::<StatusEvent>(event, verified)?.found(),
        "issue_comment" => read::<IssueCommentEvent>(event, verified)?.found(),
        "pull_request_review" => read::<ReviewEvent>(event, verified)?.found(),
        "pull_request_review_comment" => read::<ReviewCommentEvent>(event, verified)?.found(),
        "deployment_status" => read::<DeploymentStatusEvent>(event, verified)?.found(),
        _ => Err("an event that nothing here needs"),
    };
    Ok(match found {
        Err(why) => Received::Ignored(why),
        Ok((repository, place, happening)) => {
            let notice = Notice::new(delivery, repository.full_name, place, happening, now);
            Received::Notice(Box::new(notice))
        }
    })
}

fn word<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Unreadable> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value
        .filter(|text| (1..=MAX_DELIVERY_CHARS).contains(&text.len()))
        .filter(|text| {
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        })
        .ok_or(Unreadable::Header(name))
}

fn read<'de, T: Deserialize<'de>>(event: &str, verified: Verified<'de>) -> Result<T, Unreadable> {
    serde_json::from_slice(verified.body()).map_err(|error| Unreadable::Body {
        event: event.to_owned(),
        detail: error.to_string(),
    })
}

/// Where and what, or why it is not for us.
type Found = Result<(Repository, Place, Happening), &'static str>;

const NOT_OURS: &str = "not about a branch of bugbot's";
const NOT_NEW: &str = "an action that changes nothing here";

#[derive(Deserialize)]
struct Repository {
    full_name: RepoName,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    r#ref: String,
    sha: CommitId,
}

impl PullRequest {
    fn place(self) -> Result<Place, &'static str> {
        if !self.head.r#ref.starts_with(BRANCH_PREFIX) {
            return Err(NOT_OURS);
        }
        Ok(Place {
            branch: Some(self.head.r#ref),
            commit: Some(self.head.sha),
            number: Some(self.number),
        })
    }
}

#[derive(Deserialize)]
struct PullRequestEvent {
    action: String,
    pull_request: PullRequest,
    repository: Repository,
}

impl PullRequestEvent {
    fn found(self) -> Found {
        if !matches!(self.action.as_str(), "closed" | "reopened" | "synchronize") {
            return Err(NOT_NEW);
        }
        let place = self.pull_request.place()?;
        Ok((self.repository, place, Happening::PullRequest))
    }
}

/// A branch and its head, as checks name them. A check of a fork's branch has none.
fn checked_branch(branch: Option<String>, commit: CommitId) -> Result<Place, &'static str> {
    let branch = branch.filter(|branch| branch.starts_with(BRANCH_PREFIX));
    Ok(Place {
        branch: Some(branch.ok_or(NOT_OURS)?),
        commit: Some(commit),
        number: None,
    })
}

#[derive(Deserialize)]
struct Suite {
    head_branch: Option<String>,
    head_sha: CommitId,
}

#[derive(Deserialize)]
struct CheckSuiteEvent {
    action: String,
    check_suite: Suite,
    repository: Repository,
}

impl CheckSuiteEvent {
    fn found(self) -> Found {
        ended(&self.action)?;
        let place = checked_branch(self.check_suite.head_branch, self.check_suite.head_sha)?;
        Ok((self.repository, place, Happening::Checks))
    }
}

#[derive(Deserialize)]
struct CheckRun {
    check_suite: Suite,
}

#[derive(Deserialize)]
struct CheckRunEvent {
    action: String,
    check_run: CheckRun,
    repository: Repository,
}

impl CheckRunEvent {
    fn found(self) -> Found {
        ended(&self.action)?;
        let suite = self.check_run.check_suite;
        let place = checked_branch(suite.head_branch, suite.head_sha)?;
        Ok((self.repository, place, Happening::Checks))
    }
}

#[derive(Deserialize)]
struct WorkflowRunEvent {
    action: String,
    workflow_run: Suite,
    repository: Repository,
}

impl WorkflowRunEvent {
    fn found(self) -> Found {
        ended(&self.action)?;
        let place = checked_branch(self.workflow_run.head_branch, self.workflow_run.head_sha)?;
        Ok((self.repository, place, Happening::Checks))
    }
}

fn ended(action: &str) -> Result<(), &'static str> {
    if action == "completed" {
        Ok(())
    } else {
        Err(NOT_NEW)
    }
}

#[derive(Deserialize)]
struct StatusEvent {
    sha: CommitId,
    state: String,
    #[serde(default)]
    branches: Vec<Branch>,
    repository: Repository,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

impl StatusEvent {
    fn found(self) -> Found {
        if self.state == "pending" {
            return Err(NOT_NEW);
        }
        let mut names = self.branches.into_iter().map(|branch| branch.name);
        let ours = names.find(|name| name.starts_with(BRANCH_PREFIX));
        let place = checked_branch(ours, self.sha)?;
        Ok((self.repository, place, Happening::Checks))
    }
}

#[derive(Deserialize)]
struct Author {
    login: String,
    #[serde(default)]
    r#type: String,
}

#[derive(Deserialize)]
struct Written {
    id: u64,
    user: Option<Author>,
    body: Option<String>,
    html_url: String,
    author_association: String,
    path: Option<String>,
    line: Option<u64>,
}

impl Written {
    /// What it asks of us, if it does and its author may. `kind` tells ids of different series
    /// apart.
    fn ask(self, kind: &str) -> Result<Happening, &'static str> {
        let text = self.body.unwrap_or_default();
        if !asks(&text) {
            return Err("a comment that asks nothing of bugbot");
        }
        let author = self.user.filter(|author| author.r#type != "Bot");
        let Some(author) = author.filter(|_| is_trusted(&self.author_association)) else {
            return Err("a comment by somebody who may not ask");
        };
        let ask = Ask {
            id: format!("{kind}-{}", self.id),
            by: author.login,
            text,
            url: self.html_url,
            place: self.path.map(|path| match self.line {
                Some(line) => format!("{path}:{line}"),
                None => path,
            }),
        };
        Ok(Happening::Asked(ask.bounded()))
    }
}

#[derive(Deserialize)]
struct IssueCommentEvent {
    action: String,
    issue: Issue,
    comment: Written,
    repository: Repository,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    pull_request: Option<serde::de::IgnoredAny>,
}

impl IssueCommentEvent {
    fn found(self) -> Found {
        if self.action != "created" {
            return Err(NOT_NEW);
        }
        if self.issue.pull_request.is_none() {
            return Err(NOT_OURS);
        }
        let happening = self.comment.ask("comment")?;
        // The payload does not say which branch it is.
        let place = Place {
            number: Some(self.issue.number),
            ..Place::default()
        };
        Ok((self.repository, place, happening))
    }
}

#[derive(Deserialize)]
struct ReviewEvent {
    action: String,
    review: Written,
    pull_request: PullRequest,
    repository: Repository,
}

impl ReviewEvent {
    fn found(self) -> Found {
        if self.action != "submitted" {
            return Err(NOT_NEW);
        }
        let place = self.pull_request.place()?;
        Ok((self.repository, place, self.review.ask("review")?))
    }
}

#[derive(Deserialize)]
struct ReviewCommentEvent {
    action: String,
    comment: Written,
    pull_request: PullRequest,
    repository: Repository,
}

impl ReviewCommentEvent {
    fn found(self) -> Found {
        if self.action != "created" {
            return Err(NOT_NEW);
        }
        let place = self.pull_request.place()?;
        Ok((self.repository, place, self.comment.ask("line")?))
    }
}

#[derive(Deserialize)]
struct DeploymentStatusEvent {
    deployment_status: DeploymentStatus,
    deployment: Deployment,
    repository: Repository,
}

#[derive(Deserialize)]
struct DeploymentStatus {
    state: String,
    environment_url: Option<String>,
    #[serde(default)]
    environment: String,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct Deployment {
    sha: CommitId,
    r#ref: String,
}

impl DeploymentStatusEvent {
    fn found(self) -> Found {
        let Self {
            deployment_status: status,
            deployment,
            repository,
        } = self;
        if status.state != "success" {
            return Err(NOT_NEW);
        }
        // Cloudflare Pages names the branch here, Vercel the commit: then the consumer finds out.
        let is_commit = deployment.r#ref == deployment.sha.as_str();
        let branch = (!is_commit).then_some(deployment.r#ref);
        if branch
            .as_ref()
            .is_some_and(|name| !name.starts_with(BRANCH_PREFIX))
        {
            return Err(NOT_OURS);
        }
        let url = status.environment_url.filter(|url| is_web_address(url));
        let preview = Preview {
            url: url.ok_or("a deployment without an address")?,
            environment: status.environment.chars().take(MAX_NAME_CHARS).collect(),
            at: status.updated_at,
        };
        let place = Place {
            branch,
            commit: Some(deployment.sha),
            number: None,
        };
        Ok((repository, place, Happening::Deployed(preview)))
    }
}

/// It will stand in a link: nothing else than a plain address may.
pub(crate) fn is_web_address(text: &str) -> bool {
    text.len() <= MAX_URL_CHARS
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"()<>[]\"'`\\|*".contains(&b))
}
