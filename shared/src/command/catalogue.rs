//! The one list of commands and options. Whatever shows or reads them derives from it.

use serde::{Deserialize, Serialize};

/// What bugbot is called: the slash command, and the word after `@` in a text.
pub const NAME: &str = "bugbot";

/// What the slash command as a whole says of itself.
pub const DESCRIPTION: &str = "From a bug report to context, and from context to a pull request";

/// A command without its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    /// Find or create the issue and gather evidence.
    Contextualize,
    /// Fix the bug and open a pull request.
    Fix,
    /// Say what is going on in this thread.
    Status,
    /// Stop what runs in this thread.
    Cancel,
    /// Do the last failed job of this thread again.
    Retry,
    /// Let a fix that waits for approval go on.
    Approve,
    /// End a fix that waits for approval.
    Reject,
    /// Give the running fix further instructions.
    Steer,
    /// Let a fix that stopped at a limit go on with more money.
    Continue,
    /// Deploy the pull request's branch.
    Deploy,
    /// Keep an issue for oneself.
    Claim,
    /// Give a claimed issue back.
    Release,
    /// Show which issues are claimed.
    Claims,
    /// Show who has done most.
    Leaderboard,
    /// Show what there is.
    Help,
}

impl Verb {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::Contextualize,
        Self::Fix,
        Self::Status,
        Self::Cancel,
        Self::Retry,
        Self::Approve,
        Self::Reject,
        Self::Steer,
        Self::Continue,
        Self::Deploy,
        Self::Claim,
        Self::Release,
        Self::Claims,
        Self::Leaderboard,
        Self::Help,
    ];

    /// The name, as typed and as stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Contextualize => "contextualize",
            Self::Fix => "fix",
            Self::Status => "status",
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Steer => "steer",
            Self::Continue => "continue",
            Self::Deploy => "deploy",
            Self::Claim => "claim",
            Self::Release => "release",
            Self::Claims => "claims",
            Self::Leaderboard => "leaderboard",
            Self::Help => "help",
        }
    }

    /// Other words for it that are understood in a text, but never shown.
    pub fn synonyms(self) -> &'static [&'static str] {
        match self {
            Self::Contextualize => &["contextualise", "context"],
            Self::Cancel => &["stop"],
            Self::Fix
            | Self::Status
            | Self::Retry
            | Self::Approve
            | Self::Reject
            | Self::Steer
            | Self::Continue
            | Self::Deploy
            | Self::Claim
            | Self::Release
            | Self::Claims
            | Self::Leaderboard
            | Self::Help => &[],
        }
    }

    /// One line that says what it does. At most 100 characters: Discord's limit.
    pub fn description(self) -> &'static str {
        match self {
            Self::Contextualize => {
                "Find or create the Linear issue and add recordings, people and likely files"
            }
            Self::Fix => "Fix the bug and open a pull request",
            Self::Status => "Show what is going on in this thread",
            Self::Cancel => "Stop what is running in this thread",
            Self::Retry => "Do the last failed job of this thread again",
            Self::Approve => "Let the fix that waits for approval go on",
            Self::Reject => "End the fix that waits for approval",
            Self::Steer => "Give the running fix further instructions",
            Self::Continue => "Let a fix that stopped at a limit go on with more money",
            Self::Deploy => "Deploy the branch of this thread's pull request",
            Self::Claim => "Keep an issue for yourself: neither bugbot nor a volunteer begins it",
            Self::Release => "Give back an issue that you have claimed",
            Self::Claims => "Show which issues are claimed, by whom and until when",
            Self::Leaderboard => "Show who has done most, bugbot among them",
            Self::Help => "Show what bugbot can do",
        }
    }

    /// What it takes, in the order in which it is shown.
    pub fn options(self) -> &'static [OptionName] {
        match self {
            Self::Contextualize | Self::Fix => &OptionName::OF_WORK,
            // These are about a job of the thread in which they are given.
            Self::Status
            | Self::Cancel
            | Self::Retry
            | Self::Approve
            | Self::Reject
            | Self::Deploy => &[OptionName::Job],
            Self::Steer => &[OptionName::Text, OptionName::Job],
            Self::Continue => &[OptionName::Budget, OptionName::Job],
            Self::Claim | Self::Release => &[OptionName::Target],
            Self::Claims | Self::Leaderboard | Self::Help => &[],
        }
    }

    /// The option that free words of a text are.
    pub fn free_text(self) -> Option<OptionName> {
        [OptionName::Description, OptionName::Text]
            .into_iter()
            .find(|option| self.takes(*option))
    }

    /// Whether it takes an option.
    pub fn takes(self, option: OptionName) -> bool {
        self.options().contains(&option)
    }

    /// The command of a name or synonym, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| {
            word.eq_ignore_ascii_case(verb.name())
                || verb.synonyms().iter().any(|s| word.eq_ignore_ascii_case(s))
        })
    }

    /// The command behind an entry of a message's context menu.
    pub fn of_message_command(name: &str) -> Option<Self> {
        MESSAGE_COMMANDS
            .iter()
            .find(|(shown, _)| *shown == name)
            .map(|(_, verb)| *verb)
    }
}

impl std::fmt::Display for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The entries in the context menu of a message (*Apps*), which take that message as their target.
pub const MESSAGE_COMMANDS: [(&str, Verb); 2] = [
    ("Add context", Verb::Contextualize),
    ("Fix this bug", Verb::Fix),
];

/// An option of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OptionName {
    /// A Linear issue.
    Issue,
    /// A GitHub repository.
    Repo,
    /// A PostHog session.
    Session,
    /// Somebody's e-mail address.
    Email,
    /// Free text.
    Description,
    /// Further instructions.
    Text,
    /// Money, in dollars.
    Budget,
    /// A job of the conversation.
    Job,
    /// An issue that can be claimed.
    Target,
}

impl OptionName {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Issue,
        Self::Repo,
        Self::Session,
        Self::Email,
        Self::Description,
        Self::Text,
        Self::Budget,
        Self::Job,
        Self::Target,
    ];

    /// What describes work: the options of `contextualize` and `fix`.
    pub const OF_WORK: [Self; 5] = [
        Self::Issue,
        Self::Repo,
        Self::Session,
        Self::Email,
        Self::Description,
    ];

    /// The name, as typed and as stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Repo => "repo",
            Self::Session => "session",
            Self::Email => "email",
            Self::Description => "description",
            Self::Text => "text",
            Self::Budget => "budget",
            Self::Job => "job",
            Self::Target => "target",
        }
    }

    /// Other words for it that are understood in a text, but never shown.
    pub fn synonyms(self) -> &'static [&'static str] {
        match self {
            Self::Repo => &["repository"],
            Self::Email => &["e-mail"],
            Self::Issue
            | Self::Session
            | Self::Description
            | Self::Text
            | Self::Budget
            | Self::Job
            | Self::Target => &[],
        }
    }

    /// One line that says what it is. At most 100 characters: Discord's limit.
    pub fn description(self) -> &'static str {
        match self {
            Self::Issue => "Linear issue: ENG-123 or its address",
            Self::Repo => "GitHub repository: owner/name or its address",
            Self::Session => "PostHog recording: its address or session id",
            Self::Email => "E-mail of the person who saw the bug",
            Self::Description => "What is wrong, in your own words",
            Self::Text => "What the agent should know or do differently",
            Self::Budget => "How many dollars more it may cost",
            Self::Job => "Which job of this thread; without it the newest",
            Self::Target => {
                "Which issue: ENG-123, owner/name#12 or its address; without it this thread's"
            }
        }
    }

    /// A value that works, for help and rejections.
    pub fn example(self) -> &'static str {
        match self {
            Self::Issue => "ENG-123",
            Self::Repo => "acme/web",
            Self::Session => "0190b1c2-7d3e-7f00-8a1b-2c3d4e5f6071",
            Self::Email => "ann@example.com",
            Self::Description => "\"the save button does nothing\"",
            Self::Text => "\"keep the old button\"",
            Self::Budget => "2.50",
            Self::Job => "175928847299117063",
            Self::Target => "acme/web#12",
        }
    }

    /// Whether values are offered while somebody types.
    pub fn has_autocomplete(self) -> bool {
        matches!(self, Self::Issue | Self::Repo | Self::Job)
    }

    /// The most characters of its value. Within Discord's own limit of 6,000 for an option.
    pub fn max_chars(self) -> usize {
        match self {
            Self::Issue | Self::Repo | Self::Session | Self::Target => REFERENCE_CHARS,
            Self::Email => crate::reference::email::MAX_CHARS,
            Self::Description => DESCRIPTION_CHARS,
            Self::Text => TEXT_CHARS,
            Self::Budget => BUDGET_CHARS,
            Self::Job => JOB_CHARS,
        }
    }

    /// The option of a name or synonym, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|option| {
            word.eq_ignore_ascii_case(option.name())
                || option
                    .synonyms()
                    .iter()
                    .any(|s| word.eq_ignore_ascii_case(s))
        })
    }
}

impl std::fmt::Display for OptionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The longest identifier or address in an option.
pub const REFERENCE_CHARS: usize = 500;

/// The longest description: as long as the longest message that a person can send on Discord.
pub const DESCRIPTION_CHARS: usize = 4_000;

/// The longest instruction for a running fix: what a person writes in a minute or two.
pub const TEXT_CHARS: usize = 2_000;

/// The longest amount: `$1000.00` with spaces.
const BUDGET_CHARS: usize = 20;

/// The longest id of a job: a snowflake has at most 20 digits.
pub(super) const JOB_CHARS: usize = 20;
