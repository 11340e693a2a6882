//! The webhook of a GitHub App as GitHub sees it: where it goes, and what came of its deliveries.
//! Only the App itself may ask, with its JWT.
//!
//! <https://docs.github.com/en/rest/apps/webhooks>

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::answer::checked;
use crate::http::{Request, Response};
use crate::service::{Api, ServiceError, decode};

/// How many deliveries are looked at: one page.
const PAGE: &str = "50";

/// Where an App's deliveries go. Its secret is never shown, only that there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// The address; none where the App has no webhook.
    pub url: Option<String>,
    /// `json`, as we read it, or `form`.
    pub content_type: Option<String>,
    secret: Option<String>,
}

impl Hook {
    /// Whether deliveries are signed.
    pub fn is_signed(&self) -> bool {
        self.secret
            .as_ref()
            .is_some_and(|secret| !secret.is_empty())
    }
}

/// One attempt of GitHub's to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HookDelivery {
    /// The same for every attempt of one delivery.
    pub guid: String,
    /// When.
    pub delivered_at: Timestamp,
    /// What was answered; 0 where nobody did.
    pub status_code: u16,
    /// What of.
    pub event: String,
}

impl HookDelivery {
    /// Whether it arrived.
    pub fn arrived(&self) -> bool {
        (200..300).contains(&self.status_code)
    }
}

/// Asks where deliveries go; `api` carries the App's JWT.
pub fn hook_request(api: &Api) -> Request {
    api.call(Method::GET, &["app", "hook", "config"], &[])
}

/// Where they go.
pub fn parse_hook(response: &Response, now: Timestamp) -> Result<Hook, ServiceError> {
    match checked(response, now) {
        Err(ServiceError::NotFound) => Ok(Hook::default()),
        checked => decode(checked?),
    }
}

/// Asks for the newest deliveries; `api` carries the App's JWT.
pub fn hook_deliveries_request(api: &Api) -> Request {
    let path = ["app", "hook", "deliveries"];
    api.call(Method::GET, &path, &[("per_page", PAGE)])
}

/// The newest attempt of each delivery, the newest first: one that was sent again and arrived has
/// arrived.
pub fn parse_hook_deliveries(
    response: &Response,
    now: Timestamp,
) -> Result<Vec<HookDelivery>, ServiceError> {
    let mut attempts: Vec<HookDelivery> = decode(checked(response, now)?)?;
    attempts.sort_by_key(|attempt| std::cmp::Reverse(attempt.delivered_at));
    let mut newest: Vec<HookDelivery> = Vec::new();
    for attempt in attempts {
        if !newest.iter().any(|known| known.guid == attempt.guid) {
            newest.push(attempt);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::service::wire_test::{answer, shown};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn both_requests_are_the_apps() {
        let api = crate::github::api("https://api.github.com").unwrap();
        let api = api.authorized("Bearer ", &crate::secret::Secret::new("jwt"));
        let api = api.unwrap();
        insta::assert_snapshot!(
            [shown(&hook_request(&api)), shown(&hook_deliveries_request(&api))].join("\n"),
            @r"
        GET https://api.github.com/app/hook/config
        accept: application/vnd.github+json
        authorization: Bearer jwt
        x-github-api-version: 2022-11-28
        GET https://api.github.com/app/hook/deliveries?per_page=50
        accept: application/vnd.github+json
        authorization: Bearer jwt
        x-github-api-version: 2022-11-28
        "
        );
    }

    #[test]
    fn a_webhook_without_an_address_or_none_at_all_is_no_mistake() {
        let set = json!({"url": "https://a/github/webhook", "content_type": "json", "secret": "********", "insecure_ssl": "0"});
        let hook = parse_hook(&answer(200, &set.to_string()), NOW).unwrap();
        assert_eq!(hook.url.as_deref(), Some("https://a/github/webhook"));
        assert!(hook.is_signed());
        let bare = parse_hook(&answer(200, r#"{"url": null, "secret": ""}"#), NOW).unwrap();
        assert!(!bare.is_signed());
        let none = parse_hook(&answer(404, r#"{"message": "Not Found"}"#), NOW);
        assert_eq!(none, Ok(Hook::default()));
    }

    #[test]
    fn a_delivery_that_arrived_when_it_was_sent_again_has_arrived() {
        let attempt = |guid: &str, at: i64, status: u16| {
            json!({"id": at, "guid": guid, "delivered_at": Timestamp::from_second(at).unwrap(),
                   "status_code": status, "event": "pull_request", "redelivery": at > 2})
        };
        let listed = json!([
            attempt("a", 1, 502),
            attempt("b", 2, 0),
            attempt("a", 3, 202)
        ]);
        let found = parse_hook_deliveries(&answer(200, &listed.to_string()), NOW).unwrap();
        let found: Vec<_> = found.iter().map(|it| (&*it.guid, it.arrived())).collect();
        assert_eq!(found, [("a", true), ("b", false)]);
    }
}
