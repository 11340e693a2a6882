//! The mutations. Each checks all before it changes anything.

mod attach;
mod issue;

use serde_json::Value;

use super::state::{State, is_uuid_v4};
use super::trouble::Trouble;
use super::world::{Child, Looked, Node, World};

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
}
