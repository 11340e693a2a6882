//! The collector's configuration (`collector::config`).
//!
//! Held: a refusal names a place in the text, in a message of one line; what is accepted promises what
//! the daemon relies on; written as JSON, which is YAML as well, it means the same.

use std::path::Path;
use std::time::Duration;

use collector::config::{BadConfig, Config, MAX_RECIPIENTS};
use http::Method;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::input::is_within;

const HOME: &str = "/home/ann";

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match parse(text) {
        Err(BadConfig::Wrong {
            line,
            column,
            problem,
            ..
        }) => {
            // YAML ends lines as Windows and old Macs do, too.
            let lines = text.replace("\r\n", "\n").replace('\r', "\n");
            assert!(
                is_within(&lines, to_usize(line), to_usize(column)),
                "{line}:{column} is not in the text"
            );
            assert!(!problem.is_empty(), "nothing is said");
            assert!(
                !problem.contains(char::is_control),
                "not one line: {problem:?}"
            );
        }
        Err(other) => panic!("no file was read: {other}"),
        Ok(config) => {
            holds_what_the_daemon_relies_on(&config);
            let file: File = serde_saphyr::from_str(text).expect("it was accepted");
            finds_its_routes(&config, &file);
            let json = serde_json::to_string(&file).expect("texts and numbers are JSON");
            assert_eq!(parse(&json), Ok(config), "{json}");
        }
    }
}

fn parse(text: &str) -> Result<Config, BadConfig> {
    Config::parse(Path::new("c.yaml"), text, Some(Path::new(HOME)))
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).expect("a text is not that long")
}

fn holds_what_the_daemon_relies_on(config: &Config) {
    let is_path =
        |path: &Path| path.is_absolute() && !path.as_os_str().to_string_lossy().contains('\0');
    assert!(is_path(&config.inbox_dir));
    assert!(!config.agent.as_str().contains(char::is_control));
    if let Some(webhook) = &config.webhook {
        assert!(webhook.listen.ip().is_loopback());
        assert!(!webhook.routes.is_empty());
    }
    if let Some(folder) = &config.drop_folder {
        assert!(is_path(&folder.path));
        assert!(folder.poll >= Duration::from_secs(1));
    }
    if let Some(pull) = &config.pull {
        assert!(is_path(&pull.token_file));
        assert!(pull.every >= Duration::from_secs(1));
        assert!((1..=MAX_RECIPIENTS).contains(&pull.recipients.len()));
        goes_over_https_or_stays_here(&pull.from);
    }
}

/// As the library reads it that sends the token there.
fn goes_over_https_or_stays_here(from: &str) {
    let Ok(url) = Url::parse(from) else {
        // Nothing is sent anywhere then.
        return;
    };
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    assert!(
        url.scheme() == "https" || (url.scheme() == "http" && is_here),
        "the token would go to {url}"
    );
    assert!(url.username().is_empty() && url.password().is_none());
}

fn finds_its_routes(config: &Config, file: &File) {
    let (Some(webhook), Some(written)) = (&config.webhook, &file.webhook) else {
        assert_eq!(config.webhook.is_some(), file.webhook.is_some());
        return;
    };
    assert_eq!(webhook.routes.len(), written.routes.len());
    for route in &written.routes {
        let found = webhook.routes.find(&Method::POST, &route.path);
        let found = found.expect("a route is found by its path");
        assert_eq!(found.recipient.as_str(), route.recipient);
        assert_eq!(found.kind.as_str(), route.kind);
    }
}

// The file once more, as it is documented: texts and numbers, no more.

#[derive(Serialize, Deserialize)]
struct File {
    agent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox_dir: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fsync: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<WebhookFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drop_folder: Option<DropFolderFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull: Option<PullFile>,
}

#[derive(Serialize, Deserialize)]
struct WebhookFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<String>,
    routes: Vec<RouteFile>,
}

#[derive(Serialize, Deserialize)]
struct RouteFile {
    path: String,
    recipient: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    template: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct DropFolderFile {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll_fallback_seconds: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct PullFile {
    from: String,
    token_file: String,
    recipients: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<i64>,
}
