//! The interaction that Discord makes of what a person does: every field that Discord sends, down
//! to those that we do not read.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object>

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use shared::id::{ChannelId, MessageId, UserId};

use super::act::{Act, Slash};
use super::answer::{AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT};
use super::form::filled_in;
use super::shape::{PERMISSIONS, merge};
use super::state::{Answer, ChannelKind, Interaction, State, TOKEN_LIFE};
use super::{number, number_of};

impl State {
    /// Makes the interaction, registers it, and gives its payload. Panics where a person could
    /// not have done it: a button that is not there cannot be pressed.
    pub(super) fn interaction(&mut self, user: &UserId, channel: &ChannelId, act: &Act) -> Value {
        let (user, channel) = (number_of(user), number_of(channel));
        let (kind, data) = self.data_json(user, channel, act);
        let (label, target, source) = match act {
            Act::Slash(slash) | Act::Complete(slash) => (slash.label(), None, None),
            Act::Menu { command, on } => (command.clone(), Some(number(on.as_str())), None),
            Act::Press { on, custom_id, .. } => {
                let component = self.component(on, custom_id);
                let label = component["label"].as_str().unwrap_or(custom_id);
                (label.to_owned(), None, Some(number(on.as_str())))
            }
            Act::Submit {
                custom_id, from, ..
            } => {
                let form = self.open_form(user, channel, custom_id);
                let title = form["title"].as_str().unwrap_or(custom_id);
                let from = from.as_ref().map(|id| number(id.as_str()));
                (title.to_owned(), None, from)
            }
        };
        let id = self.snowflake();
        let created = self.now();
        let token = STANDARD_NO_PAD.encode(format!(
            "interaction:{id}:{}",
            "fake-but-as-long-as-a-real-one-".repeat(4)
        ));
        let interaction = Interaction {
            id,
            token,
            kind,
            user,
            channel,
            label,
            target,
            source,
            created,
            expires: created + TOKEN_LIFE,
            answer: Answer::Awaited,
        };
        let payload = self.payload(&interaction, &data);
        self.interactions
            .insert(interaction.token.clone(), interaction);
        payload
    }

    fn payload(&self, interaction: &Interaction, data: &Value) -> Value {
        let channel = &self.channels[&interaction.channel];
        let mut payload = json!({
            "app_permissions": PERMISSIONS,
            "application_id": self.application.to_string(),
            "attachment_size_limit": 10_485_760,
            "authorizing_integration_owners": {"0": self.guild.to_string()},
            "channel": self.channel_json(channel),
            "channel_id": channel.id.to_string(),
            "context": 0,
            "data": data,
            "entitlement_sku_ids": [],
            "entitlements": [],
            "id": interaction.id.to_string(),
            "locale": "en-US",
            "token": interaction.token,
            "type": interaction.kind,
            "version": 1,
        });
        payload["channel"]["permissions"] = json!(PERMISSIONS);
        if let ChannelKind::Direct { .. } = channel.kind {
            payload["context"] = json!(1);
            payload["authorizing_integration_owners"] = json!({"0": "0"});
            payload["user"] = self.user_json(interaction.user);
        } else {
            merge(
                &mut payload,
                json!({
                    "guild": {"features": [], "id": self.guild.to_string(), "locale": "en-US"},
                    "guild_id": self.guild.to_string(),
                    "guild_locale": "en-US",
                    "member": self.member_json(interaction.user),
                }),
            );
        }
        if let Some(source) = interaction.source {
            payload["message"] = self.message_json(&self.messages[&source]);
        }
        payload
    }

    fn data_json(&self, user: u64, channel: u64, act: &Act) -> (u8, Value) {
        match act {
            Act::Slash(slash) => (COMMAND, self.slash_json(slash)),
            Act::Complete(slash) => (AUTOCOMPLETE, self.slash_json(slash)),
            Act::Menu { command, on } => {
                let target = self
                    .messages
                    .get(&number(on.as_str()))
                    .expect("the message is there to be clicked on");
                let resolved = json!({"messages": {on.as_str(): self.message_json(target)}});
                let mut data = self.command_json(command, 3);
                merge(
                    &mut data,
                    json!({"target_id": on.as_str(), "resolved": resolved}),
                );
                (COMMAND, data)
            }
            Act::Press {
                on,
                custom_id,
                values,
            } => {
                let component = self.component(on, custom_id);
                let mut data = json!({
                    "component_type": component["type"],
                    "custom_id": custom_id,
                    "id": component["id"],
                });
                if component["type"] != 2 {
                    data["values"] = json!(values);
                }
                (COMPONENT, data)
            }
            Act::Submit {
                custom_id, fields, ..
            } => {
                let form = self.open_form(user, channel, custom_id);
                let rows = filled_in(form, fields);
                (
                    MODAL_SUBMIT,
                    json!({"custom_id": custom_id, "components": rows}),
                )
            }
        }
    }

    fn slash_json(&self, slash: &Slash) -> Value {
        let mut data = self.command_json(&slash.words[0], 1);
        let options = slash.options_json();
        if options.as_array().is_some_and(|o| !o.is_empty()) {
            data["options"] = options;
        }
        data
    }

    /// The command with the id under which it is registered; an old client may still offer one
    /// that no longer is.
    fn command_json(&self, name: &str, kind: u64) -> Value {
        let registered = self
            .commands
            .iter()
            .flat_map(|(guild, all)| all.iter().map(move |c| (guild, c)));
        let mut found = registered.filter(|(_, c)| c["name"] == name && c["type"] == kind);
        match found.next() {
            Some((Some(guild), c)) => {
                json!({"id": c["id"], "name": name, "type": kind, "guild_id": guild.to_string()})
            }
            Some((None, c)) => json!({"id": c["id"], "name": name, "type": kind}),
            None => json!({"id": self.application.to_string(), "name": name, "type": kind}),
        }
    }

    fn component(&self, on: &MessageId, custom_id: &str) -> &Value {
        let message = self
            .messages
            .get(&number(on.as_str()))
            .expect("the message is there");
        let rows = message
            .components
            .iter()
            .flat_map(|row| row["components"].as_array().into_iter().flatten());
        let found = rows.into_iter().find(|c| c["custom_id"] == custom_id);
        let component = found.unwrap_or_else(|| {
            panic!(
                "message {on} has no component {custom_id:?}: {:?}",
                message.components
            )
        });
        assert!(
            component["disabled"] != true,
            "component {custom_id:?} is disabled"
        );
        component
    }
}
