//! The routes of REST v10 that bugbot uses, and some that it might.

mod account;
mod channel;
mod command;
mod webhook;

use axum::Router;
use axum::routing::{get, post};

use super::refusal::{FormErrors, Refusal};
use super::state::State;
use crate::fake::Fake;

pub(super) fn routes() -> Router<Fake<State>> {
    let api = Router::new()
        .route("/users/@me", get(account::user))
        .route("/applications/@me", get(account::application))
        .route(
            "/applications/{application}/commands",
            get(command::list_global).put(command::replace_global),
        )
        .route(
            "/applications/{application}/guilds/{guild}/commands",
            get(command::list_guild).put(command::replace_guild),
        )
        .route("/channels/{channel}", get(channel::read_channel))
        .route(
            "/channels/{channel}/messages",
            get(channel::list).post(channel::create),
        )
        .route(
            "/channels/{channel}/messages/{message}",
            get(channel::read)
                .patch(channel::edit)
                .delete(channel::delete),
        )
        .route(
            "/channels/{channel}/messages/{message}/threads",
            post(channel::start_thread),
        )
        .route(
            "/interactions/{interaction}/{token}/callback",
            post(webhook::callback),
        )
        .route("/webhooks/{application}/{token}", post(webhook::follow_up))
        .route(
            "/webhooks/{application}/{token}/messages/{message}",
            get(webhook::read)
                .patch(webhook::edit)
                .delete(webhook::delete),
        );
    Router::new()
        .nest("/api/v10", api)
        .fallback(|| async { Refusal::no_such_route() })
        .method_not_allowed_fallback(|| async { Refusal::wrong_method() })
}

/// The id in the path; what is not a number is refused as such.
fn snowflake(name: &str, text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| {
        let mut errors = FormErrors::default();
        errors.add(
            name,
            "NUMBER_TYPE_COERCE",
            format!("Value \"{text}\" is not snowflake."),
        );
        errors.check().expect_err("an error was added")
    })
}
