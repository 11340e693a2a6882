//! How stories set the workspace up and look at it, past the API.

use super::limits::{Budget, Limits};
use super::state::{Attachment, Comment, Issue, Key, State, Team, User, WorkflowState};
use super::{DIALECT, Linear};
use crate::clock::TestClock;
use crate::fake::Fake;

/// The states that a new team of Linear's has, by name and kind.
const WORKFLOW: [(&str, &str); 7] = [
    ("Triage", "triage"),
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("In Review", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
];

impl Linear {
    /// A workspace with one member and one team, `ENG`, and no key to it yet.
    pub fn new(clock: TestClock) -> Self {
        let mut state = State {
            clock,
            workspace: "acme".to_owned(),
            keys: std::collections::BTreeMap::new(),
            users: Vec::new(),
            teams: Vec::new(),
            states: Vec::new(),
            issues: Vec::new(),
            comments: Vec::new(),
            attachments: Vec::new(),
            is_discord_connected: true,
            limits: Limits::default(),
            made: 0,
        };
        let id = state.fresh_id();
        state.users.push(User {
            id,
            name: "Bug Bot".to_owned(),
            display_name: "bugbot".to_owned(),
            email: "bugbot@acme.test".to_owned(),
        });
        Self(Fake::new(DIALECT, state)).with_team("ENG", "Engineering")
    }

    /// One more team with the usual workflow.
    #[must_use]
    pub fn with_team(self, key: &str, name: &str) -> Self {
        {
            let mut state = self.lock();
            let team = state.fresh_id();
            for (position, (name, kind)) in (0..).zip(WORKFLOW) {
                let id = state.fresh_id();
                let (team, name, kind) = (team.clone(), name.to_owned(), kind.to_owned());
                state.states.push(WorkflowState {
                    id,
                    team,
                    name,
                    kind,
                    position,
                });
            }
            state.teams.push(Team {
                id: team,
                key: key.to_owned(),
                name: name.to_owned(),
                last_number: 0,
            });
        }
        self
    }

    /// A key (`lin_api_...`) or OAuth token (`lin_oauth_...`) that may do everything.
    #[must_use]
    pub fn with_key(self, key: &str) -> Self {
        self.add_key(key, true)
    }

    /// A key that may only read.
    #[must_use]
    pub fn with_read_only_key(self, key: &str) -> Self {
        self.add_key(key, false)
    }

    fn add_key(self, key: &str, may_write: bool) -> Self {
        self.set_key(key, may_write);
        self
    }

    fn set_key(&self, key: &str, may_write: bool) {
        let mut state = self.lock();
        let user = state.users[0].id.clone();
        state.keys.insert(key.to_owned(), Key { user, may_write });
    }

    /// Makes a key bad from now on.
    pub fn revoke(&self, key: &str) {
        self.lock().keys.remove(key);
    }

    /// Makes a key good from now on.
    pub fn grant(&self, key: &str) {
        self.set_key(key, true);
    }

    /// Takes the workspace's connection to Discord away, which links to Discord need.
    pub fn disconnect_discord(&self) {
        self.lock().is_discord_connected = false;
    }

    /// Allows so many requests a window.
    pub fn set_limit(&self, budget: Budget, limit: u32) {
        self.lock().limits.set(budget, limit);
    }

    /// The team with this key.
    pub fn team(&self, key: &str) -> Team {
        let state = self.lock();
        state
            .teams
            .iter()
            .find(|team| team.key == key)
            .unwrap_or_else(|| panic!("no team {key}"))
            .clone()
    }

    /// All issues, oldest first.
    pub fn issues(&self) -> Vec<Issue> {
        self.lock().issues.clone()
    }

    /// An issue by identifier or UUID.
    pub fn issue(&self, id: &str) -> Issue {
        self.lock()
            .issue(id)
            .unwrap_or_else(|| panic!("no issue {id}"))
            .clone()
    }

    /// The address of an issue.
    pub fn url(&self, id: &str) -> String {
        let issue = self.issue(id);
        self.lock().url_of(&issue)
    }

    /// The name of the state that an issue is in.
    pub fn state_of(&self, id: &str) -> String {
        let issue = self.issue(id);
        self.lock()
            .workflow_state(&issue.state)
            .map(|state| state.name.clone())
            .unwrap_or_default()
    }

    /// The comments on an issue, oldest first.
    pub fn comments(&self, id: &str) -> Vec<Comment> {
        let issue = self.issue(id).id;
        self.lock()
            .comments
            .iter()
            .filter(|comment| comment.issue == issue)
            .cloned()
            .collect()
    }

    /// The links on an issue, oldest first.
    pub fn attachments(&self, id: &str) -> Vec<Attachment> {
        let issue = self.issue(id).id;
        self.lock()
            .attachments
            .iter()
            .filter(|attachment| attachment.issue == issue)
            .cloned()
            .collect()
    }

    /// Somebody opens an issue by hand; its identifier.
    pub fn open_issue(&self, team: &str, title: &str, description: &str) -> String {
        let team = self.team(team).id;
        let input =
            serde_json::json!({ "teamId": team, "title": title, "description": description });
        let mut state = self.lock();
        let user = state.users[0].id.clone();
        let id = state.open_issue(&input, &user);
        state
            .issue(&id)
            .map(|issue| issue.identifier.clone())
            .unwrap_or_default()
    }

    /// Somebody deletes an issue by hand, with all that is on it.
    pub fn delete_issue(&self, id: &str) {
        let issue = self.issue(id).id;
        let mut state = self.lock();
        state.issues.retain(|other| other.id != issue);
        state.comments.retain(|comment| comment.issue != issue);
        state
            .attachments
            .retain(|attachment| attachment.issue != issue);
    }

    /// Somebody moves an issue by hand, to the state of this name.
    pub fn move_issue(&self, id: &str, to: &str) {
        let mut issue = self.issue(id);
        let mut state = self.lock();
        let target = state
            .states
            .iter()
            .find(|s| s.team == issue.team && s.name == to);
        let target = target.unwrap_or_else(|| panic!("no state {to}")).id.clone();
        state.enter(&mut issue, &target);
        if let Some(old) = state.issues.iter_mut().find(|other| other.id == issue.id) {
            *old = issue;
        }
    }
}
