//! What every request passes before its route: the form of the user agent, the rate limits, the
//! bot's token; and where the sender's mistakes are noted.

use axum::extract::{FromRequestParts, Request, State as Shared};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;

use super::refusal::{Mistake, Refusal};
use super::state::State;
use crate::fake::Fake;

pub(super) async fn front(
    Shared(fake): Shared<Fake<State>>,
    request: Request,
    next: Next,
) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let standing = {
        let mut state = fake.lock();
        let now = state.now();
        state.buckets.count(&method, &path, now)
    };
    if standing.exhausted {
        return standing.refusal();
    }
    let agent = request
        .headers()
        .get(USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let mut response = if is_bot_agent(agent) {
        next.run(request).await
    } else {
        Refusal::bad_user_agent().into_response()
    };
    // The callback has no bucket of its own: interactions are exempt.
    if !path.contains("/interactions/") {
        standing.write_to(response.headers_mut());
    }
    if let Some(Mistake(what)) = response.extensions_mut().remove() {
        fake.violation(format!("{method} {path}: {what}"));
    }
    response
}

/// `DiscordBot ($url, $versionNumber)`.
/// <https://docs.discord.com/developers/reference#user-agent>
fn is_bot_agent(agent: &str) -> bool {
    let inside = agent
        .strip_prefix("DiscordBot (")
        .and_then(|rest| rest.split_once(')'));
    let parts = inside.and_then(|(inside, _)| inside.split_once(", "));
    parts.is_some_and(|(url, version)| {
        url::Url::parse(url).is_ok() && version.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Proof that the request carries the bot's token.
pub(super) struct Bot;

impl FromRequestParts<Fake<State>> for Bot {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, fake: &Fake<State>) -> Result<Self, Refusal> {
        let sent = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|v| v.to_str().ok());
        let expected = format!("Bot {}", fake.lock().bot_token);
        if sent == Some(&expected) {
            Ok(Self)
        } else {
            Err(Refusal::unauthorized())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_bot_agent;

    #[test]
    fn our_own_user_agent_has_discords_form() {
        assert!(is_bot_agent(shared::http::USER_AGENT));
        assert!(is_bot_agent(
            "DiscordBot (https://example.com, 1.2) extra/1"
        ));
        assert!(!is_bot_agent("curl/8"));
        assert!(!is_bot_agent("DiscordBot (example, 1)"));
        assert!(!is_bot_agent("DiscordBot (https://example.com)"));
    }
}
