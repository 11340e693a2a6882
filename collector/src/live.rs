//! The configuration in force: what a reload exchanges while everything runs.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use shared::hooks::{Agent, Routes};

use crate::clock::{self, Clock};
use crate::config::Config;
use crate::inbox::Inbox;

/// What every event needs.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) agent: Agent,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) routes: Routes,
    pub(crate) poll: Duration,
    pub(crate) clock: Clock,
}

impl Settings {
    pub(crate) fn of(config: &Config) -> Self {
        let routes = config.webhook.as_ref().map(|hook| hook.routes.clone());
        let poll = config.drop_folder.as_ref().map(|folder| folder.poll);
        Self {
            agent: config.agent.clone(),
            inbox: Arc::new(Inbox::new(config.inbox_dir.clone(), config.fsync)),
            routes: routes.unwrap_or_default(),
            poll: poll.unwrap_or(crate::config::DEFAULT_POLL),
            clock: clock::system,
        }
    }
}

/// Who holds one sees a reload at the next event.
#[derive(Debug, Clone)]
pub(crate) struct Live(Arc<RwLock<Arc<Settings>>>);

impl Live {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(settings))))
    }

    pub(crate) fn now(&self) -> Arc<Settings> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn replace(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}
