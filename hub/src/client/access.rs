//! Where a hub is, and how it is spoken to.

use http::{Method, header};
use serde_json::Value;
use shared::http::{Http, Request, Response};
use shared::ports::Clock;
use shared::secret::Secret;
use url::{Host, Url};

use super::Hub;
use super::session::Session;
use crate::error::{HubError, Trouble};

const BASE: &str = "/api/bugseti";
const USER_AGENT: &str = concat!("bugbot-hub/", env!("CARGO_PKG_VERSION"));

/// A hub's base, and the key for it.
#[derive(Debug, Clone)]
pub(super) struct Access {
    base: String,
    pub(super) key: Option<Secret>,
}

impl Access {
    /// The hub at this address.
    pub(super) fn to(hub_url: &str) -> Result<Self, HubError> {
        Ok(Self {
            base: base(hub_url)?,
            key: None,
        })
    }

    /// The whole address of a path.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request; a body of null is none. `None` where method, path or key cannot be sent.
    pub(super) fn request(&self, method: &str, path: &str, body: &Value) -> Option<Request> {
        let method = Method::from_bytes(method.as_bytes()).ok()?;
        let mut request = http::Request::builder()
            .method(method)
            .uri(path.starts_with('/').then(|| self.address(path))?)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        if let Some(key) = &self.key {
            let bearer = format!("Bearer {}", key.expose());
            let mut bearer = header::HeaderValue::try_from(bearer).ok()?;
            bearer.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, bearer);
        }
        let body = match body {
            Value::Null => Vec::new(),
            body => serde_json::to_vec(body).ok()?,
        };
        request.body(body).ok()
    }

    /// Sends it. A hub that is not reached is trouble, and so is everything that reads like it.
    pub(super) async fn exchange<P: Http + Clock>(
        &self,
        hub: &Hub<P>,
        request: Request,
    ) -> Result<Response, Trouble> {
        let sent = hub.ports.send(request, hub.within).await;
        sent.map_err(Trouble::Unreachable)
    }
}

impl<P: Http + Clock> Session<'_, P> {
    /// The hub of the configuration, with our key for it if we have one.
    pub(super) fn access(&self) -> Result<Access, HubError> {
        let missing = "it is not known where the hub is: log in first";
        let hub_url = self.config.hub_url.as_deref();
        let access = Access::to(hub_url.ok_or(HubError::NotSetUp(missing))?)?;
        let key = self.config.hub_token.clone();
        Ok(Access { key, ..access })
    }
}

/// The address below which all calls are. Keys travel over https, or do not leave the machine.
fn base(hub_url: &str) -> Result<String, HubError> {
    let bad = |why: &str| HubError::Invalid(format!("the hub's address {hub_url:?} {why}"));
    let url = Url::parse(hub_url).map_err(|_| bad("is not absolute"))?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(bad("names no host")),
    };
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        "http" => {
            return Err(bad(
                "would have the key sent in the clear: it has to be https",
            ));
        }
        _ => return Err(bad("is neither http nor https")),
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(bad("is to be an address alone"));
    }
    let whole = url.as_str().trim_end_matches('/');
    Ok(format!("{}{BASE}", whole.trim_end_matches(BASE)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_base_is_found_however_the_address_is_written() {
        for address in [
            "https://hub.example",
            "https://hub.example/",
            "https://hub.example/api/bugseti",
            "https://hub.example/api/bugseti/",
        ] {
            assert_eq!(base(address).unwrap(), "https://hub.example/api/bugseti");
        }
        let below = base("http://127.0.0.1:8787/hub").unwrap();
        assert_eq!(below, "http://127.0.0.1:8787/hub/api/bugseti");
        assert!(base("http://[::1]:1").is_ok() && base("http://localhost:1").is_ok());
    }

    #[test]
    fn a_key_is_sent_in_the_clear_to_nobody_else() {
        for address in [
            "http://hub.example",
            "http://10.0.0.1",
            "http://localhost.example",
            "ftp://hub.example",
            "hub.example",
            "https://hub.example/?x=1",
            "https://ann@hub.example",
        ] {
            assert!(base(address).is_err(), "{address} was taken");
        }
    }

    #[test]
    fn a_request_carries_what_the_contract_asks_for_and_shows_no_key() {
        let mut access = Access::to("https://hub.example").unwrap();
        access.key = Some(Secret::new("ak_hunter2"));
        let path = "/issues/acme%2Fshop%2312/claim";
        let request = access
            .request("DELETE", path, &json!({"client_id": "c1"}))
            .unwrap();
        assert_eq!(
            request.uri().to_string(),
            "https://hub.example/api/bugseti/issues/acme%2Fshop%2312/claim"
        );
        let header = |name: &str| request.headers()[name].to_str().unwrap();
        assert_eq!(header("authorization"), "Bearer ak_hunter2");
        assert_eq!(header("accept"), "application/json");
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(request.body(), br#"{"client_id":"c1"}"#);
        assert!(!format!("{access:?} {request:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_request_is_none() {
        let access = Access::to("https://hub.example").unwrap();
        for (method, path) in [("GE T", "/stats"), ("GET", "stats"), ("GET", "/a b")] {
            assert!(
                access.request(method, path, &Value::Null).is_none(),
                "{method} {path}"
            );
        }
    }
}
