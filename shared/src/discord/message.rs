//! A message that we send: to a channel, as a follow-up, as the data of an interaction callback,
//! or as the new state of one that we sent before.
//!
//! Invariants: whatever is put in, the result is within Discord's limits, and what had to be left
//! out is visibly so; and `allowed_mentions` is always `{"parse": []}`, so that no text of ours
//! or of anybody else's pings a person.
//!
//! Limits: <https://docs.discord.com/developers/resources/message#create-message>

mod attachment;
mod button;
mod embed;
#[cfg(test)]
mod tests;

use serde::ser::{Serialize, SerializeStruct, Serializer};

pub use crate::shorten::shorten;
pub(in crate::discord) use attachment::multipart;
pub use attachment::{Attachment, MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS};
pub use button::{Button, ButtonStyle, LimitExceeded, MAX_CUSTOM_ID_CHARS};
pub use embed::{
    Color, Embed, MAX_DESCRIPTION_CHARS, MAX_FIELD_NAME_CHARS, MAX_FIELD_VALUE_CHARS, MAX_FIELDS,
    MAX_FOOTER_CHARS, MAX_TITLE_CHARS,
};

/// The most characters of `content`. The `OpenAPI` document says 4,000; the prose, and the
/// service towards bots, say 2,000.
pub const MAX_CONTENT_CHARS: usize = 2_000;
/// The most embeds in a message.
pub const MAX_EMBEDS: usize = 10;
/// The most characters of all embeds of a message together.
pub const MAX_EMBED_CHARS_TOGETHER: usize = 6_000;
/// The most characters of a nonce.
pub const MAX_NONCE_CHARS: usize = 25;
/// Five rows of five.
pub const MAX_BUTTONS: usize = 25;

const BUTTONS_IN_A_ROW: usize = 5;
const LEFT_OUT: &str = "\n-# Some of this message did not fit and is not shown.";

/// `SUPPRESS_EMBEDS`: links in the text get no preview.
const SUPPRESS_EMBEDS: u32 = 1 << 2;
/// `EPHEMERAL`: only the person who gave the command sees it. For interactions only.
pub const EPHEMERAL: u32 = 1 << 6;

/// A message to send.
///
/// Serialises as the data of an interaction callback or follow-up: everything but the nonce,
/// which only channel messages take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    content: String,
    embeds: Vec<Embed>,
    buttons: Vec<Button>,
    files: Vec<Attachment>,
    flags: u32,
    nonce: Option<String>,
    left_out: bool,
}

impl Message {
    /// A message of plain text (Discord's Markdown), visibly shortened when too long. To send all
    /// of a long text use [`crate::report::split`] or an [`Attachment`].
    pub fn text(content: impl AsRef<str>) -> Self {
        Self::default().with_text(content)
    }

    /// A message of one embed.
    pub fn embed(embed: Embed) -> Self {
        Self::default().with_embed(embed)
    }

    /// Sets the text.
    #[must_use]
    pub fn with_text(mut self, content: impl AsRef<str>) -> Self {
        self.content = shorten(content.as_ref(), MAX_CONTENT_CHARS);
        self
    }

    /// Adds an embed, shortened to what the message has left; one that does not fit at all is
    /// left out, and the text says so.
    #[must_use]
    pub fn with_embed(mut self, embed: Embed) -> Self {
        let used: usize = self.embeds.iter().map(Embed::chars).sum();
        match embed.fitted_to(MAX_EMBED_CHARS_TOGETHER - used) {
            Some(embed) if self.embeds.len() < MAX_EMBEDS => self.embeds.push(embed),
            _ => self.left_out = true,
        }
        self
    }

    /// Adds buttons, in rows of five. More than [`MAX_BUTTONS`] are left out, and the text says so.
    #[must_use]
    pub fn with_buttons(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        self.buttons.extend(buttons);
        if self.buttons.len() > MAX_BUTTONS {
            self.buttons.truncate(MAX_BUTTONS);
            self.left_out = true;
        }
        self
    }

    /// Adds a file. More than [`MAX_ATTACHMENTS`] are left out, and the text says so.
    #[must_use]
    pub fn with_file(mut self, file: Attachment) -> Self {
        if self.files.len() < MAX_ATTACHMENTS {
            self.files.push(file);
        } else {
            self.left_out = true;
        }
        self
    }

    /// Shows the message only to the person who gave the command. For answers to interactions.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        self.flags |= EPHEMERAL;
        self
    }

    /// Asks for no previews of the links in the text.
    #[must_use]
    pub fn without_previews(mut self) -> Self {
        self.flags |= SUPPRESS_EMBEDS;
        self
    }

    /// Makes creating the message idempotent for a few minutes: a second create with the same
    /// key answers with the first message. Any key does: what Discord sees is its hash.
    #[must_use]
    pub fn with_nonce(mut self, key: &str) -> Self {
        use sha2::{Digest, Sha256};
        // 12 bytes are 24 hex digits: within MAX_NONCE_CHARS and still without collisions.
        self.nonce = Some(hex::encode(&Sha256::digest(key.as_bytes())[..12]));
        self
    }

    /// A short text that differs when the message looks different.
    pub fn fingerprint(&self) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        let body = serde_json::to_vec(&self.for_edit());
        hash.update(body.expect("a message has text keys and no failing part"));
        for file in &self.files {
            hash.update(file.contents());
        }
        hex::encode(&hash.finalize()[..16])
    }

    /// The files, which travel beside the JSON.
    pub fn files(&self) -> &[Attachment] {
        &self.files
    }

    /// What makes creating it idempotent, as Discord sees it.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// The text as Discord gets it.
    pub fn content(&self) -> String {
        if self.left_out {
            shorten(&self.content, MAX_CONTENT_CHARS - LEFT_OUT.len()) + LEFT_OUT
        } else {
            self.content.clone()
        }
    }

    /// The body of a channel message: with the nonce.
    pub(crate) fn for_create(&self) -> impl Serialize + '_ {
        Body {
            message: self,
            nonce: self.nonce.as_deref(),
            flags: Some(self.flags).filter(|flags| *flags != 0),
        }
    }

    /// The body of an edit. An edit replaces the message whole, so the flags are said even when
    /// there are none: what an earlier text suppressed would stay suppressed. Those that only a new
    /// message can have are left out: Discord refuses them here.
    pub(crate) fn for_edit(&self) -> impl Serialize + '_ {
        Body {
            message: self,
            nonce: None,
            flags: Some(self.flags & SUPPRESS_EMBEDS),
        }
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Body {
            message: self,
            nonce: None,
            flags: Some(self.flags).filter(|flags| *flags != 0),
        }
        .serialize(serializer)
    }
}

struct Body<'a> {
    message: &'a Message,
    nonce: Option<&'a str>,
    flags: Option<u32>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// An action row: component type 1.
        #[derive(serde::Serialize)]
        struct Row<'a> {
            r#type: u8,
            components: &'a [Button],
        }
        /// A file that the same request carries as `files[id]`.
        #[derive(serde::Serialize)]
        struct FileEntry<'a> {
            id: usize,
            filename: &'a str,
        }
        #[derive(serde::Serialize)]
        struct NobodyIsMentioned {
            parse: [(); 0],
        }

        let message = self.message;
        // Empty lists are sent as well: in an edit an absent one would mean "leave as it was".
        let mut body = serializer.serialize_struct("Message", 8)?;
        body.serialize_field("content", &message.content())?;
        body.serialize_field("embeds", &message.embeds)?;
        let rows: Vec<Row<'_>> = message
            .buttons
            .chunks(BUTTONS_IN_A_ROW)
            .map(|components| Row {
                r#type: 1,
                components,
            })
            .collect();
        body.serialize_field("components", &rows)?;
        let files: Vec<FileEntry<'_>> = message
            .files
            .iter()
            .enumerate()
            .map(|(id, file)| FileEntry {
                id,
                filename: file.name(),
            })
            .collect();
        body.serialize_field("attachments", &files)?;
        body.serialize_field("allowed_mentions", &NobodyIsMentioned { parse: [] })?;
        if let Some(flags) = self.flags {
            body.serialize_field("flags", &flags)?;
        }
        if let Some(nonce) = self.nonce {
            body.serialize_field("nonce", nonce)?;
            body.serialize_field("enforce_nonce", &true)?;
        }
        body.end()
    }
}
