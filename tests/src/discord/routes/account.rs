//! Who the token belongs to.

use axum::Json;
use axum::extract::State as Shared;
use serde_json::{Value, json};

use crate::discord::front::Bot;
use crate::discord::shape::merge;
use crate::discord::state::State;
use crate::fake::Fake;

pub(super) async fn user(Shared(fake): Shared<Fake<State>>, _: Bot) -> Json<Value> {
    let state = fake.lock();
    let mut user = state.user_json(state.application);
    merge(
        &mut user,
        json!({"mfa_enabled": true, "locale": "en-US", "verified": true, "email": null}),
    );
    Json(user)
}

pub(super) async fn application(Shared(fake): Shared<Fake<State>>, _: Bot) -> Json<Value> {
    let state = fake.lock();
    let bot = state.user_json(state.application);
    // GATEWAY_MESSAGE_CONTENT (1 << 18): how an operator can see whether the intent is on.
    let flags: u64 = if state.content_intent { 1 << 18 } else { 0 };
    Json(json!({
        "id": state.application.to_string(),
        "name": "bugbot",
        "icon": null,
        "description": "",
        "type": null,
        "bot": bot,
        "bot_public": false,
        "bot_require_code_grant": false,
        "verify_key": hex::encode(state.key.verifying_key().as_bytes()),
        "flags": flags,
        "flags_new": flags.to_string(),
        "redirect_uris": [],
        "interactions_endpoint_url": state.interactions_endpoint,
        "role_connections_verification_url": null,
        "owner": bot,
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": null,
        "eligible_oauth2_scopes": [],
    }))
}
