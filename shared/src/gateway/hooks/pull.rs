//! What waits for a recipient, for whoever bears the pull token.
//!
//! Reading takes nothing away: an event stays until it is said that it arrived. So whoever pulls may
//! die at any moment, and finds the same events with the same ids.

use serde_json::json;

use super::HooksSetup;
use super::receive::error;
use crate::gateway::Ports;
use crate::hooks::Recipient;
use crate::hooks::edge::Page;
use crate::hooks::edge::inbox::{Answer, InboxName, Inboxes as _, Question};
use crate::hooks::edge::verify::bears;
use crate::hooks::edge::wire::{Ack, Left};
use crate::http::{Request, Response, uncached_json};
use crate::log::{Event, Said};
use crate::ports::Log as _;
use crate::trace::Trace;

/// The longest body.
pub(super) const MAX_BODY_BYTES: usize = 1024;

/// `GET /hooks/events?recipient=alice&after=7`
pub(super) async fn page(request: &Request, setup: &HooksSetup, ports: &impl Ports) -> Response {
    if let Some(refused) = refuse(request, setup, ports) {
        return refused;
    }
    let query = request.uri().query().unwrap_or_default();
    let get = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    let recipient = match Recipient::parse(&get("recipient").unwrap_or_default()) {
        Ok(recipient) => recipient,
        Err(bad) => return error(400, &format!("recipient {bad}")),
    };
    let Ok(after) = get("after").unwrap_or_else(|| "0".to_owned()).parse() else {
        return error(400, "after is no number");
    };
    match ask(ports, recipient, Question::Page { after }).await {
        Ok(Answer::Page(page)) => answered(&page),
        other => unavailable(ports, &other),
    }
}

/// `POST /hooks/events/ack`
pub(super) async fn ack(request: &Request, setup: &HooksSetup, ports: &impl Ports) -> Response {
    if let Some(refused) = refuse(request, setup, ports) {
        return refused;
    }
    if request.body().len() > MAX_BODY_BYTES {
        return error(413, "the body is too long");
    }
    let Ack { recipient, upto } = match serde_json::from_slice(request.body()) {
        Ok(ack) => ack,
        Err(bad) => return error(400, &bad.to_string()),
    };
    match ask(ports, recipient, Question::Ack { upto }).await {
        Ok(Answer::Acked { left }) => uncached_json(200, &json!(Left { left })),
        other => unavailable(ports, &other),
    }
}

/// Without a token of a least length there is nothing here.
fn refuse(request: &Request, setup: &HooksSetup, ports: &impl Ports) -> Option<Response> {
    let Some(token) = setup.pull_token() else {
        return Some(crate::gateway::answer::not_found());
    };
    let not = bears(token, request.headers()).err()?;
    let event = Event::PullRefused { reason: Said(&not) };
    ports.log().note(&Trace::none(), event);
    Some(error(401, &not.to_string()))
}

async fn ask(
    ports: &impl Ports,
    recipient: Recipient,
    question: Question,
) -> Result<Answer, String> {
    let inbox = InboxName::Of(recipient);
    ports.inboxes().ask_inbox(&inbox, &question).await
}

fn answered(page: &Page) -> Response {
    uncached_json(200, &json!(page))
}

fn unavailable(ports: &impl Ports, answer: &Result<Answer, String>) -> Response {
    let why = match answer {
        Ok(other) => format!("it answered {other:?}"),
        Err(why) => why.clone(),
    };
    let error_said = Said(&why);
    let event = Event::InboxFailed { error: error_said };
    ports.log().note(&Trace::none(), event);
    error(503, "the inbox did not answer: try again")
}
