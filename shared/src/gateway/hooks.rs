//! What is answered below [`ROOT`]: deliveries of other tools, and whoever pulls what they became.
//! What makes a delivery, and what waits, is in [`crate::hooks::edge`].

mod pull;
mod receive;
pub mod setup;

pub use setup::HooksSetup;

use ::http::Method;

use super::{Ports, Setup, answer};
use crate::hooks::Refusal;
use crate::hooks::edge::{ACK_PATH, EVENTS_PATH, ROOT};
use crate::http::{Request, Response};

/// The answer to a body that was not read to its end.
pub(super) fn too_large() -> Response {
    receive::refused(&Refusal::TooLarge)
}

/// Answers a request below [`ROOT`].
pub async fn handle(request: &Request, setup: &Setup, ports: &impl Ports) -> Response {
    match (request.uri().path(), request.method()) {
        (EVENTS_PATH, &Method::GET) => pull::page(request, setup.hooks(), ports).await,
        (EVENTS_PATH, _) => answer::method_not_allowed("GET"),
        (ACK_PATH, &Method::POST) => pull::ack(request, setup.hooks(), ports).await,
        (ACK_PATH, _) => answer::method_not_allowed("POST"),
        (path, method) => {
            let name = path.strip_prefix(ROOT).unwrap_or_default();
            receive::receive(name, method, request, setup.hooks(), ports).await
        }
    }
}
