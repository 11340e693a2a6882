//! Who works: a volunteer's program, a person on Discord, or the bot itself.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::id::UserId;

/// The longest id.
pub const MAX_CLIENT_CHARS: usize = 64;

/// The bot.
const BOT: &str = "bugbot";
/// People on Discord.
const DISCORD: &str = "discord:";

/// The id of a client, as it chose it: 32 hexadecimal digits from the programs that we know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

/// Why a text is no id that a client may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadClient {
    /// Empty, too long, or of odd characters.
    #[error("must be 1 to {MAX_CLIENT_CHARS} visible ASCII characters")]
    Shape,
    /// One of ours: nobody outside may pass for the bot or for somebody on Discord.
    #[error("is reserved")]
    Reserved,
}

impl ClientId {
    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Result<Self, BadClient> {
        let fits = (1..=MAX_CLIENT_CHARS).contains(&text.len());
        if !fits || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadClient::Shape);
        }
        let lower = text.to_ascii_lowercase();
        if lower == BOT || lower.starts_with(DISCORD) {
            return Err(BadClient::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// The bot.
    pub fn bot() -> Self {
        Self(BOT.to_owned())
    }

    /// Somebody on Discord. Not by their id there: the hub's lists are read by others.
    pub fn of_discord(user: &UserId) -> Self {
        let digest = Sha256::digest(user.as_str().as_bytes());
        Self(format!("{DISCORD}{}", hex::encode(&digest[..8])))
    }

    /// Whether it is somebody on Discord.
    pub fn is_discord(&self) -> bool {
        self.0.starts_with(DISCORD)
    }

    /// Whether it is the bot.
    pub fn is_bot(&self) -> bool {
        self.0 == BOT
    }

    /// What a client is called that never said its name: `BugSETI-` and the beginning of its id.
    pub fn default_name(&self) -> String {
        if self.is_bot() || self.is_discord() {
            return self.0.clone();
        }
        format!("BugSETI-{}", self.0.chars().take(8).collect::<String>())
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id that was stored.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_outside_passes_for_one_of_us() {
        for ours in ["bugbot", "BugBot", "discord:1", "Discord:1"] {
            assert_eq!(ClientId::parse(ours), Err(BadClient::Reserved), "{ours}");
        }
        for bad in ["", "a b", "ü", "a\n", &"x".repeat(65)] {
            assert_eq!(ClientId::parse(bad), Err(BadClient::Shape), "{bad:?}");
        }
        let id = ClientId::parse("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(id.default_name(), "BugSETI-01234567");
        assert!(!id.is_discord());
        let ann = ClientId::of_discord(&UserId::new("42"));
        assert!(ann.is_discord());
        assert!(!ann.as_str().contains("42"), "{ann}");
    }
}
