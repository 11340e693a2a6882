//! What the workspace holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use shared::ports::Clock as _;
use uuid::Uuid;

use super::limits::Limits;
use crate::clock::TestClock;

/// Everything behind the lock.
#[derive(Debug)]
pub struct State {
    pub(super) clock: TestClock,
    /// The part of addresses that names the workspace.
    pub(super) workspace: String,
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) users: Vec<User>,
    pub(super) teams: Vec<Team>,
    pub(super) states: Vec<WorkflowState>,
    pub(super) issues: Vec<Issue>,
    pub(super) comments: Vec<Comment>,
    pub(super) attachments: Vec<Attachment>,
    /// Whether an administrator has connected the workspace to a Discord server.
    pub(super) is_discord_connected: bool,
    pub(super) limits: Limits,
    pub(super) made: u64,
}

/// What a credential is good for.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The user that it acts as.
    pub(super) user: String,
    pub(super) may_write: bool,
}

/// A member of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its UUID.
    pub id: String,
    /// Its full name.
    pub name: String,
    /// The name it is mentioned by.
    pub display_name: String,
    /// Its e-mail address.
    pub email: String,
}

/// A team, whose key starts its issues' identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its UUID.
    pub id: String,
    /// `ENG`.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The number that its last issue got.
    pub(super) last_number: u64,
}

/// A state of a team's workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowState {
    /// Its UUID.
    pub id: String,
    /// The team whose it is.
    pub team: String,
    /// `In Progress`.
    pub name: String,
    /// `triage`, `backlog`, `unstarted`, `started`, `completed` or `canceled`.
    pub kind: String,
    /// Its place in the workflow.
    pub position: u32,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its UUID.
    pub id: String,
    /// The team whose it is.
    pub team: String,
    /// Its number within the team.
    pub number: u64,
    /// `ENG-1`.
    pub identifier: String,
    /// What it is called.
    pub title: String,
    /// What it says, in Markdown.
    pub description: Option<String>,
    /// Its workflow state.
    pub state: String,
    /// 0 (none) to 4 (low); 1 is urgent.
    pub priority: u8,
    /// Who made it.
    pub creator: String,
    /// Who works on it.
    pub assignee: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When work on it started, it was completed, or it was given up.
    pub(super) entered: BTreeMap<&'static str, Timestamp>,
    /// When it was put away.
    pub archived_at: Option<Timestamp>,
}

/// A comment on an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its UUID.
    pub id: String,
    /// The issue's UUID.
    pub issue: String,
    /// The comment that it answers.
    pub parent: Option<String>,
    /// What it says, in Markdown.
    pub body: String,
    /// Who wrote it.
    pub user: String,
    /// When.
    pub created_at: Timestamp,
}

/// A link on an issue: at most one an address.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Its UUID.
    pub id: String,
    /// The issue's UUID.
    pub issue: String,
    /// What it is called.
    pub title: String,
    /// The line below.
    pub subtitle: Option<String>,
    /// Where it leads.
    pub url: String,
    /// Whatever its maker noted.
    pub metadata: Value,
    /// `discord`, `github`, or nothing that Linear knows.
    pub source_type: Option<String>,
    /// Who made it.
    pub creator: String,
    /// When.
    pub created_at: Timestamp,
}

impl State {
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A UUID of the form of version 4 that nothing has yet.
    pub(super) fn fresh_id(&mut self) -> String {
        self.made += 1;
        uuid::Builder::from_random_bytes(u128::from(self.made).to_be_bytes())
            .into_uuid()
            .to_string()
    }

    /// By UUID, or by identifier in any case.
    pub(super) fn issue(&self, id: &str) -> Option<&Issue> {
        self.issues
            .iter()
            .find(|issue| issue.id == id || issue.identifier.eq_ignore_ascii_case(id))
    }

    pub(super) fn team(&self, id: &str) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == id)
    }

    pub(super) fn workflow_state(&self, id: &str) -> Option<&WorkflowState> {
        self.states.iter().find(|state| state.id == id)
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn comment(&self, id: &str) -> Option<&Comment> {
        self.comments.iter().find(|comment| comment.id == id)
    }

    pub(super) fn attachment(&self, id: &str) -> Option<&Attachment> {
        self.attachments
            .iter()
            .find(|attachment| attachment.id == id)
    }

    /// Where a new issue of the team starts: its first backlog state.
    pub(super) fn default_state(&self, team: &str) -> Option<&WorkflowState> {
        let of_team = self
            .states
            .iter()
            .filter(|state| state.team == team && state.kind == "backlog");
        of_team.min_by_key(|state| state.position)
    }

    /// The address of an issue.
    pub(super) fn url_of(&self, issue: &Issue) -> String {
        format!(
            "https://linear.app/{}/issue/{}/{}",
            self.workspace,
            issue.identifier,
            slug(&issue.title)
        )
    }

    /// The branch that Linear links by name.
    pub(super) fn branch_of(&self, issue: &Issue) -> String {
        let user = self
            .user(&issue.creator)
            .map_or("", |user| &user.display_name);
        format!(
            "{user}/{}-{}",
            issue.identifier.to_lowercase(),
            slug(&issue.title)
        )
    }
}

/// Whether this is a UUID of version 4 as Linear asks for where a client chooses one.
pub(super) fn is_uuid_v4(id: &str) -> bool {
    id.len() == 36 && Uuid::try_parse(id).is_ok_and(|uuid| uuid.get_version_num() == 4)
}

/// A title as part of an address.
fn slug(title: &str) -> String {
    let words: Vec<_> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-").to_lowercase()
}
