//! The command line of the collector, for every program that offers it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::hooks::edge::EdgeError;

use crate::config::{BadConfig, Config, DEFAULT_FILE};
use crate::daemon::{self, Stopped};
use crate::install::{self, Places};
use crate::live::{Live, Settings};
use crate::log;
use crate::pull::{self, NotPulled};

/// The example that `bugbot collect example` prints.
pub const EXAMPLE: &str = include_str!("../examples/collector.yaml");

/// How the collector is called.
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// Instead of running.
    #[command(subcommand)]
    pub what: Option<Instead>,
    /// The configuration, instead of `~/.config/agent-watcher/collector.yaml`.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Brings down what waits at the edge now, and ends, instead of running.
    #[arg(long)]
    pub pull: bool,
    /// Logs lines of JSON. How much is logged is in `RUST_LOG`: `debug` names every event.
    #[arg(long, global = true)]
    pub json_log: bool,
}

/// What else there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Instead {
    /// Says whether the configuration can be used, and does nothing.
    Check,
    /// Prints an example configuration.
    Example,
    /// Has systemd run the collector whenever you are logged in; changes nothing that is so already.
    Install,
    /// Undoes `install`. Configuration, inboxes and files stay.
    Uninstall,
}

/// What is shown when it worked.
#[derive(Debug)]
pub struct Report {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: Value,
}

/// Why it did not work.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The configuration cannot be used: trying again does not help.
    #[error(transparent)]
    BadConfig(BadConfig),
    /// Nobody answered: worth another try.
    #[error("{0}")]
    NoAnswer(String),
    /// The token is missing or not good.
    #[error("{0}")]
    NoAccess(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl From<NotPulled> for NotDone {
    fn from(failed: NotPulled) -> Self {
        let message = failed.to_string();
        match failed {
            NotPulled::Edge(EdgeError::Unreachable(_)) => Self::NoAnswer(message),
            NotPulled::Edge(EdgeError::Unexpected { status, .. }) if status >= 500 => {
                Self::NoAnswer(message)
            }
            NotPulled::Edge(
                EdgeError::Unauthorized
                | EdgeError::Closed
                | EdgeError::Unexpected { status: 403, .. },
            )
            | NotPulled::Token { .. } => Self::NoAccess(message),
            _ => Self::Failed(message),
        }
    }
}

impl From<Stopped> for NotDone {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::BadConfig(bad) => Self::BadConfig(bad),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Does what the command line says. `program` is what it takes to call this again.
pub async fn run(args: &CollectArgs, program: &[String]) -> Result<Report, NotDone> {
    let home = home();
    let file = match (&args.config, &home) {
        (Some(file), _) => file.clone(),
        (None, Some(home)) => home.join(DEFAULT_FILE),
        (None, None) => {
            return Err(NotDone::Failed(
                "HOME is not set: name a --config".to_owned(),
            ));
        }
    };
    let home = home.as_deref();
    match args.what {
        None if args.pull => {
            log::begin(args.json_log);
            pull_now(&file, home).await
        }
        None => {
            log::begin(args.json_log);
            daemon::run(&file, home).await?;
            Ok(Report {
                text: String::new(),
                json: json!({"stopped": true}),
            })
        }
        Some(Instead::Check) => check(&file, home),
        Some(Instead::Example) => Ok(Report {
            text: EXAMPLE.to_owned(),
            json: json!({"example": EXAMPLE}),
        }),
        Some(what @ (Instead::Install | Instead::Uninstall)) => {
            let failed = |error: std::io::Error| NotDone::Failed(error.to_string());
            let places = Places::of_user(home, args.config.as_deref(), &file, program);
            let places = places.map_err(failed)?;
            let steps = match what {
                Instead::Install => {
                    // A service that cannot start is worse than none.
                    if file.exists() {
                        Config::load(&file, home).map_err(NotDone::BadConfig)?;
                    }
                    install::install(&places).map_err(failed)?
                }
                _ => install::uninstall(&places).map_err(failed)?,
            };
            Ok(Report {
                text: steps.iter().map(|step| step.to_string() + "\n").collect(),
                json: json!({"steps": steps.iter().map(ToString::to_string).collect::<Vec<_>>()}),
            })
        }
    }
}

/// Says why it was not done as a line of the log, for whoever reads nothing else.
pub fn log_failure(args: &CollectArgs, failure: &impl std::fmt::Display) {
    log::begin(args.json_log);
    tracing::error!(error = %failure, "it was not done");
}

/// By `HOME` alone: a static program cannot ask the system who the user is.
fn home() -> Option<PathBuf> {
    let home = PathBuf::from(std::env::var_os("HOME")?);
    home.is_absolute().then_some(home)
}

async fn pull_now(file: &Path, home: Option<&Path>) -> Result<Report, NotDone> {
    let config = Config::load(file, home).map_err(NotDone::BadConfig)?;
    let Some(pull) = &config.pull else {
        return Err(NotDone::BadConfig(BadConfig::Wrong {
            file: file.to_owned(),
            line: 1,
            column: 1,
            problem: "there is nothing to pull: pull is wanted".to_owned(),
        }));
    };
    let settings = Settings::of(&config);
    let made = settings.inbox.create();
    made.map_err(|error| NotDone::Failed(format!("the folder of inboxes: {error}")))?;
    let brought = pull::now(pull, &Live::new(settings)).await;
    let brought = brought?;
    let mut text = String::new();
    for (recipient, events) in &brought {
        let _ = writeln!(text, "{recipient}: {events}");
    }
    if brought.is_empty() {
        text.push_str("Nothing waits.\n");
    }
    let brought: serde_json::Map<String, Value> = brought
        .into_iter()
        .map(|(recipient, events)| (recipient.to_string(), events.into()))
        .collect();
    Ok(Report {
        text,
        json: json!({"pulled": brought}),
    })
}

fn check(file: &Path, home: Option<&Path>) -> Result<Report, NotDone> {
    let config = Config::load(file, home).map_err(NotDone::BadConfig)?;
    let mut text = format!(
        "{} can be used.\nEvents are from {}, into {}.\n",
        file.display(),
        config.agent,
        config.inbox_dir.display()
    );
    if let Some(webhook) = &config.webhook {
        let routes = webhook.routes.len();
        let _ = writeln!(text, "Webhook on {}, routes: {routes}.", webhook.listen);
    }
    if let Some(folder) = &config.drop_folder {
        let _ = writeln!(text, "Drop folder {}.", folder.path.display());
    }
    if let Some(pull) = &config.pull {
        let recipients = pull.recipients.len();
        let _ = writeln!(text, "Pulls from {}, recipients: {recipients}.", pull.from);
    }
    let json = json!({
        "file": file,
        "agent": config.agent.as_str(),
        "inboxDir": config.inbox_dir,
        "listen": config.webhook.as_ref().map(|hook| hook.listen.to_string()),
        "routes": config.webhook.as_ref().map(|hook| hook.routes.len()),
        "dropFolder": config.drop_folder.as_ref().map(|folder| &folder.path),
        "pullsFrom": config.pull.as_ref().map(|pull| &pull.from),
    });
    Ok(Report { text, json })
}
