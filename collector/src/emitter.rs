//! Events of webhooks on their way into inboxes: those that wait together are written together, so that
//! one `fdatasync` serves all of them.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use shared::hooks::Recipient;
use tokio::sync::{mpsc, oneshot};

use crate::counts::Counts;
use crate::inbox::{AppendError, Inbox};

/// How many events may wait; whoever sends more waits to send.
const WAITING: usize = 1024;
/// How many are written together, and at most how many bytes.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How long somebody waits for an inbox before they are told that it does not work.
const LIMIT: Duration = Duration::from_secs(10);

/// Takes events. When the last one is dropped, what waits is written and the thread ends.
#[derive(Debug, Clone)]
pub(crate) struct Emitter(mpsc::Sender<Order>);

#[derive(Debug)]
struct Order {
    inbox: Arc<Inbox>,
    to: Recipient,
    line: String,
    done: oneshot::Sender<Result<(), Arc<AppendError>>>,
}

/// Why an event is not in its inbox, as far as is known.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum NotEmitted {
    #[error("{0}")]
    Append(Arc<AppendError>),
    #[error("the inbox did not take the event in time")]
    TooSlow,
    #[error("the collector is stopping")]
    Stopping,
}

/// Starts the thread that writes. What it returns resolves when that thread has ended.
pub(crate) fn start(counts: Arc<Counts>) -> (Emitter, oneshot::Receiver<()>) {
    let (sender, orders) = mpsc::channel(WAITING);
    let (ended, end) = oneshot::channel();
    thread::Builder::new()
        .name("emitter".to_owned())
        .spawn(move || {
            write_all(orders, &counts);
            let _ = ended.send(());
        })
        .expect("a thread can be started");
    (Emitter(sender), end)
}

impl Emitter {
    pub(crate) async fn emit(
        &self,
        inbox: Arc<Inbox>,
        to: Recipient,
        line: String,
    ) -> Result<(), NotEmitted> {
        let (done, result) = oneshot::channel();
        let order = Order {
            inbox,
            to,
            line,
            done,
        };
        let emitted = async {
            self.0.send(order).await.map_err(|_| NotEmitted::Stopping)?;
            let result = result.await.map_err(|_| NotEmitted::Stopping)?;
            result.map_err(NotEmitted::Append)
        };
        match tokio::time::timeout(LIMIT, emitted).await {
            Ok(result) => result,
            Err(_) => Err(NotEmitted::TooSlow),
        }
    }
}

fn write_all(mut orders: mpsc::Receiver<Order>, counts: &Counts) {
    while let Some(first) = orders.blocking_recv() {
        let mut bytes = first.line.len();
        let mut batch = vec![first];
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Ok(order) = orders.try_recv() else { break };
            bytes += order.line.len();
            batch.push(order);
        }
        while !batch.is_empty() {
            batch = write_first(batch, counts);
        }
    }
}

/// Writes all that go where the first one goes, in their order; the others are left.
fn write_first(batch: Vec<Order>, counts: &Counts) -> Vec<Order> {
    let (inbox, to) = (batch[0].inbox.clone(), batch[0].to.clone());
    let goes_there = |order: &Order| order.to == to && Arc::ptr_eq(&order.inbox, &inbox);
    let (ours, rest): (Vec<_>, Vec<_>) = batch.into_iter().partition(goes_there);
    // Who does not wait any more was told that it did not work, and will come again.
    let ours: Vec<_> = ours.into_iter().filter(|it| !it.done.is_closed()).collect();
    if ours.is_empty() {
        return rest;
    }
    let lines: String = ours.iter().map(|order| order.line.as_str()).collect();
    let result = inbox.append(&to, lines.as_bytes()).map_err(Arc::new);
    match &result {
        Ok(()) => counts.emitted(ours.len()),
        Err(error) => tracing::warn!(%to, events = ours.len(), %error, "events were not emitted"),
    }
    for order in ours {
        let _ = order.done.send(result.clone());
    }
    rest
}
