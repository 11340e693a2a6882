//! What Discord sends to our endpoint: an interaction, reduced to what we use.
//!
//! Invariant: only a body that [`Verified`] vouches for is parsed. Unknown fields and unknown
//! kinds are tolerated, since Discord adds both at any time; a field that we need and that is
//! missing is an error that names it and repeats nothing of the body.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding>

#[cfg(test)]
mod tests;
mod wire;

use jiff::Timestamp;

use super::signature::Verified;
use crate::id::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};
use crate::secret::Secret;

/// One request of Discord's.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// Is this endpoint alive? To be answered with a pong.
    Ping,
    /// Somebody did something.
    Interaction(Box<Interaction>),
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// Its id, the same on a redelivery.
    pub id: InteractionId,
    /// The application that it is for.
    pub application_id: ApplicationId,
    /// Good for answers during 15 minutes.
    pub token: Secret,
    /// The server; `None` in a direct message.
    pub guild_id: Option<GuildId>,
    /// Where it was done.
    pub place: Place,
    /// Who did it.
    pub user_id: UserId,
    /// The roles of who did it, in the server; none in a direct message.
    pub roles: Vec<RoleId>,
    /// What was done.
    pub kind: Kind,
}

/// A channel, or a thread in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The channel; for a thread, its parent.
    pub channel: ChannelId,
    /// The thread.
    pub thread: Option<ChannelId>,
}

impl Place {
    /// The channel that the messages are in: the thread if there is one.
    pub fn conversation(&self) -> &ChannelId {
        self.thread.as_ref().unwrap_or(&self.channel)
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A slash command was given.
    Slash(Invocation),
    /// An entry of a message's context menu was chosen.
    OnMessage {
        /// The entry.
        name: String,
        /// The message.
        target: Target,
    },
    /// A slash command is being typed.
    Autocomplete(Invocation),
    /// A button was pressed or something was selected.
    Component {
        /// The id that the component was made with.
        custom_id: String,
    },
    /// A form was sent.
    ModalSubmit {
        /// The id that the form was made with.
        custom_id: String,
        /// What was filled in: the name and the text of each input.
        fields: Vec<(String, String)>,
    },
    /// Something newer than this code, or nothing that we ever registered.
    Unknown,
}

/// A slash command with what was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// `bugbot`.
    pub name: String,
    /// `["fix"]`; with a group in between `["group", "fix"]`.
    pub subcommands: Vec<String>,
    /// The options of the last of these.
    pub options: Vec<GivenOption>,
}

impl Invocation {
    /// The option that is being typed.
    pub fn focused(&self) -> Option<&GivenOption> {
        self.options.iter().find(|option| option.focused)
    }
}

/// An option with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenOption {
    /// Its name.
    pub name: String,
    /// Its value; while it is being typed, the beginning of one.
    pub value: Value,
    /// Whether it is the one being typed.
    pub focused: bool,
}

/// A value as Discord types it. Snowflakes (users, channels) come as text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// An integer or a fraction.
    Number(serde_json::Number),
    /// Yes or no.
    Flag(bool),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// The message that a context-menu command is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The message.
    pub id: MessageId,
    /// Who wrote it.
    pub author_id: UserId,
    /// The author's name as shown.
    pub author_name: String,
    /// Whether the author is a bot.
    pub author_is_bot: bool,
    /// Its text. Discord gives it for a target whatever our intents.
    pub content: String,
    /// When it was written.
    pub timestamp: Timestamp,
}

/// Why a body is no interaction that we can act on. Free of anything that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not JSON, or cut off.
    #[error("not JSON, at line {line} column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON, with a value of a type that cannot be there.
    #[error("a value has the wrong type, at line {line} column {column}")]
    WrongType {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A field that we need is not there.
    #[error("missing field {0}")]
    Missing(&'static str),
}

/// Reads an interaction.
pub fn parse(body: Verified<'_>) -> Result<Incoming, ParseError> {
    wire::parse(body.body())
}
