//! The container of a Durable Object: started by the object, reached through its port.
//! <https://developers.cloudflare.com/durable-objects/api/container/>
//!
//! `worker` wraps this, but its start options delete the very fields that were set; the plain
//! object that the runtime documents is passed instead.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use shared::http::{Http, Request, Response, Unreachable};
use worker::js_sys::{Function, Reflect};
use worker::wasm_bindgen::JsCast;
use worker::{Fetcher, State};

use crate::fetch::carry;
use crate::js;

/// The object's container.
#[derive(Debug)]
pub struct Container(worker::Container);

/// How the container is started.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Replaces the image's own command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// Whether the container may open connections to the internet.
    pub enable_internet: bool,
    /// Its environment. Values may be secret: this type is never logged.
    pub env: BTreeMap<String, String>,
}

/// The container did not do as it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the container failed: {0}")]
pub struct ContainerFailed(pub String);

impl Container {
    /// The container of the object whose state this is; `None` where none is bound, which is
    /// everywhere without a container engine.
    pub fn of(state: &State) -> Option<Self> {
        state.container().map(Self)
    }

    /// Whether it was started and has not ended.
    pub fn is_running(&self) -> bool {
        self.0.running()
    }

    /// Starts it. Returns at once: the port refuses connections until the program listens.
    pub fn start(&self, start: &Start) -> Result<(), ContainerFailed> {
        let options = serde_json::to_string(start).expect("text and booleans are JSON");
        let options = js::parse(&options).map_err(ContainerFailed)?;
        let container = self.0.as_ref();
        Reflect::get(container, &"start".into())
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|start| start.call1(container, &options))
            .map(drop)
            .map_err(|thrown| ContainerFailed(js::text_of(&thrown)))
    }

    /// Kills it and forgets its disk.
    pub async fn destroy(&self) -> Result<(), ContainerFailed> {
        self.0
            .destroy(None)
            .await
            .map_err(|error| ContainerFailed(error.to_string()))
    }

    /// Sends it a signal: 15 asks the program to end.
    pub fn signal(&self, number: i32) -> Result<(), ContainerFailed> {
        self.0
            .signal(number)
            .map_err(|error| ContainerFailed(error.to_string()))
    }

    /// HTTP to one of its ports.
    pub fn port(&self, port: u16) -> Result<Port, ContainerFailed> {
        self.0
            .get_tcp_port(port)
            .map(Port)
            .map_err(|error| ContainerFailed(error.to_string()))
    }
}

/// HTTP to one port of a container; the host in a request's address means nothing.
#[derive(Debug)]
pub struct Port(Fetcher);

impl Http for Port {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        carry(request, within, async |request| {
            self.0.fetch_request(request).await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_options_are_the_object_that_the_runtime_documents() {
        let start = Start {
            entrypoint: None,
            enable_internet: true,
            env: BTreeMap::from([("PORT".to_owned(), "8080".to_owned())]),
        };
        insta::assert_snapshot!(
            serde_json::to_string(&start).unwrap(),
            @r#"{"enableInternet":true,"env":{"PORT":"8080"}}"#
        );
    }
}
