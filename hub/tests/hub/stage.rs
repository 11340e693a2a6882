//! A portal, and clients of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hub::{Home, Hub, IssueId, Login, NewClaim, Secret, Status, StatusChange};
use jiff::Timestamp;
use serde_json::Value;
use shared::http::{Http, Request, Response, Unreachable};
use shared::ports::Clock;
use tempfile::TempDir;
use tests::bugseti::{Bugseti, FORGE, FORGE_TOKEN, Generation};
use tests::clock::TestClock;
use tests::fake::Wired;

pub(crate) const HUB: &str = "https://hub.test";

/// The portal, and the clock of everybody.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    wired: Wired,
    clock: TestClock,
}

impl Http for Ports {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        self.wired.send(request, within).await
    }
}

impl Clock for Ports {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

pub(crate) struct Stage {
    pub(crate) portal: Bugseti,
    pub(crate) clock: TestClock,
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new(generation: Generation) -> Self {
        let clock = TestClock::story();
        Self {
            portal: Bugseti::new(clock.clone(), generation),
            clock,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With a client that is logged in.
    pub(crate) async fn logged_in() -> (Self, Hub<Ports>) {
        let stage = Self::new(Generation::Both);
        let hub = stage.client("ann").await;
        (stage, hub)
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports {
            wired: Wired::new().at(HUB, self.portal.router()),
            clock: self.clock.clone(),
        }
    }

    /// A client of this name that is logged in.
    pub(crate) async fn client(&self, name: &str) -> Hub<Ports> {
        let hub = self.stranger(name);
        hub.login(login(name)).await.unwrap();
        hub
    }

    /// A client of this name that nobody knows.
    pub(crate) fn stranger(&self, name: &str) -> Hub<Ports> {
        Hub::new(self.home(name), self.ports())
    }

    pub(crate) fn home(&self, name: &str) -> Home {
        Home::of_config(self.folder.path().join(name).join("config.json"))
    }

    pub(crate) fn file(&self, name: &str, file: &str) -> PathBuf {
        self.folder.path().join(name).join(file)
    }

    /// The names of waiting writes, as they are on the disk.
    pub(crate) fn pending(&self, name: &str) -> Vec<String> {
        let entries = read(&self.file(name, "data/hub_pending.json"));
        let entries: Vec<hub::Pending> = serde_json::from_value(entries).unwrap();
        entries.iter().map(ToString::to_string).collect()
    }
}

pub(crate) fn login(name: &str) -> Login {
    Login {
        hub_url: Some(HUB.to_owned()),
        forge_url: Some(FORGE.to_owned()),
        forge_token: Some(Secret::new(FORGE_TOKEN)),
        name: Some(name.to_owned()),
    }
}

pub(crate) fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn id(text: &str) -> IssueId {
    text.parse().unwrap()
}

pub(crate) fn claim(issue: &str) -> NewClaim {
    NewClaim::of(&id(issue)).unwrap()
}

pub(crate) fn status(issue: &str, status: Status) -> StatusChange {
    StatusChange {
        issue: id(issue),
        status,
        pr_url: None,
        pr_number: None,
    }
}
