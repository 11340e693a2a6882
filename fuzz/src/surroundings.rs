//! What is around the core where the whole of the gateway is tried: each port answers at once, with
//! what an input says, and notes what it was asked for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::Timestamp;
use shared::gateway::{Known, KnownIssue, MemoryFailed, Ports, ThreadMemory};
use shared::hooks::EventId;
use shared::hooks::edge::{self, InboxName, inbox};
use shared::http::{Http, Request, Response, Unreachable};
use shared::hub::{self, portal};
use shared::id::{IssueKey, ThreadId};
use shared::operator;
use shared::ports::{Clock, Entropy, Level, Log, Queue, QueueRefused};

/// When everything happens.
pub(crate) const NOW_SECONDS: i64 = 1_780_000_000;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(NOW_SECONDS).expect("it is a time")
}

/// What an asynchronous answer is, where nothing has to be waited for.
pub(crate) fn at_once<T>(answer: impl Future<Output = T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("nothing here lets anybody wait"),
    }
}

/// The surroundings.
#[derive(Default)]
pub(crate) struct Surroundings {
    /// With what every other service answers. Without it none does, and conversations remember a lot.
    answer: Option<Vec<u8>>,
    /// What other services were sent.
    pub(crate) sent: RefCell<Vec<Request>>,
    /// What was put on the queue.
    pub(crate) queued: RefCell<Vec<String>>,
    /// The events in all inboxes, as they are put away.
    pub(crate) kept: RefCell<Vec<String>>,
    known: RefCell<BTreeMap<(String, String), Delivery>>,
    taken: Cell<u8>,
}

#[derive(Clone)]
struct Delivery {
    id: EventId,
    is_done: bool,
}

impl Surroundings {
    /// With these bytes from every other service, or none.
    pub(crate) fn answering(answer: Option<&[u8]>) -> Self {
        Self {
            answer: answer.map(<[u8]>::to_vec),
            ..Self::default()
        }
    }
}

impl Http for Surroundings {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        self.sent.borrow_mut().push(request);
        let answer = self.answer.clone().map(Response::new);
        answer.ok_or(Unreachable::TimedOut(within))
    }
}

impl Queue for Surroundings {
    async fn send(&self, body: &str, _: Duration) -> Result<(), QueueRefused> {
        self.queued.borrow_mut().push(body.to_owned());
        Ok(())
    }
}

impl ThreadMemory for Surroundings {
    async fn known(&self, _: &ThreadId) -> Result<Known, MemoryFailed> {
        if self.answer.is_some() {
            return Err(MemoryFailed("it remembers nothing".to_owned()));
        }
        let issue = |nth: usize| KnownIssue {
            key: IssueKey::new(format!("ENG-{nth}")),
            title: "ü".repeat(nth * 10),
        };
        Ok(Known {
            issues: (0..30).map(issue).collect(),
            repositories: vec!["acme/shop".to_owned(), "a".repeat(120)],
            ..Known::default()
        })
    }
}

impl Clock for Surroundings {
    fn now(&self) -> Timestamp {
        now()
    }
}

impl Log for Surroundings {
    fn write(&self, _: Level, line: &str) {
        assert!(!line.contains(['\n', '\r']), "not one line: {line}");
    }
}

impl Entropy for Surroundings {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

impl hub::Hubs for Surroundings {
    async fn ask_hub(&self, _: hub::Shard, _: &hub::Question) -> Result<hub::Answer, String> {
        Err("there is no hub".to_owned())
    }
}

/// An inbox by its contract alone: without an end, and without SQL.
impl edge::Inboxes for Surroundings {
    async fn ask_inbox(
        &self,
        inbox: &InboxName,
        question: &inbox::Question,
    ) -> Result<inbox::Answer, String> {
        let mut known = self.known.borrow_mut();
        match question {
            inbox::Question::Accept { keys, event } => {
                assert!(!keys.is_empty(), "it would never be known again");
                let keys = keys.iter().map(|key| (inbox.name(), key.hash.clone()));
                let found = keys.clone().find_map(|key| known.get(&key).cloned());
                let repeated = found.is_some();
                let delivery = found.unwrap_or_else(|| {
                    if let Some(event) = event {
                        let event = serde_json::to_string(event).expect("an event is JSON");
                        self.kept.borrow_mut().push(event);
                    }
                    self.taken.set(self.taken.get() + 1);
                    let id = EventId::of([self.taken.get(); 16]);
                    Delivery { id, is_done: false }
                });
                known.extend(keys.map(|key| (key, delivery.clone())));
                Ok(inbox::Answer::Accepted {
                    id: delivery.id,
                    repeated,
                    done: delivery.is_done,
                })
            }
            inbox::Question::Done { id } => {
                let of_it = known.values_mut().filter(|delivery| delivery.id == *id);
                of_it.for_each(|delivery| delivery.is_done = true);
                Ok(inbox::Answer::Noted)
            }
            other => Err(format!("nobody pulls here: {other:?}")),
        }
    }
}

impl portal::Ports for Surroundings {
    fn http(&self) -> &impl Http {
        self
    }
    fn hubs(&self) -> &impl hub::Hubs {
        self
    }
    fn clock(&self) -> &impl Clock {
        self
    }
    fn entropy(&self) -> &impl Entropy {
        self
    }
    fn log(&self) -> &impl Log {
        self
    }
}

impl Ports for Surroundings {
    fn http(&self) -> &impl Http {
        self
    }
    fn queue(&self) -> &impl Queue {
        self
    }
    fn memory(&self) -> &impl ThreadMemory {
        self
    }
    fn back(&self) -> &impl operator::Back {
        &operator::Nothing
    }
    fn hub(&self) -> &impl portal::Ports {
        self
    }
    fn inboxes(&self) -> &impl edge::Inboxes {
        self
    }
    fn clock(&self) -> &impl Clock {
        self
    }
    fn log(&self) -> &impl Log {
        self
    }
}
