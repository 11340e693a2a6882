//! How a stack is started.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

/// Variables and secrets by name.
pub type Vars = BTreeMap<String, String>;

/// What differs from `wrangler.toml`. The default differs in nothing and keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Variables and secrets of the gateway, replacing or adding.
    pub gateway: Vars,
    /// Variables and secrets of the consumer.
    pub consumer: Vars,
    /// Whether `.dev.vars` is read as well. Never in a test: it holds somebody's real keys.
    pub dev_vars: bool,
    /// Where KV, queues and objects are kept; nowhere if not given.
    pub persist: Option<PathBuf>,
    /// The gateway's port; any free one if not given.
    pub gateway_port: Option<u16>,
}

impl Options {
    /// Sets a variable or secret of both workers.
    #[must_use]
    pub fn both(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        self.gateway.insert(name.to_owned(), value.clone());
        self.consumer.insert(name.to_owned(), value);
        self
    }

    /// Sets a variable or secret of the gateway.
    #[must_use]
    pub fn gateway(mut self, name: &str, value: impl Into<String>) -> Self {
        self.gateway.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a variable or secret of the consumer.
    #[must_use]
    pub fn consumer(mut self, name: &str, value: impl Into<String>) -> Self {
        self.consumer.insert(name.to_owned(), value.into());
        self
    }

    /// The line that the harness reads first.
    pub(super) fn line(&self) -> Value {
        json!({
            "vars": {"gateway": self.gateway, "consumer": self.consumer},
            "devVars": self.dev_vars,
            "persist": self.persist,
            "ports": {"gateway": self.gateway_port.unwrap_or(0)},
        })
    }
}
