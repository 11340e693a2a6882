//! `bugbot commands sync`: makes Discord's list of commands ours.

use serde_json::{Value, json};
use shared::command::{Drift, drift, render_registration};
use shared::discord::client::DiscordClient;
use shared::http::Http;
use shared::id::GuildId;
use shared::secret::Secret;

use crate::args::{CommandsArgs, SyncArgs};
use crate::outcome::{Done, Exit, Failure, of_service};
use crate::progress::doing;
use crate::table::line;

pub(crate) async fn run(args: &CommandsArgs, http: &impl Http) -> Result<Done, Failure> {
    let CommandsArgs::Sync(args) = args;
    sync(args, http).await
}

/// Replaces the list only where it differs, so that a repeat asks and changes nothing.
pub(crate) async fn sync(args: &SyncArgs, http: &impl Http) -> Result<Done, Failure> {
    let from_env = || {
        std::env::var("DISCORD_BOT_TOKEN")
            .ok()
            .filter(|it| !it.is_empty())
    };
    let token = args.token.clone().or_else(|| from_env().map(Secret::new));
    let token = token.ok_or_else(|| {
        Failure::new(Exit::Refused, "there is no bot token")
            .with_fix("Set DISCORD_BOT_TOKEN to the token from the application's Bot page.")
    })?;
    let _doing = doing("Comparing the commands");
    let client = DiscordClient::new(http, &args.api_url, &token)
        .map_err(|bad| Failure::new(Exit::Refused, bad.to_string()))?;
    let failed = |error| {
        let fix = "Look at DISCORD_BOT_TOKEN, and whether the bot was invited with the scope \
                   applications.commands.";
        of_service("Discord", &error, fix)
    };
    let application = client.application().await.map_err(failed)?;
    let guild = args.guild.as_ref().map(GuildId::new);
    let found = client
        .commands(&application.id, guild.as_ref())
        .await
        .map_err(failed)?;
    let wanted = render_registration();
    let drifts = drift(
        &found,
        wanted.as_array().map(Vec::as_slice).unwrap_or_default(),
    );
    let place = match &guild {
        Some(guild) => format!("in server {guild}"),
        None => "everywhere".to_owned(),
    };
    let mut text: String = drifts.iter().map(in_words).collect();
    let changed = !drifts.is_empty() && !args.dry_run;
    let last = match (drifts.is_empty(), args.dry_run) {
        (true, _) => format!(
            "The commands of {} {place} are those of this version.\n",
            application.name
        ),
        (false, true) => format!("Nothing was changed {place}: this was a dry run.\n"),
        (false, false) => {
            let registered = client.register_commands(&application.id, guild.as_ref(), &wanted);
            let count = registered.await.map_err(failed)?;
            format!(
                "{count} commands of {} are registered {place}.\n",
                application.name
            )
        }
    };
    text.push_str(&last);
    let json =
        json!({"application": application.id, "guild": guild, "changed": changed, "drift": drifts});
    Ok(Done::new(text, &json))
}

fn in_words(drift: &Drift) -> String {
    let at = &drift.at;
    let shown = |value: &Option<String>| line(value.as_deref().unwrap_or("nothing"), 80);
    match (&drift.found, &drift.wanted) {
        (None, wanted @ Some(_)) => format!("+ {at}: {}\n", shown(wanted)),
        (found @ Some(_), None) => format!("- {at}: {}\n", shown(found)),
        (found, wanted) => format!("~ {at}: {} → {}\n", shown(found), shown(wanted)),
    }
}

/// The drift as programs read it.
pub(crate) fn changed(done: &Done) -> bool {
    done.json["changed"] == Value::Bool(true)
}
