//! Making and changing issues.

use serde_json::Value;

use crate::linear::state::{Issue, State};
use crate::linear::trouble::Trouble;

/// The most characters of a title.
const MAX_TITLE_CHARACTERS: usize = 255;

impl State {
    pub(super) fn create_issue(&mut self, input: &Value, actor: &str) -> Result<String, Trouble> {
        let team = input["teamId"].as_str().unwrap_or_default();
        let team = self
            .team(team)
            .ok_or_else(|| Trouble::not_found("Team"))?
            .id
            .clone();
        let title = checked_title(&input["title"])?
            .ok_or_else(|| Trouble::invalid("title should not be empty."))?;
        let state = match input["stateId"].as_str() {
            Some(id) => self.state_of_team(id, &team)?,
            None => self
                .default_state(&team)
                .map(|s| s.id.clone())
                .unwrap_or_default(),
        };
        let assignee = self.member(&input["assigneeId"])?;
        let priority = checked_priority(&input["priority"])?;
        let id = self.id_for(input, "Issue", |state, id| state.issue(id).is_some())?;
        let now = self.now();
        let team = self
            .teams
            .iter_mut()
            .find(|t| t.id == team)
            .ok_or_else(|| Trouble::not_found("Team"))?;
        team.last_number += 1;
        let mut issue = Issue {
            id: id.clone(),
            team: team.id.clone(),
            number: team.last_number,
            identifier: format!("{}-{}", team.key, team.last_number),
            title,
            description: input["description"].as_str().map(str::to_owned),
            state: String::new(),
            priority: priority.unwrap_or(0),
            creator: actor.to_owned(),
            assignee,
            created_at: now,
            updated_at: now,
            entered: std::collections::BTreeMap::new(),
            archived_at: None,
        };
        self.enter(&mut issue, &state);
        self.issues.push(issue);
        Ok(id)
    }

    /// An issue that a person opens.
    pub(in crate::linear) fn open_issue(&mut self, input: &Value, actor: &str) -> String {
        self.create_issue(input, actor)
            .unwrap_or_else(|trouble| panic!("{trouble:?}"))
    }

    pub(super) fn update_issue(&mut self, id: &str, input: &Value) -> Result<String, Trouble> {
        let mut issue = self
            .issue(id)
            .cloned()
            .ok_or_else(|| Trouble::not_found("Issue"))?;
        if let Some(title) = checked_title(&input["title"])? {
            issue.title = title;
        }
        if let Some(description) = input["description"].as_str() {
            issue.description = Some(description.to_owned());
        }
        if let Some(priority) = checked_priority(&input["priority"])? {
            issue.priority = priority;
        }
        if input["assigneeId"].is_string() {
            issue.assignee = self.member(&input["assigneeId"])?;
        }
        if let Some(state) = input["stateId"].as_str() {
            let state = self.state_of_team(state, &issue.team)?;
            self.enter(&mut issue, &state);
        }
        issue.updated_at = self.now();
        let id = issue.id.clone();
        self.issues.retain(|other| other.id != id);
        let at = self.issues.partition_point(|other| {
            (other.created_at, other.number) < (issue.created_at, issue.number)
        });
        self.issues.insert(at, issue);
        Ok(id)
    }

    /// Puts an issue into a state, and notes when it first came to its kind.
    pub(in crate::linear) fn enter(&self, issue: &mut Issue, state: &str) {
        let kind = self
            .workflow_state(state)
            .map(|s| s.kind.as_str())
            .unwrap_or_default();
        let mark = match kind {
            "started" => Some("startedAt"),
            "completed" => Some("completedAt"),
            "canceled" => Some("canceledAt"),
            _ => None,
        };
        if let Some(mark) = mark {
            issue.entered.entry(mark).or_insert(self.now());
        }
        state.clone_into(&mut issue.state);
    }

    fn state_of_team(&self, id: &str, team: &str) -> Result<String, Trouble> {
        let state = self
            .workflow_state(id)
            .ok_or_else(|| Trouble::not_found("WorkflowState"))?;
        if state.team != team {
            return Err(Trouble::invalid(
                "The workflow state belongs to another team.",
            ));
        }
        Ok(state.id.clone())
    }

    fn member(&self, id: &Value) -> Result<Option<String>, Trouble> {
        let Some(id) = id.as_str() else {
            return Ok(None);
        };
        self.user(id)
            .map(|user| Some(user.id.clone()))
            .ok_or_else(|| Trouble::not_found("User"))
    }
}

/// A title that was given, if Linear takes it.
fn checked_title(title: &Value) -> Result<Option<String>, Trouble> {
    let Some(title) = title.as_str() else {
        return Ok(None);
    };
    if title.trim().is_empty() {
        return Err(Trouble::invalid("title should not be empty."));
    }
    if title.chars().count() > MAX_TITLE_CHARACTERS {
        return Err(Trouble::invalid(
            "title must be shorter than or equal to 255 characters.",
        ));
    }
    Ok(Some(title.to_owned()))
}

fn checked_priority(priority: &Value) -> Result<Option<u8>, Trouble> {
    let Some(priority) = priority.as_i64() else {
        return Ok(None);
    };
    let known = u8::try_from(priority).ok().filter(|p| *p <= 4);
    known
        .map(Some)
        .ok_or_else(|| Trouble::invalid("priority must not be greater than 4."))
}
