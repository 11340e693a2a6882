//! The queue consumer, its Durable Objects and the sweep.

use platform::{Console, queue};
use shared::ports::{Level, Log};
use worker::wasm_bindgen::JsValue;
use worker::{
    Context, DurableObject, Env, MessageBatch, MessageExt, Request, Response, Result,
    ScheduleContext, ScheduledEvent, State, durable_object, event,
};

#[event(queue)]
async fn consume(batch: MessageBatch<JsValue>, _env: Env, _context: Context) -> Result<()> {
    for message in batch.raw_iter() {
        let text = queue::text_of(&message);
        Console.event(
            Level::Info,
            "delivery",
            &[("queue", &batch.queue()), ("body", &text)],
        );
        message.ack();
    }
    Ok(())
}

#[event(scheduled)]
async fn sweep(_event: ScheduledEvent, _env: Env, _context: ScheduleContext) {
    Console.event(Level::Info, "sweep", &[]);
}

/// The authority for one conversation.
#[durable_object]
#[derive(Debug)]
pub struct ThreadObject {
    state: State,
}

impl DurableObject for ThreadObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, _request: Request) -> Result<Response> {
        Response::ok(self.state.id().to_string())
    }
}

/// The owner of one fix.
#[durable_object]
#[derive(Debug)]
pub struct JobObject {
    state: State,
}

impl DurableObject for JobObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, _request: Request) -> Result<Response> {
        Response::ok(self.state.id().to_string())
    }
}
