//! The parsed intent of a person, whatever the transport that carried it.
//!
//! Architecture invariant: what commands and options there are is written down once, in
//! [`catalogue`]. Discord's registration, the help and the text grammar are derived from it.

mod amount;
pub mod catalogue;
mod drift;
pub mod form;
mod grammar;
pub mod help;
mod lexer;
mod press;
mod registration;
mod rejection;
mod render;

use serde::{Deserialize, Serialize};

pub use amount::{MAX_BUDGET_USD, MIN_BUDGET_USD};
pub use catalogue::{OptionName, Verb};
pub use drift::{Drift, drift};
pub use form::Form;
pub use grammar::{Addressee, parse_text};
pub use press::Press;
pub use registration::render_registration;
pub use rejection::Rejection;
pub use render::render_text;

use crate::hub;
use crate::id::JobId;
use crate::reference::{
    Reference, Scope, parse_address, parse_email, parse_issue_ref, parse_repo_ref,
    parse_session_ref,
};

/// What somebody asked bugbot to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "command",
    content = "options",
    rename_all = "camelCase",
    from = "Wire"
)]
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
    /// Let a fix that waits for approval go on.
    Approve(Options),
    /// End a fix that waits for approval.
    Reject(Options),
    /// Give the running fix further instructions.
    Steer(Options),
    /// Let a fix that stopped at a limit go on with more money.
    Continue(Options),
    /// Deploy the pull request's branch.
    Deploy(Options),
    /// Keep an issue for oneself.
    Claim(Options),
    /// Give a claimed issue back.
    Release(Options),
    /// Show which issues are claimed.
    Claims(Options),
    /// Show who has done most.
    Leaderboard(Options),
    /// Show what there is.
    Help(Options),
}

/// How a command is read: without options it has none. (The derived form would insist on them.)
#[derive(Deserialize)]
struct Wire {
    command: Verb,
    #[serde(default)]
    options: Options,
}

impl From<Wire> for Command {
    fn from(wire: Wire) -> Self {
        Self::new(wire.command, wire.options)
    }
}

impl Command {
    /// A command with these options, unchecked.
    pub fn new(verb: Verb, options: Options) -> Self {
        match verb {
            Verb::Contextualize => Self::Contextualize(options),
            Verb::Fix => Self::Fix(options),
            Verb::Status => Self::Status(options),
            Verb::Cancel => Self::Cancel(options),
            Verb::Retry => Self::Retry(options),
            Verb::Approve => Self::Approve(options),
            Verb::Reject => Self::Reject(options),
            Verb::Steer => Self::Steer(options),
            Verb::Continue => Self::Continue(options),
            Verb::Deploy => Self::Deploy(options),
            Verb::Claim => Self::Claim(options),
            Verb::Release => Self::Release(options),
            Verb::Claims => Self::Claims(options),
            Verb::Leaderboard => Self::Leaderboard(options),
            Verb::Help => Self::Help(options),
        }
    }

    /// A command from the names and values that a transport delivers, checked as the text grammar
    /// checks them.
    pub fn from_named<N, V>(
        name: &str,
        options: impl IntoIterator<Item = (N, V)>,
        scope: &Scope,
    ) -> Result<Self, Rejection>
    where
        N: AsRef<str>,
        V: Into<String>,
    {
        let verb = Verb::parse(name).ok_or_else(|| Rejection::unknown_command(name))?;
        let mut checked = Options::default();
        for (given, value) in options {
            let option = OptionName::parse(given.as_ref())
                .filter(|option| verb.takes(*option))
                .ok_or_else(|| Rejection::unknown_option(verb, given.as_ref()))?;
            checked.set(option, value.into(), scope)?;
        }
        Ok(Self::new(verb, checked))
    }

    /// Which command it is, without its options.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Contextualize(_) => Verb::Contextualize,
            Self::Fix(_) => Verb::Fix,
            Self::Status(_) => Verb::Status,
            Self::Cancel(_) => Verb::Cancel,
            Self::Retry(_) => Verb::Retry,
            Self::Approve(_) => Verb::Approve,
            Self::Reject(_) => Verb::Reject,
            Self::Steer(_) => Verb::Steer,
            Self::Continue(_) => Verb::Continue,
            Self::Deploy(_) => Verb::Deploy,
            Self::Claim(_) => Verb::Claim,
            Self::Release(_) => Verb::Release,
            Self::Claims(_) => Verb::Claims,
            Self::Leaderboard(_) => Verb::Leaderboard,
            Self::Help(_) => Verb::Help,
        }
    }

    /// Its name, as typed and as stored: `fix`.
    pub fn name(&self) -> &'static str {
        self.verb().name()
    }

    /// Its options.
    pub fn options(&self) -> &Options {
        let (Self::Contextualize(options)
        | Self::Fix(options)
        | Self::Status(options)
        | Self::Cancel(options)
        | Self::Retry(options)
        | Self::Approve(options)
        | Self::Reject(options)
        | Self::Steer(options)
        | Self::Continue(options)
        | Self::Deploy(options)
        | Self::Claim(options)
        | Self::Release(options)
        | Self::Claims(options)
        | Self::Leaderboard(options)
        | Self::Help(options)) = self;
        options
    }

    /// Its options, to change.
    pub fn options_mut(&mut self) -> &mut Options {
        let (Self::Contextualize(options)
        | Self::Fix(options)
        | Self::Status(options)
        | Self::Cancel(options)
        | Self::Retry(options)
        | Self::Approve(options)
        | Self::Reject(options)
        | Self::Steer(options)
        | Self::Continue(options)
        | Self::Deploy(options)
        | Self::Claim(options)
        | Self::Release(options)
        | Self::Claims(options)
        | Self::Leaderboard(options)
        | Self::Help(options)) = self;
        options
    }
}

/// The options of a command, as given. Which command takes which is in the [`catalogue`].
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
    /// Further instructions for a running fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Money, in dollars: `2.50`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// A job of the conversation, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// An issue that can be claimed: of Linear, of GitHub, or any other by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Options {
    /// The value of an option.
    pub fn get(&self, option: OptionName) -> Option<&str> {
        match option {
            OptionName::Issue => self.issue.as_deref(),
            OptionName::Repo => self.repo.as_deref(),
            OptionName::Session => self.session.as_deref(),
            OptionName::Email => self.email.as_deref(),
            OptionName::Description => self.description.as_deref(),
            OptionName::Text => self.text.as_deref(),
            OptionName::Budget => self.budget.as_deref(),
            OptionName::Job => self.job.as_deref(),
            OptionName::Target => self.target.as_deref(),
        }
    }

    /// The budget in dollars.
    pub fn budget_usd(&self) -> Option<f64> {
        self.budget.as_deref().and_then(amount::parse_usd)
    }

    /// The job.
    pub fn job_id(&self) -> Option<JobId> {
        self.job.as_deref().map(JobId::new)
    }

    /// The issue that is to be claimed or given back.
    pub fn target_issue(&self) -> Option<hub::IssueRef> {
        parse_target(self.target.as_deref()?)
    }

    /// Sets an option after checking its value. The value is kept as it was given, without the
    /// spaces around it.
    pub fn set(
        &mut self,
        option: OptionName,
        value: String,
        scope: &Scope,
    ) -> Result<(), Rejection> {
        let value = match value.trim() {
            trimmed if trimmed.len() == value.len() => value,
            trimmed => trimmed.to_owned(),
        };
        if value.is_empty() {
            return Err(Rejection::NoValue { option });
        }
        if value.chars().count() > option.max_chars() {
            return Err(Rejection::TooLong {
                option,
                chars: value.chars().count(),
            });
        }
        match option {
            OptionName::Issue => drop(parse_issue_ref(&value, scope)?),
            OptionName::Repo => drop(parse_repo_ref(&value)?),
            OptionName::Session => drop(parse_session_ref(&value, scope)?),
            OptionName::Email => drop(parse_email(&value)?),
            OptionName::Budget if amount::parse_usd(&value).is_none() => {
                return Err(Rejection::NotMoney { given: value });
            }
            OptionName::Job if !is_job(&value) => {
                return Err(Rejection::NotAJob { given: value });
            }
            OptionName::Target if parse_target(&value).is_none() => {
                return Err(Rejection::NotAnIssue { given: value });
            }
            OptionName::Description
            | OptionName::Text
            | OptionName::Budget
            | OptionName::Job
            | OptionName::Target => {}
        }
        let slot = self.slot(option);
        if slot.is_some() {
            return Err(Rejection::Twice { option });
        }
        *slot = Some(value);
        Ok(())
    }

    /// Takes the value of an option out.
    fn take(&mut self, option: OptionName) -> Option<String> {
        self.slot(option).take()
    }

    fn slot(&mut self, option: OptionName) -> &mut Option<String> {
        match option {
            OptionName::Issue => &mut self.issue,
            OptionName::Repo => &mut self.repo,
            OptionName::Session => &mut self.session,
            OptionName::Email => &mut self.email,
            OptionName::Description => &mut self.description,
            OptionName::Text => &mut self.text,
            OptionName::Budget => &mut self.budget,
            OptionName::Job => &mut self.job,
            OptionName::Target => &mut self.target,
        }
    }
}

/// The id of an issue as the hub knows it: by an address of Linear or GitHub, or as it was given.
fn parse_target(given: &str) -> Option<hub::IssueRef> {
    let id = match parse_address(given, &Scope::default()) {
        Some(Reference::LinearIssue(issue)) => issue.key.to_string(),
        Some(Reference::GitHubIssue(link)) => format!("{}#{}", link.repository, link.number),
        Some(_) => return None,
        None => given.to_owned(),
    };
    // Any other address is of something that nobody claims.
    let is_address = id.contains("://");
    hub::IssueRef::parse(&id).ok().filter(|_| !is_address)
}

/// A job has the id of its interaction: a snowflake.
fn is_job(value: &str) -> bool {
    (1..=catalogue::JOB_CHARS).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests;
