//! GitHub's deliveries: verified, read, put on the queue.
//!
//! GitHub waits 10 seconds for an answer and delivers only once, so "taken" is said after the
//! queue has the notice. What the queue does not take is answered 503: the delivery shows as
//! failed in the webhook's settings, and can be sent again from there.
//! <https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries>

use std::time::Duration;

use super::setup::webhook_is_off;
use super::{Ports, Setup, answer};
use crate::github::webhook::{self, Notice, Received, signature};
use crate::http::{Request, Response};
use crate::log::{Event, Said};
use crate::ports::{Clock as _, Log as _, Queue as _};
use crate::trace::Trace;

pub(super) async fn receive(request: &Request, setup: &Setup, ports: &impl Ports) -> Response {
    let (headers, body) = (request.headers(), request.body());
    if body.len() > webhook::MAX_BODY_BYTES {
        return answer::too_large();
    }
    let settings = match setup.settings() {
        Ok(settings) => settings,
        Err(problems) => return answer::readiness(problems, &setup.off()),
    };
    let Some(secret) = &settings.webhook_secret else {
        return answer::not_taken(&webhook_is_off().to_string());
    };
    let verified = match signature::verify(secret, headers, body) {
        Ok(verified) => verified,
        Err(refusal) => {
            let reason = Said(&refusal);
            ports
                .log()
                .note(&Trace::none(), Event::NoticeRefused { reason });
            return answer::unauthorized(refusal);
        }
    };
    match webhook::parse(verified, headers, ports.clock().now()) {
        Ok(Received::Ping) => answer::hello(),
        Ok(Received::Ignored(why)) => answer::noted(&format!("ignored: {why}")),
        Ok(Received::Notice(notice)) => queue(&notice, ports).await,
        Err(unreadable) => {
            let reason = Said(&unreadable);
            ports
                .log()
                .note(&Trace::none(), Event::NoticeUnreadable { reason });
            answer::bad_request(unreadable)
        }
    }
}

async fn queue(notice: &Notice, ports: &impl Ports) -> Response {
    let (trace, delivery) = (notice.trace(), notice.delivery.as_str());
    match ports.queue().send(&notice.encode(), Duration::ZERO).await {
        Ok(()) => {
            ports.log().note(&trace, Event::NoticeAccepted { delivery });
            answer::noted("accepted")
        }
        Err(refused) => {
            let event = Event::NoticeNotAccepted {
                delivery,
                reason: Said(&refused),
            };
            ports.log().note(&trace, event);
            answer::not_taken("the queue did not answer: send this delivery again")
        }
    }
}
