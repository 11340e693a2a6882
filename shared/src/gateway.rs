//! The gateway: the whole decision about a request to the Discord endpoint.
//!
//! Invariants:
//! - Nothing of a body is parsed before its signature held (design, rule 1).
//! - "Working" is answered only after the queue took the job (rule 2).
//! - The answer leaves within Discord's 3 seconds whatever upstream does: every call has a limit
//!   of its own, and they add up to less ([`HISTORY_LIMIT`]).
//! - A redelivered interaction is harmless: it becomes the same job again (rule 4).
//!
//! Out of scope: acting on a command. That is the consumer's.

pub mod answer;
mod conversation;
mod describe;
mod github;
pub mod hooks;
mod intent;
mod press;
mod setup;
mod suggest;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use ::http::Method;

pub use conversation::HISTORY_LIMIT;
pub use setup::{GatewaySettings, Problem, QUEUE_BINDING, Setup, THREADS_BINDING};
pub use suggest::{AUTOCOMPLETE_LIMIT, Known, KnownIssue, MemoryFailed, ThreadMemory};

use crate::address::{GITHUB_WEBHOOK_PATH, INTERACTIONS_PATH};
use crate::command::{Command, Form, Press};
use crate::discord::interaction::{self, Incoming, Interaction, Kind};
use crate::discord::signature::{self, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use crate::github::webhook;
use crate::hooks::edge;
use crate::http::{Http, Request, Response};
use crate::hub::{self, portal};
use crate::job::Job;
use crate::log::{Event, Said};
use crate::operator;
use crate::ports::{Clock, Log, Queue};
use crate::trace::Trace;

/// The longest body that is accepted of Discord. Interactions are a few KiB; a message command carries one
/// message with its embeds, at most some tens.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// The only headers that are looked at of a request to this path: each has its price on the way in
/// from JavaScript.
pub fn headers(path: &str) -> &'static [&'static str] {
    if path.starts_with(edge::ROOT) {
        &edge::HEADERS
    } else {
        &HEADERS
    }
}

const HEADERS: [&str; 8] = [
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    webhook::signature::SIGNATURE_HEADER,
    webhook::EVENT_HEADER,
    webhook::DELIVERY_HEADER,
    operator::AUTHORIZATION_HEADER,
    operator::OPERATOR_HEADER,
    portal::ADDRESS_HEADER,
];

/// The longest body that is read of a request to this path, before anything is known of it.
pub fn max_body_bytes(path: &str) -> usize {
    match path {
        GITHUB_WEBHOOK_PATH => webhook::MAX_BODY_BYTES,
        path if path.starts_with(operator::ROOT) => operator::MAX_BODY_BYTES,
        path if path.starts_with(hub::ROOT) => portal::MAX_BODY_BYTES,
        path if path.starts_with(edge::ROOT) => crate::hooks::MAX_BODY_BYTES,
        _ => MAX_BODY_BYTES,
    }
}

/// What the gateway needs from its platform.
pub trait Ports {
    /// To Discord.
    fn http(&self) -> &impl Http;
    /// To the consumer. Gives up by itself within [`QUEUE_LIMIT`].
    fn queue(&self) -> &impl Queue;
    /// To what conversations know.
    fn memory(&self) -> &impl ThreadMemory;
    /// To what operators look at and act on.
    fn back(&self) -> &impl operator::Back;
    /// To the hub.
    fn hub(&self) -> &impl portal::Ports;
    /// To the inboxes at the edge.
    fn inboxes(&self) -> &impl edge::Inboxes;
    /// The time.
    fn clock(&self) -> &impl Clock;
    /// Log lines.
    fn log(&self) -> &impl Log;
}

/// How long the queue may take to accept a job. An ordinary send takes some 50 ms; with
/// [`HISTORY_LIMIT`] before it, 1 s of the 3 remains for the network and a cold start.
pub const QUEUE_LIMIT: Duration = Duration::from_secs(1);

/// Answers one request. Never fails and never panics: whatever comes in, this is the answer.
pub async fn handle(request: &Request, setup: &Setup, ports: &impl Ports) -> Response {
    match (request.uri().path(), request.method()) {
        ("/" | INTERACTIONS_PATH, &Method::POST) => interact(request, setup, ports).await,
        ("/" | INTERACTIONS_PATH, _) => answer::method_not_allowed("POST"),
        (GITHUB_WEBHOOK_PATH, &Method::POST) => github::receive(request, setup, ports).await,
        (GITHUB_WEBHOOK_PATH, _) => answer::method_not_allowed("POST"),
        ("/health", &Method::GET | &Method::HEAD) => answer::healthy(),
        ("/health/ready", &Method::GET | &Method::HEAD) => {
            answer::readiness(setup.problems(), &setup.off())
        }
        ("/health" | "/health/ready", _) => answer::method_not_allowed("GET, HEAD"),
        (path, _) if path.starts_with(operator::ROOT) => {
            operator::handle(request, setup, ports).await
        }
        (path, _) if path.starts_with(hub::ROOT) => {
            hub::handle(request, setup.hub(), ports.hub()).await
        }
        (path, _) if path.starts_with(edge::ROOT) => hooks::handle(request, setup, ports).await,
        _ => answer::not_found(),
    }
}

/// The answer to a body that is longer than [`max_body_bytes`] of its path. Whoever speaks JSON to us is
/// answered in JSON.
pub fn too_large(path: &str) -> Response {
    if path.starts_with(hub::ROOT) {
        return portal::too_large();
    }
    if path.starts_with(edge::ROOT) {
        return hooks::too_large();
    }
    answer::too_large()
}

async fn interact(request: &Request, setup: &Setup, ports: &impl Ports) -> Response {
    let body = request.body();
    if body.len() > MAX_BODY_BYTES {
        return answer::too_large();
    }
    let settings = match setup.settings() {
        Ok(settings) => settings,
        Err(problems) => return answer::readiness(problems, &setup.off()),
    };
    let now = ports.clock().now();
    let verified = match signature::verify(&settings.public_key, request.headers(), body, now) {
        Ok(verified) => verified,
        Err(refusal) => {
            let event = Event::RequestRefused {
                reason: Said(&refusal),
            };
            ports.log().note(&Trace::none(), event);
            return answer::unauthorized(refusal);
        }
    };
    match interaction::parse(verified) {
        Ok(Incoming::Ping) => answer::pong(),
        Ok(Incoming::Interaction(interaction)) => react(&interaction, settings, ports).await,
        Err(error) => {
            let event = Event::InteractionUnreadable {
                reason: Said(&error),
            };
            ports.log().note(&Trace::none(), event);
            answer::bad_request(error)
        }
    }
}

async fn react(
    interaction: &Interaction,
    settings: &GatewaySettings,
    ports: &impl Ports,
) -> Response {
    let command = match &interaction.kind {
        Kind::Slash(invocation) => intent::of_slash(invocation),
        Kind::OnMessage { name, .. } => intent::of_message_command(name),
        Kind::Autocomplete(invocation) => {
            let thread = conversation::thread(interaction);
            let trace = Trace::of_interaction(&interaction.id, &thread);
            return answer::choices(&suggest::choices(invocation, &thread, &trace, ports).await);
        }
        Kind::Component { custom_id } => {
            return match Press::parse(custom_id) {
                Some(press) => press::pressed(&press, interaction, settings, ports).await,
                // Of an earlier version, or of a later one after a rollback.
                None => answer::out_of_use(),
            };
        }
        Kind::ModalSubmit { custom_id, fields } => {
            return match Form::parse(custom_id) {
                Some(form) => press::sent(&form, fields, interaction, settings, ports).await,
                None => answer::out_of_use(),
            };
        }
        Kind::Unknown => return answer::out_of_use(),
    };
    match command {
        Ok(Command::Help(_)) => answer::help(),
        Ok(Command::Steer(options)) if options.text.is_none() => {
            let job = options.job_id();
            press::ask_for_instructions(job, interaction, ports).await
        }
        Ok(command) => typed(command, interaction, settings, ports).await,
        Err(rejection) => answer::rejected(&rejection),
    }
}

/// A command that was typed or picked from a menu: if nothing says what it is about, a form asks.
async fn typed(
    command: Command,
    interaction: &Interaction,
    settings: &GatewaySettings,
    ports: &impl Ports,
) -> Response {
    let began = ports.clock().now();
    let job = conversation::job(command, interaction, settings, ports).await;
    if let Some(form) = describe::form_for(&job, began, ports).await {
        return answer::form(&form);
    }
    accept(job, Shown::ToAll, ports).await
}

/// Who sees the answer to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Everybody in the conversation.
    ToAll,
    /// Whoever did it: everybody sees what comes of it elsewhere.
    ToOne,
}

async fn accept(job: Job, shown: Shown, ports: &impl Ports) -> Response {
    let (trace, command) = (job.trace(), job.command.name());
    let sent = match job.encode() {
        Ok(body) => ports
            .queue()
            .send(&body, Duration::ZERO)
            .await
            .map_err(|error| error.to_string()),
        Err(fault) => Err(fault.to_string()),
    };
    match sent {
        Ok(()) => {
            ports.log().note(&trace, Event::JobAccepted { command });
            match shown {
                Shown::ToAll => answer::working(),
                Shown::ToOne => answer::working_quietly(),
            }
        }
        Err(reason) => {
            let event = Event::JobNotAccepted {
                command,
                reason: Said(&reason),
            };
            ports.log().note(&trace, event);
            answer::not_accepted()
        }
    }
}
