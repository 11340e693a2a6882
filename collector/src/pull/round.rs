//! The events of one recipient: page by page from the edge, into the inbox, acknowledged.

use std::collections::HashSet;
use std::sync::Arc;

use shared::hooks::edge::{EdgeClient, EdgeEvent};
use shared::hooks::{Event, EventId, Recipient};
use shared::http::Http;

use super::NotPulled;
use super::lock::PullLock;
use crate::counts::Counts;
use crate::inbox::AppendError;
use crate::live::Settings;

/// The most pages of one round: then the others have their turn.
const MAX_PAGES: usize = 100;

/// Where events go.
pub(super) struct Place<'a> {
    pub(super) settings: &'a Settings,
    /// Whoever writes holds it until it is written, also when nobody waits for that any more.
    pub(super) lock: &'a Arc<PullLock>,
    pub(super) counts: &'a Counts,
}

/// One recipient, and what is known of what arrived.
#[derive(Debug)]
pub(super) struct Round {
    recipient: Recipient,
    /// What was written and not acknowledged yet.
    arrived: HashSet<EventId>,
    /// Whether more of what waits may have arrived: after the start, and after an append of which
    /// nobody knows.
    is_unsure: bool,
}

impl Round {
    pub(super) fn new(recipient: Recipient) -> Self {
        Self {
            recipient,
            arrived: HashSet::new(),
            is_unsure: true,
        }
    }

    pub(super) fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// Brings what waits, and says how many events were new.
    pub(super) async fn bring<H: Http>(
        &mut self,
        client: &EdgeClient<H>,
        at: &Place<'_>,
    ) -> Result<usize, NotPulled> {
        let mut brought = 0;
        for _ in 0..MAX_PAGES {
            // Always from the first: what is acknowledged is not there any more.
            let page = client.page(&self.recipient, 0).await?;
            let Some(last) = page.events.last().map(|event| event.seq) else {
                break;
            };
            if !is_in_order(&page.events, &self.recipient) {
                return Err(NotPulled::Odd);
            }
            brought += self.write(page.events, at).await?;
            client.ack(&self.recipient, last).await?;
            self.arrived.clear();
            if !page.more {
                break;
            }
        }
        Ok(brought)
    }

    /// Writes those that are not there yet.
    async fn write(&mut self, events: Vec<EdgeEvent>, at: &Place<'_>) -> Result<usize, NotPulled> {
        let ids: HashSet<EventId> = events.iter().map(|event| event.id.clone()).collect();
        if self.is_unsure {
            let (inbox, recipient) = (at.settings.inbox.clone(), self.recipient.clone());
            let asked = ids.clone();
            let found = blocking(move || inbox.holds(&recipient, &asked)).await?;
            self.arrived
                .extend(found.map_err(|error| NotPulled::Search {
                    recipient: self.recipient.clone(),
                    error,
                })?);
        }
        let new: Vec<Event> = events
            .into_iter()
            .filter(|event| !self.arrived.contains(&event.id))
            .map(|event| event.collected_by(&at.settings.agent))
            .collect();
        at.counts.received(new.len());
        if !new.is_empty() {
            self.is_unsure = true;
            self.append(&new, at).await?;
            at.counts.emitted(new.len());
        }
        self.arrived.extend(ids);
        self.is_unsure = false;
        Ok(new.len())
    }

    async fn append(&mut self, new: &[Event], at: &Place<'_>) -> Result<(), NotPulled> {
        let lines: String = new.iter().map(Event::line).collect();
        let (inbox, to) = (at.settings.inbox.clone(), self.recipient.clone());
        let lock = at.lock.clone();
        let append = move || {
            let appended = inbox.append(&to, lines.as_bytes());
            drop(lock);
            appended
        };
        let appended = blocking(append).await?;
        if let Err(error) = &appended {
            // The others leave nothing behind.
            self.is_unsure = matches!(error, AppendError::NotOnDisk { .. } | AppendError::Torn(_));
        }
        Ok(appended?)
    }
}

/// Only events of this recipient, each after the one before.
fn is_in_order(events: &[EdgeEvent], recipient: &Recipient) -> bool {
    events.iter().all(|event| event.to == *recipient)
        && events.windows(2).all(|pair| pair[0].seq < pair[1].seq)
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotPulled> {
    let done = tokio::task::spawn_blocking(act).await;
    done.map_err(|error| NotPulled::System(error.to_string()))
}
