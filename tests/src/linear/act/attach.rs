//! What is put on issues: comments and links.

use serde_json::{Value, json};

use crate::linear::state::{Attachment, Comment, State};
use crate::linear::trouble::Trouble;

impl State {
    pub(super) fn create_comment(&mut self, input: &Value, actor: &str) -> Result<String, Trouble> {
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
    pub(super) fn attach(
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
