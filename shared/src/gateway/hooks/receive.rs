//! Deliveries: verified, filled into a template, stored or put on the queue, answered.
//!
//! Whoever sends gets a 2xx only for what is kept, and for what the hook does not take. Repeats get the same answer as the first, with
//! `"repeated": true`; a job whose way to the queue was cut off goes there with the next repeat.

use std::time::Duration;

use ::http::header::ALLOW;
use ::http::{HeaderValue, Method};
use serde_json::json;

use super::HooksSetup;
use super::setup::{Alerting, Hook, Target};
use crate::gateway::Ports;
use crate::hooks::edge::MAX_PAYLOAD_BYTES;
use crate::hooks::edge::alert::Alert;
use crate::hooks::edge::delivery::{self, Key};
use crate::hooks::edge::event_type::event_type;
use crate::hooks::edge::inbox::{Answer, InboxName, Inboxes as _, Question};
use crate::hooks::edge::verify::{Verified, verify};
use crate::hooks::{EventId, Refusal, Route, render};
use crate::http::{Request, Response, uncached_json};
use crate::log::{Event, Said};
use crate::ports::{Clock as _, Log as _, Queue as _};
use crate::shorten::shorten;
use crate::trace::Trace;

/// The most characters of an alert: what is quoted of a report in its issue.
const MAX_ALERT_CHARS: usize = 8_000;
/// Of a type's name, in a log line.
const MAX_TYPE_CHARS: usize = 60;

pub(super) async fn receive(
    name: &str,
    method: &Method,
    request: &Request,
    setup: &HooksSetup,
    ports: &impl Ports,
) -> Response {
    let Ok(hook) = setup.hook(name) else {
        return error(503, "the hooks are not set up: /health/ready says why");
    };
    let Some(hook) = hook else {
        return refused(&Refusal::NoRoute);
    };
    if method != Method::POST {
        return refused(&Refusal::Method("POST"));
    }
    if request.body().len() > crate::hooks::MAX_BODY_BYTES {
        return refused(&Refusal::TooLarge);
    }
    let desk = Desk { hook, ports };
    desk.take(request).await
}

/// One delivery to a hook.
struct Desk<'a, P> {
    hook: &'a Hook,
    ports: &'a P,
}

impl<P: Ports> Desk<'_, P> {
    async fn take(&self, request: &Request) -> Response {
        let Hook { format, secret, .. } = self.hook;
        let (headers, body) = (request.headers(), request.body());
        let now = self.ports.clock().now();
        let verified = match verify(*format, secret, headers, body, now) {
            Ok(verified) => verified,
            Err(not) => {
                let event = Event::HookRefused {
                    route: &self.hook.name,
                    reason: Said(&not),
                };
                self.note(&event);
                return error(401, &not.to_string());
            }
        };
        if delivery::is_ping(*format, headers) {
            return uncached_json(200, &json!({"pong": true}));
        }
        let event_type = event_type(*format, headers, verified);
        if !self.hook.wants(event_type.as_deref()) {
            let kind = shorten(event_type.as_deref().unwrap_or("none"), MAX_TYPE_CHARS);
            self.note(&Event::HookNotWanted {
                route: &self.hook.name,
                kind: &kind,
            });
            // Its sender did nothing wrong: many switch a hook off that is refused often.
            return uncached_json(200, &json!({"taken": false}));
        }
        let keys = delivery::keys(&self.hook.name, *format, headers, verified, now);
        let taken = match &self.hook.target {
            Target::Inbox(route) => self.keep(route, verified, keys).await,
            Target::Contextualize(at) => self.alert(at, verified, keys).await,
        };
        match taken {
            Ok(Taken { id, repeated }) => {
                let (route, event) = (self.hook.name.as_str(), id.as_str());
                self.note(&if repeated {
                    Event::HookRepeated { route, event }
                } else {
                    Event::HookAccepted { route, event }
                });
                let mut body = json!({"id": id.as_str()});
                if repeated {
                    body["repeated"] = true.into();
                }
                uncached_json(202, &body)
            }
            Err(not_taken) => {
                let event = Event::HookNotAccepted {
                    route: &self.hook.name,
                    reason: Said(&not_taken),
                };
                self.note(&event);
                not_taken.response()
            }
        }
    }

    fn note(&self, event: &Event<'_>) {
        self.ports.log().note(&Trace::none(), *event);
    }

    async fn keep(
        &self,
        route: &Route,
        verified: Verified<'_>,
        keys: Vec<Key>,
    ) -> Result<Taken, NotTaken> {
        let draft = route.draft_within(verified.body(), MAX_PAYLOAD_BYTES)?;
        let inbox = InboxName::Of(draft.to.clone());
        let event = Some(Box::new(draft.into()));
        let (taken, _) = self
            .accept(&inbox, Question::Accept { keys, event })
            .await?;
        Ok(taken)
    }

    /// Every repeat asks for the queue again until the object knows that the job is there: the same
    /// job twice is one.
    async fn alert(
        &self,
        at: &Alerting,
        verified: Verified<'_>,
        keys: Vec<Key>,
    ) -> Result<Taken, NotTaken> {
        let text = render(&at.template, at.missing, verified.body(), MAX_PAYLOAD_BYTES)?;
        let text = shorten(text.trim(), MAX_ALERT_CHARS);
        if text.is_empty() {
            return Err(NotTaken::Nothing);
        }
        let inbox = InboxName::Route(self.hook.name.clone());
        let event = None;
        let (taken, done) = self
            .accept(&inbox, Question::Accept { keys, event })
            .await?;
        if done {
            return Ok(taken);
        }
        let alert = Alert::new(
            taken.id.clone(),
            &self.hook.name,
            at.guild.clone(),
            at.channel.clone(),
            text,
            self.ports.clock().now(),
        );
        let alert = alert.encode();
        let sent = self.ports.queue().send(&alert, Duration::ZERO).await;
        sent.map_err(|refused| NotTaken::Unavailable(refused.to_string()))?;
        let id = taken.id.clone();
        // Lost, it costs a repeat of the same job.
        let _ = self.ask(&inbox, &Question::Done { id }).await;
        Ok(taken)
    }

    async fn accept(
        &self,
        inbox: &InboxName,
        question: Question,
    ) -> Result<(Taken, bool), NotTaken> {
        match self.ask(inbox, &question).await? {
            Answer::Accepted { id, repeated, done } => Ok((Taken { id, repeated }, done)),
            Answer::Full { events, bytes } => Err(NotTaken::Full { events, bytes }),
            other => Err(NotTaken::Unavailable(format!("it answered {other:?}"))),
        }
    }

    async fn ask(&self, inbox: &InboxName, question: &Question) -> Result<Answer, NotTaken> {
        let answer = self.ports.inboxes().ask_inbox(inbox, question).await;
        answer.map_err(NotTaken::Unavailable)
    }
}

/// A delivery that is kept.
struct Taken {
    id: EventId,
    repeated: bool,
}

/// Why a delivery is not kept.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    /// It makes no event.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The template makes nothing of it that could be looked into.
    #[error("the template: it says nothing of this body")]
    Nothing,
    /// There is no room.
    #[error("the inbox is full: {events} events of {bytes} bytes wait to be pulled")]
    Full { events: u64, bytes: u64 },
    /// A part of the platform did not answer: worth another try.
    #[error("not taken: {0}")]
    Unavailable(String),
}

impl NotTaken {
    fn response(&self) -> Response {
        match self {
            Self::Refused(refusal) => refused(refusal),
            Self::Nothing => error(500, &self.to_string()),
            Self::Full { .. } => error(507, &self.to_string()),
            Self::Unavailable(_) => error(503, "not taken: send it again"),
        }
    }
}

pub(super) fn refused(refusal: &Refusal) -> Response {
    let mut response = error(refusal.status().as_u16(), &refusal.to_string());
    if let Refusal::Method(allowed) = refusal {
        let allowed = HeaderValue::from_static(allowed);
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

pub(super) fn error(status: u16, reason: &str) -> Response {
    uncached_json(status, &json!({"error": reason}))
}
