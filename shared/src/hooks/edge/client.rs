//! The pull, from the other side.

use std::time::Duration;

use ::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::wire::{Ack, Left, Page};
use crate::hooks::Recipient;
use crate::http::{Http, Request, Response, Unreachable};
use crate::secret::Secret;
use crate::service::{Api, BadAccess, snippet};

/// How long the gateway may take: it gives its object 8 s.
const WITHIN: Duration = Duration::from_secs(20);

/// A gateway that has events for us.
#[derive(Debug)]
pub struct EdgeClient<H> {
    http: H,
    api: Api,
}

/// Why nothing was pulled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    /// No answer came.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Something answers there that has no events, or no `HOOKS_PULL_TOKEN`.
    #[error("events cannot be pulled there: it is no gateway, or has no HOOKS_PULL_TOKEN")]
    Closed,
    /// The token is another one.
    #[error("the token is not the gateway's HOOKS_PULL_TOKEN")]
    Unauthorized,
    /// An answer that the gateway does not give to what was asked.
    #[error("status {status}: {detail}")]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// What came.
        detail: String,
    },
}

impl<H: Http> EdgeClient<H> {
    /// The gateway at `base`.
    pub fn new(http: H, base: &str, token: &Secret) -> Result<Self, BadAccess> {
        let api = Api::new(base)?.authorized("Bearer ", token)?;
        Ok(Self { http, api })
    }

    /// What waits for a recipient after an event.
    pub async fn page(&self, recipient: &Recipient, after: u64) -> Result<Page, EdgeError> {
        let request = page_request(&self.api, recipient, after);
        parse(&self.http.send(request, WITHIN).await?)
    }

    /// Says that all up to an event have arrived; so many wait still.
    pub async fn ack(&self, recipient: &Recipient, upto: u64) -> Result<u64, EdgeError> {
        let request = ack_request(&self.api, recipient, upto);
        let left: Left = parse(&self.http.send(request, WITHIN).await?)?;
        Ok(left.left)
    }
}

fn page_request(api: &Api, recipient: &Recipient, after: u64) -> Request {
    let after = after.to_string();
    let query = [("recipient", recipient.as_str()), ("after", &after)];
    api.call(Method::GET, &["hooks", "events"], &query)
}

fn ack_request(api: &Api, recipient: &Recipient, upto: u64) -> Request {
    let ack = Ack {
        recipient: recipient.clone(),
        upto,
    };
    api.call_json(Method::POST, &["hooks", "events", "ack"], &ack)
}

fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, EdgeError> {
    #[derive(Deserialize)]
    struct Refused {
        error: String,
    }
    let status = response.status().as_u16();
    let unexpected = |detail| EdgeError::Unexpected { status, detail };
    match status {
        200 => serde_json::from_slice(response.body())
            .map_err(|bad| unexpected(format!("not what was expected: {bad}"))),
        401 => Err(EdgeError::Unauthorized),
        404 => Err(EdgeError::Closed),
        _ => Err(unexpected(
            match serde_json::from_slice::<Refused>(response.body()) {
                Ok(refused) => refused.error,
                Err(_) => snippet(response.body()),
            },
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> Api {
        let token = Secret::new("0123456789abcdef");
        Api::new("https://edge.test/")
            .unwrap()
            .authorized("Bearer ", &token)
            .unwrap()
    }

    fn answer(status: u16, body: &str) -> Result<Page, EdgeError> {
        let response = ::http::Response::builder().status(status);
        parse(&response.body(body.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn requests_are_as_the_gateway_takes_them() {
        let alice = Recipient::parse("al+ice@x").unwrap();
        let page = page_request(&api(), &alice, 7);
        assert_eq!(
            page.uri(),
            "https://edge.test/hooks/events?recipient=al%2Bice%40x&after=7"
        );
        assert_eq!(page.headers()["authorization"], "Bearer 0123456789abcdef");
        let ack = ack_request(&api(), &alice, 7);
        assert_eq!(ack.uri(), "https://edge.test/hooks/events/ack");
        assert_eq!(ack.body(), br#"{"recipient":"al+ice@x","upto":7}"#);
    }

    #[test]
    fn every_status_says_what_can_be_done() {
        assert_eq!(
            answer(200, r#"{"events":[],"more":false}"#),
            Ok(Page::default())
        );
        assert_eq!(answer(401, "{}"), Err(EdgeError::Unauthorized));
        assert_eq!(answer(404, "not found"), Err(EdgeError::Closed));
        let said = answer(503, r#"{"error":"try again"}"#).unwrap_err();
        assert_eq!(said.to_string(), "status 503: try again");
        let odd = answer(200, "<html>").unwrap_err();
        assert!(
            odd.to_string()
                .starts_with("status 200: not what was expected")
        );
    }
}
