//! What the fake Discord holds: one server with its channels, people, messages, commands, and
//! the interactions that it has sent.

use std::collections::BTreeMap;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::ports::Clock;

use super::bucket::Buckets;
use super::message::Message;
use super::refusal::Refusal;
use crate::clock::TestClock;

/// Discord's own epoch, 2015-01-01T00:00:00Z, in milliseconds since the Unix epoch.
const EPOCH_MS: i64 = 1_420_070_400_000;

/// How long an interaction's token is good for.
pub(super) const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// How long Discord waits for the first answer to an interaction.
pub(super) const FIRST_ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// "The past few minutes" in which an enforced nonce is looked for. Discord names no figure.
const NONCE_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// Everything that the fake knows.
#[derive(Debug)]
pub struct State {
    pub(super) clock: TestClock,
    last_id: u64,
    /// The bot user has the id of its application.
    pub(super) application: u64,
    pub(super) guild: u64,
    pub(super) bot_token: String,
    pub(super) key: SigningKey,
    pub(super) users: BTreeMap<u64, User>,
    pub(super) channels: BTreeMap<u64, Channel>,
    /// By id, which is chronological order.
    pub(super) messages: BTreeMap<u64, Message>,
    /// By token.
    pub(super) interactions: BTreeMap<String, Interaction>,
    /// The registered commands: global under `None`, else of that server.
    pub(super) commands: BTreeMap<Option<u64>, Vec<Value>>,
    pub(super) buckets: Buckets,
    /// Whether the application has the privileged Message Content intent.
    pub(super) content_intent: bool,
    /// Where the application has its interactions sent.
    pub(super) interactions_endpoint: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) bot: bool,
    /// The ids of the roles in the server.
    pub(super) roles: Vec<u64>,
}

#[derive(Debug, Clone)]
pub(super) struct Channel {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) kind: ChannelKind,
    pub(super) denied: Option<Denied>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChannelKind {
    Text,
    Thread {
        parent: u64,
        owner: u64,
        archived: bool,
        locked: bool,
    },
    Direct {
        with: u64,
    },
}

/// What the bot may not do in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// See it: everything is refused as "Missing Access".
    Access,
    /// Write in it: "Missing Permissions". Reading works, and so do interaction tokens.
    Sending,
}

#[derive(Debug, Clone)]
pub(super) struct Interaction {
    pub(super) id: u64,
    pub(super) token: String,
    /// Discord's number for the type of interaction: 2 command, 3 component, 4 autocomplete, 5 modal.
    pub(super) kind: u8,
    pub(super) user: u64,
    pub(super) channel: u64,
    /// What the person did, as Discord shows it: `/bugbot fix`.
    pub(super) label: String,
    /// Whether it is a context-menu command, and on which message.
    pub(super) target: Option<u64>,
    /// The message whose component was used.
    pub(super) source: Option<u64>,
    pub(super) created: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) answer: Answer,
}

/// How an interaction was answered so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Awaited,
    /// With a message (perhaps one that still "thinks"): what `@original` names.
    Message(u64),
    /// With nothing to show: choices, or an acknowledgement without a message.
    Silent,
    /// With a form for the person to fill in.
    Modal(Value),
    /// Not in time, or not in a way that Discord takes.
    Failed,
}

impl State {
    pub(super) fn new(clock: TestClock) -> Self {
        let mut state = Self {
            clock,
            last_id: 0,
            application: 0,
            guild: 0,
            bot_token: "token-of-the-bot-that-no-scanner-takes-for-real".to_owned(),
            key: SigningKey::from_bytes(b"the fake Discord's signing key!!"),
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            interactions: BTreeMap::new(),
            commands: BTreeMap::new(),
            buckets: Buckets::default(),
            content_intent: true,
            interactions_endpoint: None,
        };
        state.application = state.add_user("bugbot", true);
        state.guild = state.snowflake();
        state
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id: made of the time, as Discord's are, and greater than all before it.
    pub(super) fn snowflake(&mut self) -> u64 {
        let ms = self.now().as_millisecond().saturating_sub(EPOCH_MS);
        let of_now = u64::try_from(ms).expect("stories play after 2015") << 22;
        self.last_id = of_now.max(self.last_id + 1);
        self.last_id
    }

    pub(super) fn add_user(&mut self, name: &str, bot: bool) -> u64 {
        let id = self.snowflake();
        self.users.insert(
            id,
            User {
                id,
                name: name.to_owned(),
                bot,
                roles: Vec::new(),
            },
        );
        id
    }

    /// The person of that name, who joins if there is none yet.
    pub(super) fn person(&mut self, name: &str) -> u64 {
        let known = self
            .users
            .values()
            .find(|u| u.name == name && !u.bot)
            .map(|u| u.id);
        known.unwrap_or_else(|| self.add_user(name, false))
    }

    pub(super) fn add_channel(&mut self, name: &str, kind: ChannelKind) -> u64 {
        let id = self.snowflake();
        self.add_channel_with_id(id, name, kind);
        id
    }

    pub(super) fn add_channel_with_id(&mut self, id: u64, name: &str, kind: ChannelKind) {
        self.channels.insert(
            id,
            Channel {
                id,
                name: name.to_owned(),
                kind,
                denied: None,
            },
        );
    }

    /// A channel that the bot can see.
    pub(super) fn visible_channel(&self, id: u64) -> Result<&Channel, Refusal> {
        match self.channels.get(&id) {
            None => Err(Refusal::unknown_channel()),
            Some(Channel {
                denied: Some(Denied::Access),
                ..
            }) => Err(Refusal::missing_access()),
            Some(channel) => Ok(channel),
        }
    }

    /// A channel that the bot can write in. Writing in a thread that is archived wakes it,
    /// unless it is locked.
    pub(super) fn writable_channel(&mut self, id: u64) -> Result<(), Refusal> {
        if self.visible_channel(id)?.denied == Some(Denied::Sending) {
            return Err(Refusal::missing_permissions());
        }
        match self.channels.get_mut(&id).map(|c| &mut c.kind) {
            Some(ChannelKind::Thread {
                archived: true,
                locked: true,
                ..
            }) => Err(Refusal::archived()),
            Some(ChannelKind::Thread { archived, .. }) => {
                *archived = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A channel whose messages can be edited and deleted: that wakes no thread, so one that is
    /// archived refuses it, also by an interaction's token.
    pub(super) fn awake_channel(&self, id: u64) -> Result<(), Refusal> {
        match self.channels.get(&id).map(|c| &c.kind) {
            Some(ChannelKind::Thread { archived: true, .. }) => Err(Refusal::archived()),
            _ => Ok(()),
        }
    }

    /// A message that the bot token can name: messages for one pair of eyes only are not among them.
    pub(super) fn public_message(&self, channel: u64, id: u64) -> Result<&Message, Refusal> {
        self.visible_channel(channel)?;
        let found = self
            .messages
            .get(&id)
            .filter(|m| m.channel == channel && m.only_for.is_none());
        found.ok_or_else(Refusal::unknown_message)
    }

    /// The message that the bot made lately with this nonce, in this channel.
    pub(super) fn by_nonce(&self, channel: u64, nonce: &Value) -> Option<&Message> {
        let since = self.now() - NONCE_LIFE;
        let mut own = self
            .messages
            .values()
            .rev()
            .filter(|m| m.channel == channel && m.author == self.application);
        own.find(|m| m.nonce.as_ref() == Some(nonce) && m.created >= since)
    }

    /// The interaction whose token this is, as the webhook routes see it.
    pub(super) fn webhook(&self, application: &str, token: &str) -> Result<&Interaction, Refusal> {
        if application != self.application.to_string() {
            return Err(Refusal::unknown_webhook());
        }
        let interaction = self
            .interactions
            .get(token)
            .ok_or_else(Refusal::invalid_webhook_token)?;
        if self.now() >= interaction.expires {
            return Err(Refusal::invalid_webhook_token());
        }
        match interaction.answer {
            // A consumer that is faster than the gateway's own answer meets this.
            Answer::Awaited | Answer::Failed => Err(Refusal::unknown_webhook()),
            _ => Ok(interaction),
        }
    }

    /// A message that a token can name: `@original`, or one that was made with the same token.
    pub(super) fn webhook_message(
        &self,
        interaction: &Interaction,
        name: &str,
    ) -> Result<u64, Refusal> {
        let id = match (name, &interaction.answer) {
            ("@original", Answer::Message(id)) => Some(*id),
            ("@original", _) => None,
            _ => name
                .parse()
                .ok()
                .filter(|id| self.made_with(*id, interaction)),
        };
        id.filter(|id| self.messages.contains_key(id))
            .ok_or_else(Refusal::unknown_message)
    }

    fn made_with(&self, message: u64, interaction: &Interaction) -> bool {
        interaction.answer == Answer::Message(message)
            || self
                .messages
                .get(&message)
                .is_some_and(|m| m.interaction == Some(interaction.id))
    }
}
