//! The mutations. Each checks all before it changes anything.

use serde_json::{Value, json};

use super::state::{Attachment, Comment, Issue, State, is_uuid_v4};
use super::trouble::Trouble;
use super::world::{Child, Looked, Node, World};

/// The most characters of a title.
const MAX_TITLE_CHARACTERS: usize = 255;

impl World<'_> {
    /// A field of `Mutation`.
    pub(super) fn mutate(&self, field: &str, asked: &Value) -> Looked {
        if !self.key.may_write {
            return Err(Trouble::forbidden());
        }
        let input = &asked["input"];
        let mut state = self.state.borrow_mut();
        let actor = &self.key.user;
        let payload = |type_name, name, node| {
            Ok(Some(Child::One(Some(Node::Payload(
                type_name,
                name,
                Box::new(node),
            )))))
        };
        match field {
            "issueCreate" => payload(
                "IssuePayload",
                "issue",
                Node::Issue(state.create_issue(input, actor)?),
            ),
            "issueUpdate" => {
                let id = asked["id"].as_str().unwrap_or_default();
                payload(
                    "IssuePayload",
                    "issue",
                    Node::Issue(state.update_issue(id, input)?),
                )
            }
            "commentCreate" => payload(
                "CommentPayload",
                "comment",
                Node::Comment(state.create_comment(input, actor)?),
            ),
            "attachmentCreate" => payload(
                "AttachmentPayload",
                "attachment",
                Node::Attachment(state.attach(input, None, actor)?),
            ),
            "attachmentLinkURL" => payload(
                "AttachmentPayload",
                "attachment",
                Node::Attachment(state.attach(asked, None, actor)?),
            ),
            "attachmentLinkDiscord" if !state.is_discord_connected => Err(Trouble::invalid(
                "There is no Discord integration for this workspace.",
            )),
            "attachmentLinkDiscord" => {
                let attached = state.attach(asked, Some("discord"), actor)?;
                payload(
                    "AttachmentPayload",
                    "attachment",
                    Node::Attachment(attached),
                )
            }
            _ => Ok(None),
        }
    }
}

impl State {
    /// The id that the client chose, or a new one.
    fn id_for(
        &mut self,
        input: &Value,
        kind: &str,
        exists: impl Fn(&Self, &str) -> bool,
    ) -> Result<String, Trouble> {
        let Some(chosen) = input["id"].as_str() else {
            return Ok(self.fresh_id());
        };
        if !is_uuid_v4(chosen) {
            return Err(Trouble::invalid("id must be a UUID."));
        }
        if exists(self, chosen) {
            return Err(Trouble::conflict(kind, chosen));
        }
        Ok(chosen.to_owned())
    }

    fn create_issue(&mut self, input: &Value, actor: &str) -> Result<String, Trouble> {
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
    pub(super) fn open_issue(&mut self, input: &Value, actor: &str) -> String {
        self.create_issue(input, actor)
            .unwrap_or_else(|trouble| panic!("{trouble:?}"))
    }

    fn update_issue(&mut self, id: &str, input: &Value) -> Result<String, Trouble> {
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
    pub(super) fn enter(&self, issue: &mut Issue, state: &str) {
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

    fn create_comment(&mut self, input: &Value, actor: &str) -> Result<String, Trouble> {
        let issue = input["issueId"]
            .as_str()
            .ok_or_else(|| Trouble::invalid("issueId should not be empty."))?;
        let issue = self
            .issue(issue)
            .ok_or_else(|| Trouble::not_found("Issue"))?
            .id
            .clone();
        let body = input["body"]
            .as_str()
            .filter(|body| !body.trim().is_empty());
        let body = body
            .ok_or_else(|| Trouble::invalid("body should not be empty."))?
            .to_owned();
        let parent = match input["parentId"].as_str() {
            Some(id) => Some(
                self.comment(id)
                    .ok_or_else(|| Trouble::not_found("Comment"))?
                    .id
                    .clone(),
            ),
            None => None,
        };
        let id = self.id_for(input, "Comment", |state, id| state.comment(id).is_some())?;
        let (user, created_at) = (actor.to_owned(), self.now());
        self.comments.push(Comment {
            id: id.clone(),
            issue,
            parent,
            body,
            user,
            created_at,
        });
        Ok(id)
    }

    /// One attachment an address and issue: a second one changes the first.
    fn attach(
        &mut self,
        input: &Value,
        source: Option<&str>,
        actor: &str,
    ) -> Result<String, Trouble> {
        let text = |name: &str| input[name].as_str().map(str::to_owned);
        let issue = text("issueId").unwrap_or_default();
        let issue = self
            .issue(&issue)
            .ok_or_else(|| Trouble::not_found("Issue"))?
            .id
            .clone();
        let url = text("url").unwrap_or_default();
        if url::Url::parse(&url).is_err() {
            return Err(Trouble::invalid("url must be a URL address."));
        }
        let existing = self
            .attachments
            .iter_mut()
            .find(|a| a.issue == issue && a.url == url);
        if let Some(attachment) = existing {
            attachment.title = text("title").unwrap_or_else(|| attachment.title.clone());
            attachment.subtitle = text("subtitle").or(attachment.subtitle.take());
            return Ok(attachment.id.clone());
        }
        let id = self.id_for(input, "Attachment", |state, id| {
            state.attachment(id).is_some()
        })?;
        let attachment = Attachment {
            id: id.clone(),
            issue,
            title: text("title").unwrap_or_else(|| url.clone()),
            subtitle: text("subtitle"),
            metadata: input
                .get("metadata")
                .filter(|m| m.is_object())
                .cloned()
                .unwrap_or_else(|| json!({})),
            source_type: source.map(str::to_owned).or_else(|| source_of(&url)),
            url,
            creator: actor.to_owned(),
            created_at: self.now(),
        };
        self.attachments.push(attachment);
        Ok(id)
    }
}

/// What Linear recognises by its address.
fn source_of(url: &str) -> Option<String> {
    (url.starts_with("https://github.com/") && url.contains("/pull/")).then(|| "github".to_owned())
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
