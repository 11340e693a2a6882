//! Newtypes for every identifier: two ids of different things cannot be exchanged by mistake.
//!
//! They are opaque text on purpose. Discord's snowflakes exceed what a JavaScript number holds,
//! and nothing here calculates with them, save [`InteractionId::created_at`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text of an id as its issuer wrote it.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    )*};
}

ids! {
    /// A Discord application (the bot).
    ApplicationId,
    /// A Discord channel; a Discord thread is a channel too.
    ChannelId,
    /// A Discord server.
    GuildId,
    /// A Discord message.
    MessageId,
    /// A Discord user.
    UserId,
    /// A role in a Discord server.
    RoleId,
    /// One Discord interaction: the key that makes a redelivery harmless.
    InteractionId,
    /// A conversation: the channel (or thread) in which a command was given.
    ThreadId,
    /// One accepted command; derived from its interaction, so a redelivery has the same id.
    JobId,
    /// One agent process in the sandbox.
    RunId,
    /// The identifier people use for a Linear issue: `ENG-123`.
    IssueKey,
    /// Linear's own UUID of an issue.
    IssueUuid,
    /// A Linear team's UUID.
    TeamId,
    /// A Linear workflow state's UUID.
    StateId,
    /// A Linear comment's UUID.
    CommentId,
    /// A PostHog session (recording) id.
    SessionId,
    /// A git commit, 40 hex digits.
    CommitId,
}

/// Operators are users too. Discord's users have numbers, so none of them looks like one.
const OPERATOR_PREFIX: &str = "operator:";
/// So are the hooks at the edge, in what they were set up for.
const HOOK_PREFIX: &str = "hook:";

impl UserId {
    /// An operator of this name.
    pub fn of_operator(name: &str) -> Self {
        Self(format!("{OPERATOR_PREFIX}{name}"))
    }

    /// The operator's name, if it is one.
    pub fn operator(&self) -> Option<&str> {
        self.0.strip_prefix(OPERATOR_PREFIX)
    }

    /// The hook of this name.
    pub fn of_hook(name: &str) -> Self {
        Self(format!("{HOOK_PREFIX}{name}"))
    }

    /// The hook's name, if it is one.
    pub fn hook(&self) -> Option<&str> {
        self.0.strip_prefix(HOOK_PREFIX)
    }
}

impl JobId {
    /// The job of an interaction. One interaction is one job, however often it is delivered.
    pub fn of(interaction: &InteractionId) -> Self {
        Self(interaction.0.clone())
    }

    /// Eight letters and digits for branch names and the eyes of people. Not unique by itself:
    /// a branch carries the issue as well.
    pub fn short(&self) -> String {
        use sha2::{Digest, Sha256};
        hex::encode(&Sha256::digest(self.0.as_bytes())[..4])
    }
}

/// Milliseconds between the Unix epoch and Discord's (2015-01-01T00:00:00Z).
/// <https://docs.discord.com/developers/reference#snowflakes>
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

impl InteractionId {
    /// When Discord made the interaction: the upper 42 bits of its snowflake. `None` for an id
    /// that is not a snowflake (another transport's).
    pub fn created_at(&self) -> Option<Timestamp> {
        let snowflake: u64 = self.0.parse().ok()?;
        let ms = i64::try_from(snowflake >> 22).ok()?;
        Timestamp::from_millisecond(ms.checked_add(DISCORD_EPOCH_MS)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_snowflake_is_discords_documented_example() {
        let at = InteractionId::new("175928847299117063")
            .created_at()
            .unwrap();
        assert_eq!(at.to_string(), "2016-04-30T11:18:25.796Z");
        assert_eq!(InteractionId::new("wamid.x").created_at(), None);
    }

    #[test]
    fn short_ids_are_stable_and_safe_in_a_branch_name() {
        let short = JobId::new("175928847299117063").short();
        assert_eq!(short.len(), 8);
        assert!(short.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(short, JobId::new("175928847299117063").short());
    }
}
