//! Other tools before the world: what they send to hooks arrives here, and what waits is pulled.

use std::rc::Rc;
use std::time::Duration;

use shared::hooks::Recipient;
use shared::hooks::edge::{EdgeClient, Format, Page};
use shared::http::{Http, Request, Response, Unreachable};
use shared::secret::Secret;

use super::World;
use super::front::{Front, ORIGIN};
use crate::edge::Tool;

/// The secret of every hook of the stories.
pub const HOOK_SECRET: &str = "the secret of every hook";
/// What opens the events of a world.
pub const PULL_TOKEN: &str = "whoever-pulls-in-the-stories";

/// The gateway, in-process, for whoever pulls.
#[derive(Debug)]
pub struct Door<'w>(&'w World);

impl Http for Door<'_> {
    async fn send(&self, request: Request, _within: Duration) -> Result<Response, Unreachable> {
        self.0.meter.count(false);
        Ok(Front::of(self.0).answer(&request).await)
    }
}

impl World {
    /// A world with one hook of this name, described so.
    pub fn with_hook(name: &str, described: &str) -> Rc<Self> {
        let variable = format!("HOOK_{}", name.to_ascii_uppercase());
        Self::in_memory(&[
            ("HOOKS", name),
            (&variable, described),
            (&format!("{variable}_SECRET"), HOOK_SECRET),
            ("HOOKS_PULL_TOKEN", PULL_TOKEN),
        ])
    }

    /// A world with a hook that fills the inbox of each, and tokens of their own besides the one.
    pub fn with_inboxes(recipients: &[(&str, &str)]) -> Rc<Self> {
        let names: Vec<&str> = recipients.iter().map(|(name, _)| *name).collect();
        let mut variables = vec![
            ("HOOKS".to_owned(), names.join(", ")),
            ("HOOKS_PULL_TOKEN".to_owned(), PULL_TOKEN.to_owned()),
        ];
        let mut tokens = serde_json::Map::new();
        for (name, token) in recipients {
            let described = serde_json::json!({
                "format": "bearer", "to": {"inbox": name}, "type": "INFO", "template": "{{ .text }}",
            });
            let variable = format!("HOOK_{}", name.to_ascii_uppercase());
            variables.push((format!("{variable}_SECRET"), HOOK_SECRET.to_owned()));
            variables.push((variable, described.to_string()));
            tokens.insert((*name).to_owned(), (*token).into());
        }
        let tokens = serde_json::Value::Object(tokens).to_string();
        variables.push(("HOOKS_PULL_TOKENS".to_owned(), tokens));
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Self::in_memory(&variables)
    }

    /// A tool of this format that sends to the hook of this name.
    pub fn tool(&self, format: Format, name: &str) -> Tool {
        Tool::new(format, HOOK_SECRET, format!("{ORIGIN}/hooks/{name}"))
    }

    /// The gateway gets a request, and this is its answer: the status and the JSON.
    pub async fn hooked(&self, request: Request) -> (u16, serde_json::Value) {
        self.meter.count(false);
        let response = Front::of(self).answer(&request).await;
        let body = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), body)
    }

    /// Whoever pulls from this world.
    pub fn puller(&self, token: &str) -> EdgeClient<Door<'_>> {
        let token = Secret::new(token);
        EdgeClient::new(Door(self), ORIGIN, &token).expect("a constant address")
    }

    /// What waits for a recipient after an event.
    pub async fn waiting(&self, recipient: &str, after: u64) -> Page {
        let recipient = Recipient::parse(recipient).expect("a name of the stories");
        let page = self.puller(PULL_TOKEN).page(&recipient, after).await;
        page.expect("the gateway answers")
    }

    /// The channel of the story's thread.
    pub fn channel(&self) -> &shared::id::ChannelId {
        &self.channel
    }
}
