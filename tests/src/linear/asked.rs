//! The queries.

use serde_json::Value;

use super::filter::admitted;
use super::page::Page;
use super::state::State;
use super::trouble::Trouble;
use super::world::{Child, Looked, Node, World};

impl World<'_> {
    /// A field of `Query`.
    pub(super) fn query(&self, field: &str, asked: &Value) -> Looked {
        let state = self.state.borrow();
        let id = asked["id"].as_str().unwrap_or_default();
        let one = |node: Option<Node>, kind: &str| match node {
            Some(node) => Ok(Some(Child::One(Some(node)))),
            None => Err(Trouble::not_found(kind)),
        };
        match field {
            "viewer" => Ok(Some(Child::One(Some(Node::User(self.key.user.clone()))))),
            "organization" => Ok(Some(Child::One(Some(Node::Organization)))),
            "issue" => one(state.issue(id).map(|i| Node::Issue(i.id.clone())), "Issue"),
            "team" => one(state.team(id).map(|t| Node::Team(t.id.clone())), "Team"),
            "user" => one(state.user(id).map(|u| Node::User(u.id.clone())), "User"),
            "workflowState" => one(
                state.workflow_state(id).map(|s| Node::State(s.id.clone())),
                "WorkflowState",
            ),
            "comment" => one(
                state.comment(id).map(|c| Node::Comment(c.id.clone())),
                "Comment",
            ),
            "attachment" => one(
                state.attachment(id).map(|a| Node::Attachment(a.id.clone())),
                "Attachment",
            ),
            "issueVcsBranchSearch" => {
                let branch = asked["branchName"].as_str().unwrap_or_default();
                let named = state
                    .issues
                    .iter()
                    .find(|issue| state.branch_of(issue) == branch);
                Ok(Some(Child::One(
                    named.map(|issue| Node::Issue(issue.id.clone())),
                )))
            }
            _ => {
                let list = state.list(field, asked);
                let page = list.map(|(type_name, nodes)| Page::cut(type_name, nodes, asked));
                Ok(page.map(|page| Child::One(Some(Node::Page(page)))))
            }
        }
    }
}

impl State {
    /// A list of things, with its type in the schema; nothing when the list, or a part of its
    /// filter, is not modelled.
    fn list(&self, field: &str, asked: &Value) -> Option<(&'static str, Vec<Node>)> {
        let filter = &asked["filter"];
        Some(match field {
            "issues" => {
                let listed = self.listed_issues(asked)?;
                let nodes = listed.iter().map(|issue| Node::Issue(issue.id.clone()));
                ("IssueConnection", nodes.collect())
            }
            "searchIssues" => {
                let found = self.found_issues(asked)?;
                let nodes = found.iter().map(|issue| Node::Found(issue.id.clone()));
                ("IssueSearchPayload", nodes.collect())
            }
            "teams" => {
                let teams = admitted(&self.teams, filter, |team| self.view_team(&team.id))?;
                let nodes = teams.iter().map(|team| Node::Team(team.id.clone()));
                ("TeamConnection", nodes.collect())
            }
            "users" => {
                let users = admitted(&self.users, filter, |user| self.view_user(&user.id))?;
                let nodes = users.iter().map(|user| Node::User(user.id.clone()));
                ("UserConnection", nodes.collect())
            }
            "workflowStates" => {
                let states = admitted(&self.states, filter, |state| self.view_state(&state.id))?;
                let nodes = states.iter().map(|state| Node::State(state.id.clone()));
                ("WorkflowStateConnection", nodes.collect())
            }
            "attachmentsForURL" => {
                let of_url = self
                    .attachments
                    .iter()
                    .filter(|a| asked["url"] == a.url.as_str());
                let nodes = of_url.map(|a| Node::Attachment(a.id.clone()));
                ("AttachmentConnection", nodes.collect())
            }
            _ => return None,
        })
    }
}
