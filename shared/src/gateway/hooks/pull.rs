//! What waits for a recipient, for whoever bears a token that opens it.
//!
//! Reading takes nothing away: an event stays until it is said that it arrived. So whoever pulls may
//! die at any moment, and finds the same events with the same ids.

use serde_json::json;

use super::HooksSetup;
use super::receive::error;
use super::setup::Opens;
use crate::gateway::{Ports, answer};
use crate::hooks::Recipient;
use crate::hooks::edge::Page;
use crate::hooks::edge::inbox::{Answer, InboxName, Inboxes as _, Question};
use crate::hooks::edge::wire::{Ack, Left};
use crate::http::{Request, Response, uncached_json};
use crate::log::{Event, Said};
use crate::ports::Log as _;
use crate::trace::Trace;

/// The longest body.
pub(super) const MAX_BODY_BYTES: usize = 1024;

/// `GET /hooks/events?recipient=alice&after=7`
pub(super) async fn page(request: &Request, setup: &HooksSetup, ports: &impl Ports) -> Response {
    let opens = match opens(request, setup, ports) {
        Ok(opens) => opens,
        Err(refused) => return *refused,
    };
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
    if !opens.covers(&recipient) {
        return another(&recipient, ports);
    }
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
    let opens = match opens(request, setup, ports) {
        Ok(opens) => opens,
        Err(refused) => return *refused,
    };
    if request.body().len() > MAX_BODY_BYTES {
        return error(413, "the body is too long");
    }
    let Ack { recipient, upto } = match serde_json::from_slice(request.body()) {
        Ok(ack) => ack,
        Err(bad) => return error(400, &bad.to_string()),
    };
    if !opens.covers(&recipient) {
        return another(&recipient, ports);
    }
    match ask(ports, recipient, Question::Ack { upto }).await {
        Ok(Answer::Acked { left }) => uncached_json(200, &json!(Left { left })),
        other => unavailable(ports, &other),
    }
}

/// What a request may pull, known before anything else of it is looked at. Without a token of a least
/// length there is nothing here.
fn opens<'a>(
    request: &Request,
    setup: &'a HooksSetup,
    ports: &impl Ports,
) -> Result<Opens<'a>, Box<Response>> {
    let tokens = setup.tokens();
    let tokens = tokens.ok_or_else(|| Box::new(answer::not_found()))?;
    tokens
        .opened_by(request.headers())
        .map_err(|not| Box::new(refused(401, &not.to_string(), ports)))
}

/// A token of ours, for other inboxes. Whether this one is anybody's it does not say.
fn another(recipient: &Recipient, ports: &impl Ports) -> Response {
    let why = format!("the token is not one for {}", recipient.as_str());
    refused(403, &why, ports)
}

fn refused(status: u16, why: &str, ports: &impl Ports) -> Response {
    let event = Event::PullRefused { reason: Said(&why) };
    ports.log().note(&Trace::none(), event);
    error(status, why)
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
