//! A delivery whose service is not to be asked for a while: it does not answer, or its rate limit is
//! used up. Nothing failed, so no try is used up: a copy of the message waits on the queue, and
//! the job's live message says for whom.

use std::time::Duration;

use super::Delivery;
use crate::consumer::Platform;
use crate::deliver::Settled;
use crate::fault::Fault;
use crate::fix::Jobs;
use crate::log::Event;
use crate::report;
use crate::service::{Service, ServiceError};
use crate::thread::TurnHeld;

/// A job waits for services no longer than this from its beginning; then it is given up, as a fix
/// is after as long.
const MAX_WAIT: Duration = crate::fix::MAX_AGE;
/// A shorter wait is over before anybody has read of it.
const WORTH_TELLING: Duration = Duration::from_secs(5);

impl<P: Platform + Jobs> Delivery<'_, P> {
    /// Whether the job may wait so long.
    pub(super) fn may_wait(&self, delay: Duration) -> bool {
        self.platform.now() + delay < self.reply.accepted_at + MAX_WAIT
    }

    /// How long the service that failed is left alone from now on, if it is.
    pub(super) fn rest_after(&self, fault: &Fault) -> Option<Duration> {
        let Fault::Upstream { service, .. } = fault else {
            return None;
        };
        let now = self.platform.now();
        self.platform
            .with_memory(|memory| memory.rest_of(*service, now))
    }

    /// The service was not asked: nothing has failed.
    pub(super) async fn hold_back(
        &self,
        turn: Option<&TurnHeld>,
        fault: &Fault,
        delay: Duration,
    ) -> Settled {
        if let Fault::Upstream { service, .. } = fault {
            let event = Event::DeliveryHeldBack {
                service: &service.to_string(),
                retry_in_s: delay.as_secs(),
            };
            self.platform.note(&self.reply.trace(), event);
        }
        self.put_off(turn, fault, delay).await
    }

    /// Puts the job off. Repeatable: a place in line, an edit of the one message, a copy.
    pub(super) async fn put_off(
        &self,
        turn: Option<&TurnHeld>,
        fault: &Fault,
        delay: Duration,
    ) -> Settled {
        let because = report::fault_in_words(fault);
        self.keep_place(turn, delay, because).await;
        if let Fault::Upstream { service, error } = fault {
            self.tell_of_the_wait(*service, error, delay).await;
        }
        super::requeue(self.platform, self.body, delay).await
    }

    /// One line in the job's one message, and the time in it moves on with each try.
    async fn tell_of_the_wait(&self, service: Service, error: &ServiceError, delay: Duration) {
        // Discord's own absence nobody can be told.
        if service == Service::Discord || delay < WORTH_TELLING {
            return;
        }
        let now = self.platform.now();
        let is_down = !matches!(error, ServiceError::RateLimited { .. });
        let message = report::waits_for(service, is_down, now + delay);
        let live = self.live().await;
        let shown = report::show(
            &self.services.discord,
            &self.reply,
            live.as_ref(),
            &message,
            now,
        );
        // A line that does not come costs a sign of life, and the end is told all the same.
        if let Ok(shown) = shown.await
            && live.is_none()
        {
            let _ = self.thread.shown(&self.reply.job, &shown).await;
        }
    }
}
