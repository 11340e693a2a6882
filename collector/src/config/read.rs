//! From YAML to a checked configuration.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned, UserMessageFormatter};
use shared::hooks::{
    Agent, BadRoutes, Kind, Missing, Priority, Recipient, Route, RoutePath, Routes, Template,
};

use super::{
    Config, DEFAULT_INBOX_DIR, DEFAULT_LISTEN, DEFAULT_POLL, DEFAULT_PULL, DropFolder,
    MAX_RECIPIENTS, Pull, Webhook,
};

/// What is wrong, and where.
pub(super) struct Wrong {
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    agent: Spanned<String>,
    inbox_dir: Option<Spanned<String>>,
    fsync: Option<bool>,
    webhook: Option<WebhookFile>,
    drop_folder: Option<DropFolderFile>,
    pull: Option<PullFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookFile {
    listen: Option<Spanned<String>>,
    routes: Spanned<Vec<RouteFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteFile {
    path: Spanned<String>,
    recipient: Spanned<String>,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    priority: Priority,
    template: Spanned<String>,
    #[serde(default)]
    missing: Missing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DropFolderFile {
    path: Spanned<String>,
    poll_fallback_seconds: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PullFile {
    from: Spanned<String>,
    token_file: Spanned<String>,
    recipients: Spanned<Vec<Spanned<String>>>,
    seconds: Option<Spanned<i64>>,
}

pub(super) fn config(text: &str, home: Option<&Path>) -> Result<Config, Wrong> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| not_of_this_shape(&error))?;
    let webhook = file.webhook.as_ref().map(webhook).transpose()?;
    let folder = |folder| drop_folder(folder, home);
    let drop_folder = file.drop_folder.as_ref().map(folder).transpose()?;
    let pull = file.pull.as_ref().map(|it| pull(it, home)).transpose()?;
    if webhook.is_none() && drop_folder.is_none() && pull.is_none() {
        return Err(Wrong {
            line: 1,
            column: 1,
            problem: "there is nothing to collect: webhook, drop_folder or pull is wanted"
                .to_owned(),
        });
    }
    let inbox_dir = match &file.inbox_dir {
        Some(dir) => path(dir, "inbox_dir", home)?,
        None => expand(DEFAULT_INBOX_DIR, home).map_err(|problem| Wrong {
            line: 1,
            column: 1,
            problem: format!("inbox_dir {DEFAULT_INBOX_DIR} {problem}"),
        })?,
    };
    Ok(Config {
        agent: Agent::parse(&file.agent.value).map_err(wrong(&file.agent, "agent"))?,
        inbox_dir,
        fsync: file.fsync.unwrap_or(true),
        webhook,
        drop_folder,
        pull,
    })
}

fn not_of_this_shape(error: &serde_saphyr::Error) -> Wrong {
    let error = error.without_snippet();
    let at = error.location().unwrap_or(Location::UNKNOWN);
    let problem = error.render_with_formatter(&UserMessageFormatter);
    // The place is said once, by us.
    let place = format!(" at line {}, column {}", at.line(), at.column());
    Wrong {
        line: at.line().max(1),
        column: at.column().max(1),
        problem: in_words(&problem.replace(&place, "")).to_owned(),
    }
}

/// What the library says in its own words, in those of whoever writes the file.
fn in_words(problem: &str) -> &str {
    match problem {
        "unexpected end of file" => {
            "the file is empty; `bugbot collect example` prints one to begin with"
        }
        "expected mapping start" => "keys with values are wanted here, `key: value`",
        "expected sequence start" => "a list is wanted here, with `- ` before each",
        "expected string scalar" => {
            "a text is wanted here; one that begins with { or [ has to be in quotes: '{{ .title }}'"
        }
        "invalid i64" => "a whole number is wanted here",
        "invalid boolean" => "true or false is wanted here",
        "externally tagged enum expected scalar or mapping" => "one word is wanted here",
        other => other,
    }
}

/// Points at a value that is YAML as it should be and still wrong.
fn wrong<T, E: Display>(value: &Spanned<T>, key: &str) -> impl FnOnce(E) -> Wrong {
    let at = value.referenced;
    move |problem| Wrong {
        line: at.line(),
        column: at.column(),
        problem: format!("{key} {problem}"),
    }
}

fn webhook(file: &WebhookFile) -> Result<Webhook, Wrong> {
    let listen = match &file.listen {
        Some(listen) => loopback(&listen.value).map_err(wrong(listen, "listen"))?,
        None => loopback(DEFAULT_LISTEN).expect("the default is a loopback address"),
    };
    if file.routes.value.is_empty() {
        return Err(wrong(&file.routes, "routes")(
            "has to have at least one route",
        ));
    }
    let places: Vec<_> = file
        .routes
        .value
        .iter()
        .map(|it| it.path.referenced)
        .collect();
    let routes = file
        .routes
        .value
        .iter()
        .map(route)
        .collect::<Result<_, _>>()?;
    let routes = Routes::new(routes).map_err(|bad| {
        let BadRoutes::Twice { index, .. } = bad;
        let at = places.get(index).copied().unwrap_or(Location::UNKNOWN);
        Wrong {
            line: at.line(),
            column: at.column(),
            problem: bad.to_string(),
        }
    })?;
    Ok(Webhook { listen, routes })
}

fn route(file: &RouteFile) -> Result<Route, Wrong> {
    let template = Template::parse(&file.template.value);
    Ok(Route {
        path: RoutePath::parse(&file.path.value).map_err(wrong(&file.path, "path"))?,
        recipient: Recipient::parse(&file.recipient.value)
            .map_err(wrong(&file.recipient, "recipient"))?,
        kind: file.kind,
        priority: file.priority,
        template: template.map_err(wrong(&file.template, "template:"))?,
        missing: file.missing,
    })
}

/// Nobody but this machine may reach the collector: it knows nobody by a secret.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    let address: SocketAddr = numeric
        .parse()
        .map_err(|_| format!("{text:?} is not an address such as {DEFAULT_LISTEN}"))?;
    if !address.ip().is_loopback() {
        return Err(format!(
            "{text:?} can be reached from other machines: only loopback is listened on"
        ));
    }
    Ok(address)
}

fn drop_folder(file: &DropFolderFile, home: Option<&Path>) -> Result<DropFolder, Wrong> {
    let poll = match &file.poll_fallback_seconds {
        None => DEFAULT_POLL,
        Some(seconds) => match u64::try_from(seconds.value) {
            Ok(0) => DEFAULT_POLL,
            // A year: longer is a mistake, and arithmetic on time has an end.
            Ok(seconds) if seconds <= 31_536_000 => Duration::from_secs(seconds),
            Ok(_) => return Err(wrong(seconds, "poll_fallback_seconds")("is too large")),
            Err(_) => {
                return Err(wrong(seconds, "poll_fallback_seconds")(
                    "may not be negative",
                ));
            }
        },
    };
    Ok(DropFolder {
        path: path(&file.path, "path", home)?,
        poll,
    })
}

fn pull(file: &PullFile, home: Option<&Path>) -> Result<Pull, Wrong> {
    let list = &file.recipients;
    if list.value.is_empty() || list.value.len() > MAX_RECIPIENTS {
        let problem = format!("has to name from 1 to {MAX_RECIPIENTS} recipients");
        return Err(wrong(list, "recipients")(problem));
    }
    let mut recipients: Vec<Recipient> = Vec::new();
    for name in &list.value {
        let recipient = Recipient::parse(&name.value).map_err(wrong(name, "recipient"))?;
        if recipients.contains(&recipient) {
            return Err(wrong(name, "recipient")("is there twice"));
        }
        recipients.push(recipient);
    }
    let every = match &file.seconds {
        None => DEFAULT_PULL,
        Some(seconds) => match u64::try_from(seconds.value) {
            Ok(given @ 1..=86_400) => Duration::from_secs(given),
            _ => return Err(wrong(seconds, "seconds")("has to be from 1 to 86400")),
        },
    };
    Ok(Pull {
        from: gateway(&file.from.value).map_err(wrong(&file.from, "from"))?,
        token_file: path(&file.token_file, "token_file", home)?,
        recipients,
        every,
    })
}

/// The token goes there: not in the clear over a network.
fn gateway(text: &str) -> Result<String, String> {
    let address: http::Uri = text
        .parse()
        .map_err(|_| format!("{text:?} is no address"))?;
    let host = address.host().unwrap_or_default();
    let is_here = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    let is_plain = address.query().is_none() && !text.contains('@');
    match address.scheme_str() {
        Some("https") if is_plain && !host.is_empty() => Ok(text.to_owned()),
        Some("http") if is_plain && is_here => Ok(text.to_owned()),
        _ => Err(format!("{text:?} has to be the https address of a gateway")),
    }
}

fn path(text: &Spanned<String>, key: &str, home: Option<&Path>) -> Result<PathBuf, Wrong> {
    expand(&text.value, home).map_err(wrong(text, key))
}

fn expand(text: &str, home: Option<&Path>) -> Result<PathBuf, String> {
    let path = match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => return Err("begins with ~/, and HOME is not set".to_owned()),
        (None, _) => PathBuf::from(text),
    };
    if !path.is_absolute() || text.contains('\0') {
        return Err(format!("{text:?} has to begin with / or ~/"));
    }
    Ok(path)
}
