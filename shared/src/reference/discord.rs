//! Links to messages on Discord: `https://discord.com/channels/{server}/{channel}/{message}`.

use crate::id::{ChannelId, GuildId, MessageId};

/// A message on Discord.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageLink {
    /// The server; `None` for a direct message (`@me`).
    pub guild_id: Option<GuildId>,
    /// The channel or thread.
    pub channel_id: ChannelId,
    /// The message.
    pub message_id: MessageId,
}

impl std::fmt::Display for MessageLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let guild = self.guild_id.as_ref().map_or("@me", GuildId::as_str);
        write!(
            f,
            "https://discord.com/channels/{guild}/{}/{}",
            self.channel_id, self.message_id
        )
    }
}

/// Discord's own hosts: the site, its two test channels, and the old domain.
pub(crate) fn is_host(host: &str) -> bool {
    let site = ["ptb.", "canary.", "www."]
        .iter()
        .find_map(|sub| host.strip_prefix(sub))
        .unwrap_or(host);
    matches!(site, "discord.com" | "discordapp.com")
}

pub(crate) fn parse_link(segments: &[&str]) -> Option<MessageLink> {
    let ["channels", guild, channel, message] = segments else {
        return None;
    };
    if !is_snowflake(channel) || !is_snowflake(message) || !(*guild == "@me" || is_snowflake(guild))
    {
        return None;
    }
    Some(MessageLink {
        guild_id: (*guild != "@me").then(|| GuildId::new(*guild)),
        channel_id: ChannelId::new(*channel),
        message_id: MessageId::new(*message),
    })
}

/// A snowflake is a 64-bit number that is at least 17 digits long since 2015.
fn is_snowflake(text: &str) -> bool {
    (17..=20).contains(&text.len())
        && text.parse::<u64>().is_ok()
        && text.bytes().all(|b| b.is_ascii_digit())
}
