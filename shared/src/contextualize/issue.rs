//! Which issue a report belongs to: the one it names, else the conversation's, else a new one.

use super::title::title_of;
use super::{Report, Work, destination};
use crate::consumer::Platform;
use crate::fault::Fault;
use crate::job::Job;
use crate::linear::{Issue, NewIssue, key};
use crate::reference::parse_issue_ref;
use crate::report::markdown;
use crate::service::{Service, ServiceError};
use crate::shorten::shorten;
use crate::thread::LinkedIssue;

/// The most characters of a report that are quoted in its issue.
const MAX_QUOTE_CHARS: usize = 8_000;
/// How many deleted issues of one conversation are stepped over.
const MAX_DELETED: u32 = 5;

/// The issue of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The issue.
    pub issue: LinkedIssue,
    /// What it says.
    pub description: String,
    /// Whether it takes the place of another issue of the conversation: somebody named it in
    /// the command, or the other one was deleted.
    pub replaces: bool,
    /// Whether it was made for this conversation.
    pub created: bool,
}

impl Resolved {
    fn found(issue: Issue, replaces: bool) -> Self {
        Self::new(issue, replaces, false)
    }

    fn new(issue: Issue, replaces: bool, created: bool) -> Self {
        Self {
            issue: LinkedIssue {
                key: issue.key,
                uuid: issue.id,
                url: issue.url,
                title: issue.title,
            },
            description: issue.description,
            replaces,
            created,
        }
    }
}

/// Finds or makes the issue of a report.
pub async fn resolve_issue<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
    report: &Report,
) -> Result<Resolved, Fault> {
    if let Some(given) = &job.command.options().issue {
        let key = parse_issue_ref(given, &super::scope(work.settings))
            .map_err(|unrecognised| Fault::Rejected(unrecognised.user_message()))?
            .key;
        return match load(work, key.as_str()).await? {
            Some(issue) => Ok(Resolved::found(issue, true)),
            None => Err(Fault::Rejected(format!(
                "Linear knows no issue `{key}`, or does not show it to bugbot. Check the identifier, or leave the option out to have an issue found or made."
            ))),
        };
    }
    if let Some(known) = work.known
        && let Some(issue) = load(work, known.uuid.as_str()).await?
    {
        return Ok(Resolved::found(issue, false));
    }
    // From here on a known issue is one that somebody has deleted: what is found or made instead
    // takes its place.
    let replaces = work.known.is_some();
    // A bare "ABC-12" in a conversation may be anything: one that Linear does not know is none.
    if let Some(key) = &report.references.linear_issue_id
        && let Some(issue) = load(work, key.as_str()).await?
    {
        return Ok(Resolved::found(issue, replaces));
    }
    let created = create(work, job, report).await?;
    Ok(Resolved {
        replaces,
        ..created
    })
}

async fn load<P: Platform>(work: &Work<'_, P>, id: &str) -> Result<Option<Issue>, Fault> {
    match work.services.linear.issue(id).await {
        Ok(issue) => Ok(Some(issue)),
        Err(ServiceError::NotFound) => Ok(None),
        Err(error) => Err(Fault::upstream(Service::Linear)(error)),
    }
}

async fn create<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
    report: &Report,
) -> Result<Resolved, Fault> {
    if report.text.is_empty() {
        return Err(Fault::Rejected(
            "There is no report to be found here: bugbot can read neither words of the command nor messages of this thread. Describe the bug in the `description` option, or use *Apps → Add context* on the message that reports it."
                .to_owned(),
        ));
    }
    let team = destination::team(work).await?;
    let state = destination::state(work, &team).await?;
    let mut issue = NewIssue {
        id: key::issue_of(&job.thread(), 0),
        team,
        title: title_of(&report.text),
        description: format!(
            "{}\n\nReported {}on Discord: {}",
            markdown::quote(&shorten(&report.text, MAX_QUOTE_CHARS)),
            report
                .reporter
                .as_deref()
                .map_or_else(String::new, |name| format!("by {} ", markdown::line(name))),
            report.link,
        ),
        state,
    };
    // One conversation makes one issue, whoever asks and however often: its id says so. Only
    // where a person has deleted that issue for good does the conversation get another.
    for attempt in 0..MAX_DELETED {
        issue.id = key::issue_of(&job.thread(), attempt);
        match work.services.linear.create_issue(&issue).await {
            Ok(created) => return Ok(Resolved::new(created.into_inner(), false, true)),
            Err(ServiceError::NotFound) => {}
            Err(error) => return Err(Fault::upstream(Service::Linear)(error)),
        }
    }
    Err(Fault::Rejected(
        "The issues of this thread keep being deleted in Linear. Name one in the `issue` option."
            .to_owned(),
    ))
}
