//! `bugbot commands register`: tells Discord which commands there are.

use anyhow::Context;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use shared::command::render_registration;
use shared::discord::client::{DEFAULT_BASE, DiscordClient};
use shared::http::Http;
use shared::id::{ApplicationId, GuildId};
use shared::secret::Secret;

/// What to register where. Registering replaces what was there, so a repeat changes nothing.
#[derive(Debug, clap::Args)]
pub struct Register {
    /// The application.
    #[arg(long, env = "DISCORD_APPLICATION_ID")]
    pub application: String,
    /// The bot's token.
    #[arg(long, env = "DISCORD_BOT_TOKEN", hide_env_values = true, value_parser = NonEmptyStringValueParser::new().map(Secret::new))]
    pub token: Secret,
    /// Only in this server: visible at once, good for a trial. Without it: everywhere.
    #[arg(long)]
    pub guild: Option<String>,
    /// Shows what would be registered, and registers nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Discord's address.
    #[arg(long, env = "DISCORD_API_URL", default_value = DEFAULT_BASE)]
    pub api_url: String,
}

impl Register {
    /// Registers the commands and says so in one line; a dry run answers with the JSON.
    pub async fn run(&self, http: &impl Http) -> anyhow::Result<String> {
        let commands = render_registration();
        if self.dry_run {
            return Ok(serde_json::to_string_pretty(&commands)?);
        }
        let application = ApplicationId::new(&self.application);
        let guild = self.guild.as_ref().map(GuildId::new);
        let client = DiscordClient::new(http, &self.api_url, &self.token)?;
        let count = client
            .register_commands(&application, guild.as_ref(), &commands)
            .await
            .context("Discord did not take the commands")?;
        let place = guild.map_or_else(
            || "everywhere".to_owned(),
            |guild| format!("in server {guild}"),
        );
        Ok(format!("{count} commands are registered {place}."))
    }
}
