//! GitHub's deliveries: verified, read, put on the queue.
//!
//! GitHub waits 10 seconds for an answer and delivers only once, so "taken" is said after the
//! queue has the notice. What the queue does not take is answered 503: the delivery shows as
//! failed in the webhook's settings, and can be sent again from there.
//! <https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries>

use std::time::Duration;

use super::setup::webhook_is_off;
use super::{Ports, Setup, answer};
use crate::github::webhook::{self, DELIVERY_HEADER, Notice, Received, signature};
use crate::http::{Request, Response};
use crate::ports::{Clock as _, Level, Log as _, Queue as _};

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
    let log = |level, message, reason: &str| {
        ports.log().event(level, message, &[("reason", reason)]);
    };
    let verified = match signature::verify(secret, headers, body) {
        Ok(verified) => verified,
        Err(refusal) => {
            log(Level::Info, "delivery refused", &refusal.to_string());
            return answer::unauthorized(refusal);
        }
    };
    match webhook::parse(verified, headers, ports.clock().now()) {
        Ok(Received::Ping) => answer::hello(),
        Ok(Received::Ignored(why)) => answer::noted(&format!("ignored: {why}")),
        Ok(Received::Notice(notice)) => queue(&notice, ports).await,
        Err(unreadable) => {
            log(Level::Error, "delivery unreadable", &unreadable.to_string());
            answer::bad_request(unreadable)
        }
    }
}

async fn queue(notice: &Notice, ports: &impl Ports) -> Response {
    let delivery = (DELIVERY_HEADER, notice.delivery.as_str());
    match ports.queue().send(&notice.encode(), Duration::ZERO).await {
        Ok(()) => {
            ports
                .log()
                .event(Level::Info, "delivery accepted", &[delivery]);
            answer::noted("accepted")
        }
        Err(refused) => {
            let reason = refused.to_string();
            let fields = [delivery, ("reason", reason.as_str())];
            ports
                .log()
                .event(Level::Error, "delivery not accepted", &fields);
            answer::not_taken("the queue did not answer: send this delivery again")
        }
    }
}
