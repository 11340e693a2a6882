//! A portal on a socket, and the program as a volunteer has it.

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;
use tests::bugseti::{Bugseti, FORGE, FORGE_TOKEN, Generation};
use tests::clock::TestClock;
use tests::fake::Served;
use tokio::process::Command;

use crate::stage::{Ran, program, ran};

pub(super) const MUGS: &str = "acme/shop#12";
const CLIENT: &str = "0123456789abcdef0123456789abcdef";

pub(super) struct Stage {
    pub(super) portal: Bugseti,
    served: Option<Served>,
    origin: String,
    folder: TempDir,
}

impl Stage {
    /// With a client that has an id, and nothing else.
    pub(super) async fn new(generation: Generation) -> Self {
        let portal = Bugseti::new(TestClock::system(), generation);
        let served = Served::start(portal.router()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = json!({"clientId": CLIENT, "watchedRepos": ["acme/shop"]});
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let origin = served.origin();
        Self {
            portal,
            served: Some(served),
            origin,
            folder,
        }
    }

    pub(super) async fn logged_in(generation: Generation) -> Self {
        let stage = Self::new(generation).await;
        stage.login().await.done();
        stage
    }

    pub(super) async fn login(&self) -> Ran {
        let hub = self.origin();
        let mut login = self.program(&["login", "--hub", &hub, "--forge", FORGE, "--name", "Ann"]);
        ran(login.env("BUGBOT_FORGE_TOKEN", FORGE_TOKEN)).await
    }

    pub(super) fn program(&self, args: &[&str]) -> Command {
        let mut command = program(&[&["hub"], args].concat());
        command.env("BUGBOT_HUB_CONFIG", self.config());
        command
    }

    pub(super) async fn hub(&self, args: &[&str]) -> Ran {
        ran(&mut self.program(args)).await
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.path().join("config.json")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn pending_file(&self) -> PathBuf {
        self.data().join("hub_pending.json")
    }

    pub(super) fn origin(&self) -> String {
        self.origin.clone()
    }

    /// Whose an issue is, and how far.
    pub(super) fn holder(&self, issue: &str) -> Option<(String, String)> {
        self.portal.lock().holder(issue)
    }

    /// Nothing listens any more.
    pub(super) fn goes_away(&mut self) {
        self.served = None;
    }
}

/// A text with other digits for moments and spans, as wide as they were.
pub(super) fn timeless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("20") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let moment = from.get(..16).filter(|it| {
            it.bytes().enumerate().all(|(n, b)| match n {
                4 | 7 => b == b'-',
                10 => b == b' ',
                13 => b == b':',
                _ => b.is_ascii_digit(),
            })
        });
        let (shown, len) = moment.map_or((&from[..2], 2), |_| ("YYYY-MM-DD hh:mm", 16));
        out.push_str(shown);
        rest = &from[len..];
    }
    out.push_str(rest);
    for second in 0..10 {
        out = out.replace(&format!(" {second} s\n"), " 0 s\n");
        out = out.replace(&format!("waited {second} s:"), "waited 0 s:");
    }
    out.replace("(29 min)", "(30 min)")
}
