//! The gateway's ports, over the bindings of this worker.
//!
//! A binding is looked up when it is used, not before: `/health/ready` has to answer where one is
//! missing.

use std::time::Duration;

use platform::object::Objects;
use platform::{Console, Env, Fetch, Producer, SystemClock};
use shared::gateway::{
    AUTOCOMPLETE_LIMIT, Known, MemoryFailed, Ports, QUEUE_BINDING, QUEUE_LIMIT, THREADS_BINDING,
    ThreadMemory,
};
use shared::http::Http;
use shared::id::ThreadId;
use shared::operator::Back;
use shared::ports::{Clock, Log, Queue, QueueRefused};
use shared::thread;

/// All of them.
#[derive(Debug)]
pub(crate) struct OfWorker(pub(crate) Env);

impl Ports for OfWorker {
    fn http(&self) -> &impl Http {
        &Fetch
    }

    fn queue(&self) -> &impl Queue {
        self
    }

    fn memory(&self) -> &impl ThreadMemory {
        self
    }

    fn back(&self) -> &impl Back {
        self
    }

    fn hub(&self) -> &impl shared::hub::portal::Ports {
        self
    }

    fn inboxes(&self) -> &impl shared::hooks::edge::Inboxes {
        self
    }

    fn clock(&self) -> &impl Clock {
        &SystemClock
    }

    fn log(&self) -> &impl Log {
        &Console
    }
}

impl Queue for OfWorker {
    async fn send(&self, body: &str, delay: Duration) -> Result<(), QueueRefused> {
        let queue = Producer::bound(&self.0, QUEUE_BINDING)
            .map_err(|error| QueueRefused(error.to_string()))?;
        queue.within(QUEUE_LIMIT).send(body, delay).await
    }
}

impl ThreadMemory for OfWorker {
    async fn known(&self, thread: &ThreadId) -> Result<Known, MemoryFailed> {
        let objects = Objects::bound(&self.0, THREADS_BINDING)
            .map_err(|error| MemoryFailed(error.to_string()))?;
        let answer = objects
            .call(thread.as_str(), &thread::Request::Look, AUTOCOMPLETE_LIMIT)
            .await;
        match answer.map_err(|error| MemoryFailed(error.to_string()))? {
            thread::Response::Seen(view) => Ok((*view).into()),
            other => Err(MemoryFailed(format!(
                "the answer of another request: {other:?}"
            ))),
        }
    }
}
