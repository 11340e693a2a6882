//! The fields of things: values, and where they lead.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::filter::admitted;
use super::page::Page;
use super::state::{Issue, State};
use super::world::{Child, Node, World};

impl World<'_> {
    /// A field of a thing; nothing for one that is not modelled.
    pub(super) fn field(&self, node: &Node, field: &str, asked: &Value) -> Option<Child> {
        let state = self.state.borrow();
        let link = |node: Node| Some(Child::One(Some(node)));
        match node {
            Node::Issue(id) | Node::Found(id) => {
                let issue = state.issue(id)?;
                match field {
                    "team" => link(Node::Team(issue.team.clone())),
                    "state" => link(Node::State(issue.state.clone())),
                    "creator" => link(Node::User(issue.creator.clone())),
                    "assignee" => Some(Child::One(issue.assignee.clone().map(Node::User))),
                    "comments" => {
                        let of_issue = state.comments.iter().filter(|c| c.issue == issue.id);
                        let nodes = of_issue.map(|c| Node::Comment(c.id.clone())).collect();
                        link(Node::Page(Page::cut("CommentConnection", nodes, asked)))
                    }
                    "attachments" => {
                        let of_issue = state.attachments.iter().filter(|a| a.issue == issue.id);
                        let nodes = of_issue.map(|a| Node::Attachment(a.id.clone())).collect();
                        link(Node::Page(Page::cut("AttachmentConnection", nodes, asked)))
                    }
                    _ => leaf(state.issue_fields(issue), field),
                }
            }
            Node::Team(id) => match field {
                "states" => {
                    let of_team = state.states.iter().filter(|s| s.team == *id);
                    let asked_for =
                        admitted(of_team, &asked["filter"], |s| state.view_state(&s.id))?;
                    let nodes = asked_for
                        .iter()
                        .map(|s| Node::State(s.id.clone()))
                        .collect();
                    link(Node::Page(Page::cut(
                        "WorkflowStateConnection",
                        nodes,
                        asked,
                    )))
                }
                "issues" => {
                    let listed = state
                        .listed_issues(asked)?
                        .into_iter()
                        .filter(|issue| issue.team == *id);
                    let nodes = listed.map(|issue| Node::Issue(issue.id.clone())).collect();
                    link(Node::Page(Page::cut("IssueConnection", nodes, asked)))
                }
                "defaultIssueState" => Some(Child::One(
                    state.default_state(id).map(|s| Node::State(s.id.clone())),
                )),
                "organization" => link(Node::Organization),
                _ => leaf(state.view_team(id), field),
            },
            Node::State(id) => match field {
                "team" => link(Node::Team(state.workflow_state(id)?.team.clone())),
                _ => leaf(state.view_state(id), field),
            },
            Node::User(id) => match field {
                "isMe" => Some(Child::Leaf(json!(*id == self.key.user))),
                "organization" => link(Node::Organization),
                _ => leaf(state.view_user(id), field),
            },
            Node::Comment(id) => {
                let comment = state.comment(id)?;
                match field {
                    "issue" => link(Node::Issue(comment.issue.clone())),
                    "user" => link(Node::User(comment.user.clone())),
                    "parent" => Some(Child::One(comment.parent.clone().map(Node::Comment))),
                    _ => leaf(state.view_comment(id), field),
                }
            }
            Node::Attachment(id) => {
                let attachment = state.attachment(id)?;
                match field {
                    "issue" => link(Node::Issue(attachment.issue.clone())),
                    "creator" => link(Node::User(attachment.creator.clone())),
                    _ => leaf(state.view_attachment(id), field),
                }
            }
            Node::Organization => {
                let workspace = json!({ "id": ORGANIZATION, "name": state.workspace, "urlKey": state.workspace });
                leaf(workspace, field)
            }
            Node::Payload(..) => leaf(json!({ "success": true, "lastSyncId": 1 }), field),
            Node::Query | Node::Mutation | Node::Page(_) => None,
        }
    }
}

/// The workspace's own UUID.
const ORGANIZATION: &str = "00000000-0000-4000-8000-0000000000aa";

fn leaf(mut fields: Value, field: &str) -> Option<Child> {
    fields.get_mut(field).map(|value| Child::Leaf(value.take()))
}

/// As Linear writes a moment: always with milliseconds.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}

impl State {
    /// The issues that a query lists: filtered, newest first, those put away left out.
    pub(super) fn listed_issues(&self, asked: &Value) -> Option<Vec<&Issue>> {
        let mut listed = self.shown_issues(asked)?;
        match asked["orderBy"].as_str() {
            Some("updatedAt") => listed.sort_by_key(|issue| Reverse(issue.updated_at)),
            _ => listed.reverse(),
        }
        Some(listed)
    }

    /// The issues that a query's filter and `includeArchived` admit, oldest first.
    pub(super) fn shown_issues(&self, asked: &Value) -> Option<Vec<&Issue>> {
        let with_archived = asked["includeArchived"] == true;
        let shown = self
            .issues
            .iter()
            .filter(|issue| with_archived || issue.archived_at.is_none());
        admitted(shown, &asked["filter"], |issue| self.view_issue(issue))
    }

    /// The plain fields of an issue.
    fn issue_fields(&self, issue: &Issue) -> Value {
        let entered = |what: &str| issue.entered.get(what).map(|at| moment(*at));
        let labels = ["No priority", "Urgent", "High", "Medium", "Low"];
        json!({
            "id": issue.id,
            "identifier": issue.identifier,
            "number": issue.number,
            "title": issue.title,
            "description": issue.description,
            "url": self.url_of(issue),
            "branchName": self.branch_of(issue),
            "priority": issue.priority,
            "priorityLabel": labels.get(usize::from(issue.priority)),
            "createdAt": moment(issue.created_at),
            "updatedAt": moment(issue.updated_at),
            "archivedAt": issue.archived_at.map(moment),
            "startedAt": entered("startedAt"),
            "completedAt": entered("completedAt"),
            "canceledAt": entered("canceledAt"),
            "previousIdentifiers": [],
            "labelIds": [],
            "trashed": null,
            "dueDate": null,
            "estimate": null,
        })
    }

    /// An issue as filters see it: with what it links to.
    fn view_issue(&self, issue: &Issue) -> Value {
        let mut view = self.issue_fields(issue);
        view["team"] = self.view_team(&issue.team);
        view["state"] = self.view_state(&issue.state);
        view["creator"] = self.view_user(&issue.creator);
        view["assignee"] = issue
            .assignee
            .as_ref()
            .map_or(Value::Null, |id| self.view_user(id));
        let attachments = self.attachments.iter().filter(|a| a.issue == issue.id);
        view["attachments"] = attachments.map(|a| self.view_attachment(&a.id)).collect();
        let comments = self.comments.iter().filter(|c| c.issue == issue.id);
        view["comments"] = comments.map(|c| self.view_comment(&c.id)).collect();
        view
    }

    pub(super) fn view_team(&self, id: &str) -> Value {
        self.team(id).map_or(Value::Null, |team| {
            json!({ "id": team.id, "key": team.key, "name": team.name, "displayName": team.name, "description": null })
        })
    }

    pub(super) fn view_state(&self, id: &str) -> Value {
        self.workflow_state(id).map_or(Value::Null, |state| {
            json!({
                "id": state.id,
                "name": state.name,
                "type": state.kind,
                "position": state.position,
                "color": "#bec2c8",
                "description": null,
                "team": self.view_team(&state.team),
            })
        })
    }

    pub(super) fn view_user(&self, id: &str) -> Value {
        self.user(id).map_or(Value::Null, |user| {
            json!({
                "id": user.id,
                "name": user.name,
                "displayName": user.display_name,
                "email": user.email,
                "active": true,
                "admin": false,
                "app": false,
                "url": format!("https://linear.app/{}/profiles/{}", self.workspace, user.display_name),
            })
        })
    }

    pub(super) fn view_comment(&self, id: &str) -> Value {
        self.comment(id).map_or(Value::Null, |comment| {
            let issue = self
                .issue(&comment.issue)
                .map(|issue| self.url_of(issue))
                .unwrap_or_default();
            json!({
                "id": comment.id,
                "body": comment.body,
                "url": format!("{issue}#comment-{}", &comment.id[..8]),
                "issueId": comment.issue,
                "parentId": comment.parent,
                "createdAt": moment(comment.created_at),
                "updatedAt": moment(comment.created_at),
                "editedAt": null,
                "resolvedAt": null,
                "archivedAt": null,
                "quotedText": null,
            })
        })
    }

    pub(super) fn view_attachment(&self, id: &str) -> Value {
        self.attachment(id).map_or(Value::Null, |attachment| {
            json!({
                "id": attachment.id,
                "title": attachment.title,
                "subtitle": attachment.subtitle,
                "url": attachment.url,
                "metadata": attachment.metadata,
                "sourceType": attachment.source_type,
                "source": attachment.source_type.as_ref().map(|kind| json!({ "type": kind })),
                "groupBySource": false,
                "createdAt": moment(attachment.created_at),
                "updatedAt": moment(attachment.created_at),
                "archivedAt": null,
            })
        })
    }
}
