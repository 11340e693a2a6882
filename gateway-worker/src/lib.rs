//! The one public worker: the shell over [`shared::gateway`] and [`shared::model`], which decide
//! all.

mod back;
mod hub;
mod inbox;
mod model;
mod ports;

use std::sync::OnceLock;

use platform::inbound::{self, Unreadable};
use shared::gateway::{self, Setup, answer};
use worker::{Context, Env, Request, Response, Result, event};

use crate::ports::OfWorker;

/// The environment of an isolate never changes: it is read once.
static SETUP: OnceLock<Setup> = OnceLock::new();

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    let setup = SETUP.get_or_init(|| {
        Setup::read(
            |name| platform::env::text(&env, name),
            |name| platform::env::is_bound(&env, name),
        )
    });
    if shared::model::is_for_the_model(&request.path()) {
        return model::pass_on(request, OfWorker(env), &context, setup.model()).await;
    }
    let path = request.path();
    let (limit, headers) = (gateway::max_body_bytes(&path), gateway::headers(&path));
    let answer = match inbound::read(request, limit, headers).await {
        Ok(request) => gateway::handle(&request, setup, &OfWorker(env)).await,
        Err(Unreadable::TooLarge(_)) => gateway::too_large(&path),
        Err(Unreadable::Broken(_)) => answer::unreadable(),
    };
    inbound::answer(answer)
}
