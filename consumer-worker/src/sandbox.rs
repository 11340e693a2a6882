//! The sandbox: the object's own container, or an executor at an address.

use std::collections::BTreeMap;
use std::time::Duration;

use platform::Fetch;
use platform::container::{Container, Start};
use shared::fix::Sandbox;
use shared::http::{Http, Request, Response, Unreachable};
use shared::settings::RunSettings;
use url::Url;

/// The port that the executor listens on, in the image's `Dockerfile`.
const PORT: u16 = 8080;
/// A container's port has no name; the host in a request's address means nothing.
const CONTAINER_BASE: &str = "http://container/";

/// HTTP to the executor.
pub(crate) enum ExecutorPort {
    /// `EXECUTOR_URL`: the same program, run elsewhere.
    Elsewhere(Url),
    /// The container that is bound to this object.
    Own {
        container: Container,
        base: Url,
        environment: BTreeMap<String, String>,
    },
}

impl ExecutorPort {
    /// An address that is set wins over the container, so that a developer needs none.
    pub(crate) fn new(runs: &RunSettings, container: Option<Container>) -> Result<Self, String> {
        if let Some(address) = &runs.executor_url {
            let url = Url::parse(address).map_err(|error| format!("EXECUTOR_URL: {error}"))?;
            return Ok(Self::Elsewhere(url));
        }
        let Some(container) = container else {
            return Err("no container is bound and EXECUTOR_URL is not set".to_owned());
        };
        let token = runs
            .executor_token
            .as_ref()
            .map(|token| ("EXECUTOR_TOKEN", token.expose().to_owned()));
        let settings = runs.executor_settings.iter().cloned();
        Ok(Self::Own {
            container,
            base: Url::parse(CONTAINER_BASE).expect("a constant address is one"),
            environment: settings
                .chain(token)
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        })
    }
}

impl Sandbox for ExecutorPort {
    fn base(&self) -> &Url {
        let (Self::Elsewhere(base) | Self::Own { base, .. }) = self;
        base
    }

    async fn ensure_started(&self) -> Result<(), String> {
        let Self::Own {
            container,
            environment,
            ..
        } = self
        else {
            return Ok(());
        };
        if container.is_running() {
            return Ok(());
        }
        // The executor reaches the gateway and the repository; what runs below it has no network.
        let start = Start {
            entrypoint: None,
            enable_internet: true,
            env: environment.clone(),
        };
        container.start(&start).map_err(|failed| failed.to_string())
    }

    async fn release(&self) {
        if let Self::Own { container, .. } = self
            && container.is_running()
        {
            // A container that stays is ended by the platform when nobody has spoken to it for
            // a while.
            let _ = container.destroy().await;
        }
    }
}

impl Http for ExecutorPort {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        match self {
            Self::Elsewhere(_) => Fetch.send(request, within).await,
            Self::Own { container, .. } => {
                let port = container
                    .port(PORT)
                    .map_err(|failed| Unreachable::Connection(failed.to_string()))?;
                port.send(request, within).await
            }
        }
    }
}
