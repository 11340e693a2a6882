//! The webhook of the App as the App itself may look at it.
//! <https://docs.github.com/en/rest/apps/webhooks>

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Query, State as Shared};
use axum::routing::get;
use serde_json::{Value, json};

use super::refusal::{Answer, ok};
use super::{GitHub, Service};

/// The App's webhook.
#[derive(Debug, Default)]
pub(super) struct AppHook {
    url: Option<String>,
    is_signed: bool,
    /// The newest first.
    deliveries: Vec<Value>,
}

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/app/hook/config", get(config))
        .route("/app/hook/deliveries", get(deliveries))
}

async fn config(Shared(fake): Shared<Service>) -> Answer {
    let state = fake.lock();
    let mut config = json!({"content_type": "json", "insecure_ssl": "0", "url": state.hook.url});
    if state.hook.is_signed {
        config["secret"] = json!("********");
    }
    ok(config)
}

async fn deliveries(
    Shared(fake): Shared<Service>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Answer {
    if let Some(unknown) = query
        .keys()
        .find(|name| !["per_page", "cursor"].contains(&name.as_str()))
    {
        fake.violation(format!("/app/hook/deliveries: no parameter {unknown}"));
    }
    let page = query.get("per_page").and_then(|text| text.parse().ok());
    let page: usize = page.unwrap_or(30).min(100);
    let state = fake.lock();
    ok(json!(
        state.hook.deliveries.iter().take(page).collect::<Vec<_>>()
    ))
}

impl GitHub {
    /// The App's webhook goes there, with a secret or without.
    pub fn set_app_hook(&self, url: &str, is_signed: bool) {
        let hook = &mut self.fake.lock().hook;
        hook.url = Some(url.to_owned());
        hook.is_signed = is_signed;
    }

    /// The App's webhook told of something, and this was answered; 0 for nothing.
    pub fn app_delivered(&self, guid: &str, status: u16) {
        let mut state = self.fake.lock();
        let (id, now) = (state.fresh_id(), state.now());
        let is_known = state.hook.deliveries.iter().any(|it| it["guid"] == guid);
        let told = if status == 0 { "Service Timeout" } else { "OK" };
        let attempt = json!({
            "id": id, "guid": guid, "delivered_at": now, "redelivery": is_known, "duration": 0.2,
            "status": told, "status_code": status, "event": "pull_request", "action": "closed",
            "installation_id": 1, "repository_id": 2, "throttled_at": null,
        });
        state.hook.deliveries.insert(0, attempt);
    }
}
