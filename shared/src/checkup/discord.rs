//! Discord: the token, the public key, the intent, the commands.

use serde_json::Value;

use super::Check;
use crate::address::INTERACTIONS_PATH;
use crate::command::{drift, render_registration};
use crate::discord::client::{Application, DiscordClient};
use crate::http::Http;

const AREA: &str = "Discord";

pub(super) async fn checks(
    client: &DiscordClient<impl Http>,
    verify_key: Option<&str>,
    gateway_url: &str,
) -> Vec<Check> {
    let application = match client.application().await {
        Ok(application) => application,
        Err(error) => {
            let fix = "Copy the token from the application's Bot page, and set DISCORD_BOT_TOKEN \
                       on both workers.";
            return vec![Check::failed(AREA, "bot token", &error, fix)];
        }
    };
    let mut checks = vec![
        Check::ok(AREA, "bot token", format!("is of {}", application.name)),
        intent(&application),
    ];
    checks.extend(verify_key.map(|key| public_key(&application, key)));
    checks.push(endpoint(&application, gateway_url));
    checks.push(commands(client, &application).await);
    checks
}

fn intent(application: &Application) -> Check {
    let name = "message content";
    if application.reads_messages() {
        return Check::ok(AREA, name, "the intent is on");
    }
    let fix = "Switch the Message Content Intent on, on the application's Bot page.";
    let found = "the intent is off: bugbot sees only the message that a menu entry is used on";
    Check::warn(AREA, name, found, fix)
}

fn public_key(application: &Application, key: &str) -> Check {
    let name = "public key";
    if application.verify_key.eq_ignore_ascii_case(key) {
        return Check::ok(AREA, name, "is the application's");
    }
    let fix = "Set DISCORD_PUBLIC_KEY on the gateway to the Public Key of the application that the \
               bot token is of.";
    Check::fail(AREA, name, "is of another application", fix)
}

fn endpoint(application: &Application, gateway_url: &str) -> Check {
    let name = "interactions endpoint";
    let expected = format!("{gateway_url}{INTERACTIONS_PATH}");
    let fix = format!(
        "On the application's General Information page, set Interactions Endpoint URL to {expected}."
    );
    match application.interactions_endpoint_url.as_deref() {
        Some(url) if url.trim_end_matches('/') == expected => Check::ok(AREA, name, url),
        Some(url) => {
            let fix = format!("{fix} If both addresses are the gateway's, correct PUBLIC_URL.");
            Check::fail(AREA, name, format!("is {url}"), &fix)
        }
        None => Check::warn(AREA, name, "is not set in the application", &fix),
    }
}

async fn commands(client: &DiscordClient<impl Http>, application: &Application) -> Check {
    let name = "commands";
    let fix = "bugbot commands sync";
    let found = match client.commands(&application.id, None).await {
        Ok(found) => found,
        Err(error) => return Check::failed(AREA, name, &error, fix),
    };
    if found.is_empty() {
        let found = "none are registered everywhere; those of single servers are not looked at";
        return Check::warn(AREA, name, found, fix);
    }
    let wanted = render_registration();
    let wanted: &[Value] = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
    let drifts = drift(&found, wanted);
    if drifts.is_empty() {
        return Check::ok(AREA, name, "are those of this version");
    }
    let first: Vec<&str> = drifts.iter().take(3).map(|it| it.at.as_str()).collect();
    let more = if drifts.len() > 3 { ", …" } else { "" };
    let found = format!(
        "{} of this version: {}{more}",
        match drifts.len() {
            1 => "1 difference from those".to_owned(),
            n => format!("{n} differences from those"),
        },
        first.join(", ")
    );
    Check::warn(AREA, name, found, fix)
}
