//! What is offered while somebody types an issue, a repository or a job: what the conversation
//! already knows, and what the rest of the command names. On any failure: nothing, since people can type.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::Ports;
use crate::command::{OptionName, Verb};
use crate::discord::interaction::{GivenOption, Invocation};
use crate::discord::message::shorten;
use crate::id::{IssueKey, JobId, ThreadId};
use crate::log::{Event, Said};
use crate::ports::Log as _;
use crate::reference::{Reference, Scope, find};
use crate::report;
use crate::thread::{KnownJob, Standing, View};
use crate::trace::Trace;

/// How long a conversation may take to say what it knows. People type on while they wait, so an
/// offer that comes later than this is not looked at; Discord itself would wait 3 s.
pub const AUTOCOMPLETE_LIMIT: Duration = Duration::from_secs(1);

/// The most choices that Discord takes.
/// <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-autocomplete>
const MAX_CHOICES: usize = 25;

/// The most characters of a choice's name, and of its value.
const MAX_CHOICE_CHARS: usize = 100;

/// What conversations know.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait ThreadMemory {
    /// What `thread` knows, if it can say so within [`AUTOCOMPLETE_LIMIT`].
    async fn known(&self, thread: &ThreadId) -> Result<Known, MemoryFailed>;
}

/// What one conversation knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Its issues.
    pub issues: Vec<KnownIssue>,
    /// Its repositories, `owner/name`, newest first.
    pub repositories: Vec<String>,
    /// Its jobs, the open ones first.
    pub jobs: Vec<KnownJob>,
    /// The job that a retry does again.
    pub again_of: Option<JobId>,
}

/// An issue by the names that people know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownIssue {
    /// `ENG-123`.
    pub key: IssueKey,
    /// Its title; may be empty.
    pub title: String,
}

/// The conversation did not say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the thread object did not answer: {0}")]
pub struct MemoryFailed(pub String);

impl From<View> for Known {
    fn from(view: View) -> Self {
        let issue = view.issue.map(|issue| KnownIssue {
            key: issue.key,
            title: issue.title,
        });
        Self {
            issues: issue.into_iter().collect(),
            repositories: view.repositories,
            jobs: view.jobs,
            again_of: view.again_of,
        }
    }
}

/// One offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Choice {
    /// What is shown.
    name: String,
    /// What is sent when it is chosen.
    value: String,
}

/// The offers for the option that is being typed.
pub(super) async fn choices(
    invocation: &Invocation,
    thread: &ThreadId,
    trace: &Trace,
    ports: &impl Ports,
) -> Vec<Choice> {
    let Some(focused) = invocation.focused() else {
        return Vec::new();
    };
    let Some(option) = OptionName::parse(&focused.name).filter(|option| option.has_autocomplete())
    else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let known = ports.memory().known(thread).await.unwrap_or_else(|error| {
        let event = Event::NothingToOffer {
            reason: Said(&error),
        };
        ports.log().note(trace, event);
        Known::default()
    });
    let wanted = focused.value.to_string().trim().to_lowercase();
    let others = invocation.options.iter().filter(|given| !given.focused);
    let verb = invocation
        .subcommands
        .last()
        .and_then(|name| Verb::parse(name));
    known_choices(option, verb, known)
        .into_iter()
        .chain(others.flat_map(|given| named_in(option, given)))
        .filter(|choice| choice.name.to_lowercase().contains(&wanted))
        // Last what the typed text itself names: for a pasted address, its issue or repository.
        .chain(named_in(option, focused))
        .filter(|choice| choice.value.chars().count() <= MAX_CHOICE_CHARS)
        .filter(|choice| seen.insert(choice.value.clone()))
        .take(MAX_CHOICES)
        .collect()
}

fn known_choices(option: OptionName, verb: Option<Verb>, known: Known) -> Vec<Choice> {
    match option {
        OptionName::Issue => known.issues.iter().map(choice_of_issue).collect(),
        OptionName::Repo => known
            .repositories
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(plain)
            .collect(),
        OptionName::Job => {
            let jobs = known.jobs.iter();
            let meant = jobs.filter(|job| verb.is_some_and(|verb| can_be_about(verb, job)));
            meant.map(choice_of_job).collect()
        }
        OptionName::Session
        | OptionName::Email
        | OptionName::Description
        | OptionName::Text
        | OptionName::Budget
        | OptionName::Target => Vec::new(),
    }
}

fn named_in(option: OptionName, given: &GivenOption) -> Vec<Choice> {
    let found = find(&given.value.to_string(), &Scope::default()).into_iter();
    let value = found.filter_map(|found| match (option, found.reference) {
        (OptionName::Issue, Reference::LinearIssue(issue)) => Some(issue.key.to_string()),
        (OptionName::Repo, Reference::GitHubRepository(repository)) => Some(repository.to_string()),
        (OptionName::Repo, Reference::GitHubFile(file)) => Some(file.repository.to_string()),
        (OptionName::Repo, Reference::GitHubIssue(issue)) => Some(issue.repository.to_string()),
        _ => None,
    });
    value.map(plain).collect()
}

fn choice_of_issue(issue: &KnownIssue) -> Choice {
    let name = format!("{} {}", issue.key, issue.title);
    Choice {
        name: shorten(name.trim_end(), MAX_CHOICE_CHARS),
        value: issue.key.to_string(),
    }
}

/// Whether a command about a job could do anything with this one.
fn can_be_about(verb: Verb, job: &KnownJob) -> bool {
    let is_ended = job.standing.is_ended();
    match verb {
        Verb::Cancel => !is_ended,
        Verb::Approve | Verb::Reject | Verb::Steer => job.is_fix && !is_ended,
        Verb::Continue | Verb::Deploy => job.is_fix,
        Verb::Retry => {
            matches!(&job.standing, Standing::Ended(outcome) if outcome.can_be_retried())
        }
        Verb::Status | Verb::Contextualize | Verb::Fix | Verb::Help => true,
        Verb::Claim | Verb::Release | Verb::Claims | Verb::Leaderboard => false,
    }
}

fn choice_of_job(job: &KnownJob) -> Choice {
    let name = report::job_choice(job);
    Choice {
        name: shorten(&name, MAX_CHOICE_CHARS),
        value: job.job.to_string(),
    }
}

fn plain(value: String) -> Choice {
    Choice {
        name: value.clone(),
        value,
    }
}
