//! The fake's objects in Discord's JSON: every field that Discord always sends.

use serde_json::{Value, json};

use super::message::{CONTEXT_MENU_COMMAND, Message};
use super::state::{Channel, ChannelKind, Interaction, State, User};

/// What a moderator of a small server may do; also what the bot was invited with.
pub(super) const PERMISSIONS: &str = "2251799813685247";

impl State {
    pub(super) fn user_json(&self, id: u64) -> Value {
        let gone = User {
            id,
            name: "Deleted User".to_owned(),
            bot: false,
            roles: Vec::new(),
        };
        let user = self.users.get(&id).unwrap_or(&gone);
        json!({
            "id": user.id.to_string(),
            "username": user.name.to_lowercase(),
            "global_name": (!user.bot).then_some(&user.name),
            "discriminator": if user.bot { "4827" } else { "0" },
            "avatar": null,
            "avatar_decoration_data": null,
            "banner": null,
            "accent_color": null,
            "collectibles": null,
            "primary_guild": null,
            "public_flags": 0,
            "flags": 0,
            "bot": user.bot,
        })
    }

    pub(super) fn member_json(&self, user: u64) -> Value {
        json!({
            "user": self.user_json(user),
            "nick": null,
            "avatar": null,
            "banner": null,
            "collectibles": null,
            "roles": self.roles_of(user),
            "joined_at": "2025-01-15T09:00:00+00:00",
            "premium_since": null,
            "communication_disabled_until": null,
            "unusual_dm_activity_until": null,
            "deaf": false,
            "mute": false,
            "pending": false,
            "flags": 0,
            "permissions": PERMISSIONS,
        })
    }

    pub(super) fn channel_json(&self, channel: &Channel) -> Value {
        let last = self
            .messages
            .values()
            .rev()
            .find(|m| m.channel == channel.id)
            .map(|m| m.id.to_string());
        let mut json = json!({
            "id": channel.id.to_string(),
            "last_message_id": last,
            "flags": 0,
        });
        let fields = match channel.kind {
            ChannelKind::Direct { with } => {
                json!({"type": 1, "recipients": [self.user_json(with)]})
            }
            ChannelKind::Text => json!({
                "type": 0,
                "name": channel.name,
                "guild_id": self.guild.to_string(),
                "parent_id": null,
                "position": 0,
                "topic": null,
                "nsfw": false,
                "rate_limit_per_user": 0,
                "permission_overwrites": [],
            }),
            ChannelKind::Thread {
                parent,
                owner,
                archived,
                locked,
            } => {
                let count = self
                    .messages
                    .values()
                    .filter(|m| m.channel == channel.id)
                    .count();
                json!({
                    "type": 11,
                    "name": channel.name,
                    "guild_id": self.guild.to_string(),
                    "parent_id": parent.to_string(),
                    "owner_id": owner.to_string(),
                    "rate_limit_per_user": 0,
                    "message_count": count,
                    "total_message_sent": count,
                    "member_count": 2,
                    "thread_metadata": {
                        "archived": archived,
                        "archive_timestamp": rfc3339(self.now()),
                        "auto_archive_duration": 1440,
                        "locked": locked,
                        "create_timestamp": rfc3339(self.now()),
                    },
                })
            }
        };
        merge(&mut json, fields);
        json
    }

    /// The message as its author, a webhook token or an interaction shows it: with its content.
    pub(super) fn message_json(&self, message: &Message) -> Value {
        let mut json = self.bare_message_json(message);
        if let Some(replied) = message.reply_to {
            let original = self.messages.get(&replied);
            merge(
                &mut json,
                json!({
                    "message_reference": {
                        "type": 0,
                        "channel_id": original.map_or(message.channel, |o| o.channel).to_string(),
                        "message_id": replied.to_string(),
                        "guild_id": self.guild.to_string(),
                    },
                    "referenced_message": original.map(|o| self.bare_message_json(o)),
                }),
            );
        }
        json
    }

    /// The message as the bot reads it in a channel. Without the privileged intent, Discord
    /// blanks what others wrote, unless they mention the bot or write to it directly.
    pub(super) fn read_message_json(&self, message: &Message) -> Value {
        let mut json = self.message_json(message);
        if self.is_withheld(message) {
            blank(&mut json);
        }
        let original = message.reply_to.and_then(|id| self.messages.get(&id));
        if original.is_some_and(|original| self.is_withheld(original)) {
            blank(&mut json["referenced_message"]);
        }
        json
    }

    fn is_withheld(&self, message: &Message) -> bool {
        let mention = format!("<@{}>", self.application);
        let direct = self
            .channels
            .get(&message.channel)
            .is_some_and(|c| matches!(c.kind, ChannelKind::Direct { .. }));
        !self.content_intent
            && message.author != self.application
            && !direct
            && !message.content.contains(&mention)
    }

    fn bare_message_json(&self, message: &Message) -> Value {
        let flags = if self.channels.contains_key(&message.id) {
            message.flags | 1 << 5
        } else {
            message.flags
        };
        let mut json = json!({
            "id": message.id.to_string(),
            "type": message.kind,
            "channel_id": message.channel.to_string(),
            "author": self.user_json(message.author),
            "content": message.content,
            "embeds": message.embeds,
            "components": message.components,
            "attachments": message.attachments.iter().map(|a| json!({
                "id": a.id.to_string(),
                "filename": a.name,
                "size": a.content.len(),
                "content_type": a.content_type,
                "url": format!("https://cdn.discordapp.com/attachments/{}/{}/{}", message.channel, a.id, a.name),
                "proxy_url": format!("https://media.discordapp.net/attachments/{}/{}/{}", message.channel, a.id, a.name),
            })).map(without_nulls).collect::<Vec<_>>(),
            "mentions": self.mentioned(&message.content),
            "mention_roles": [],
            "mention_everyone": false,
            "pinned": false,
            "tts": false,
            "flags": flags,
            "timestamp": rfc3339(message.created),
            "edited_timestamp": message.edited.map(rfc3339),
        });
        if let Some(nonce) = &message.nonce {
            json["nonce"] = nonce.clone();
        }
        if let Some(thread) = self.channels.get(&message.id) {
            json["thread"] = self.channel_json(thread);
        }
        let interaction = message
            .interaction
            .and_then(|id| self.interactions.values().find(|i| i.id == id));
        if let Some(interaction) = interaction {
            merge(&mut json, self.origin_json(interaction, message));
        }
        json
    }

    /// What marks a message as the answer to an interaction.
    fn origin_json(&self, interaction: &Interaction, message: &Message) -> Value {
        let mut metadata = json!({
            "id": interaction.id.to_string(),
            "type": interaction.kind,
            "user": self.user_json(interaction.user),
            "authorizing_integration_owners": {"0": self.guild.to_string()},
        });
        if let Some(source) = interaction.source {
            metadata["interacted_message_id"] = json!(source.to_string());
        }
        if let (CONTEXT_MENU_COMMAND, Some(target)) = (message.kind, interaction.target) {
            metadata["target_message_id"] = json!(target.to_string());
        }
        json!({
            "application_id": self.application.to_string(),
            "webhook_id": self.application.to_string(),
            "interaction_metadata": metadata,
        })
    }

    fn mentioned(&self, content: &str) -> Vec<Value> {
        let named = self
            .users
            .keys()
            .filter(|id| content.contains(&format!("<@{id}>")));
        named.map(|id| self.user_json(*id)).collect()
    }
}

/// Discord writes `+00:00` and microseconds.
pub(super) fn rfc3339(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string()
}

pub(super) fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

fn without_nulls(mut json: Value) -> Value {
    if let Some(object) = json.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    json
}

fn blank(message: &mut Value) {
    merge(
        message,
        json!({"content": "", "embeds": [], "attachments": [], "components": []}),
    );
}
