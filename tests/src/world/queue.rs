//! A queue as Cloudflare's: at least once, delayed, and with a limit of deliveries.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use shared::ports::{Clock as _, Queue, QueueRefused};

use super::strike::Meter;
use crate::clock::TestClock;

/// The longest message: 128 KB. <https://developers.cloudflare.com/queues/platform/limits/>
const MAX_MESSAGE_BYTES: usize = 128_000;

/// A queue in memory.
#[derive(Debug)]
pub struct MemoryQueue {
    name: &'static str,
    /// How often a message is delivered again before it is given up.
    pub(super) max_retries: u32,
    clock: TestClock,
    meter: Rc<Meter>,
    /// Whether it takes nothing at the moment.
    pub refuses: Cell<bool>,
    refuses_until: Cell<Option<Timestamp>>,
    messages: RefCell<Vec<Message>>,
}

/// A message that waits for its delivery.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) body: String,
    pub(super) due: Timestamp,
    pub(super) sent_at: Timestamp,
    /// How often it was delivered so far.
    pub(super) deliveries: u32,
}

impl MemoryQueue {
    pub(super) fn new(
        name: &'static str,
        max_retries: u32,
        clock: TestClock,
        meter: Rc<Meter>,
    ) -> Self {
        Self {
            name,
            max_retries,
            clock,
            meter,
            refuses: Cell::new(false),
            refuses_until: Cell::new(None),
            messages: RefCell::default(),
        }
    }

    /// Puts a message on the queue, past the port.
    pub fn put(&self, body: &str, delay: Duration) {
        let now = self.clock.now();
        self.put_back(Message {
            body: body.to_owned(),
            due: now + delay,
            sent_at: now,
            deliveries: 0,
        });
    }

    /// Delivers every message that waits once more: the queue promises at least once.
    pub fn duplicate_all(&self) {
        let mut messages = self.messages.borrow_mut();
        let copies = messages.clone();
        messages.extend(copies);
    }

    /// Loses every message that waits: what no queue should do, and a sweep has to notice.
    pub fn lose_all(&self) {
        self.messages.borrow_mut().clear();
    }

    /// It takes nothing for so long.
    pub fn refuse_for(&self, time: Duration) {
        self.refuses_until.set(Some(self.clock.now() + time));
    }

    fn is_refusing(&self) -> bool {
        let until = self.refuses_until.get();
        self.refuses.get() || until.is_some_and(|until| self.clock.now() < until)
    }

    /// Every message that waits is delivered so much later.
    pub fn delay_all(&self, by: Duration) {
        for message in self.messages.borrow_mut().iter_mut() {
            message.due += by;
        }
    }

    /// The messages that wait are delivered in the opposite order.
    pub fn reverse(&self) {
        let mut messages = self.messages.borrow_mut();
        let mut due: Vec<Timestamp> = messages.iter().map(|message| message.due).collect();
        due.sort_unstable_by(|a, b| b.cmp(a));
        messages.sort_by_key(|message| message.due);
        for (message, due) in messages.iter_mut().zip(due) {
            message.due = due;
        }
        // Where all are due at once, the first that was put there is delivered first.
        messages.reverse();
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.messages.borrow().len()
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn put_back(&self, message: Message) {
        self.messages.borrow_mut().push(message);
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.messages.borrow().iter().map(|m| m.due).min()
    }

    /// Takes the message that has been due for longest, if one is due.
    pub(super) fn take_due(&self) -> Option<Message> {
        let now = self.clock.now();
        let mut messages = self.messages.borrow_mut();
        let due = messages.iter().enumerate().filter(|(_, m)| m.due <= now);
        let (first, _) = due.min_by_key(|(_, m)| m.due)?;
        Some(messages.remove(first))
    }
}

impl Queue for MemoryQueue {
    async fn send(&self, body: &str, delay: Duration) -> Result<(), QueueRefused> {
        let lost = || QueueRefused("no answer".to_owned());
        let effect = async {
            if self.is_refusing() {
                return Err(QueueRefused("overloaded".to_owned()));
            }
            if body.len() > MAX_MESSAGE_BYTES {
                return Err(QueueRefused("message too large".to_owned()));
            }
            // As the platform rounds it: whole seconds, never too early.
            let whole = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
            self.put(body, Duration::from_secs(whole));
            Ok(())
        };
        let name = || format!("queue send {}", self.name);
        self.meter.call(name, lost, effect).await
    }
}
