//! What all isolates know of one outside service: `shared::upstream::Upstream`, kept in SQLite.

use std::cell::RefCell;

use platform::{Console, Rows, object};
use shared::ports::{Clock as _, Log as _};
use shared::trace::Trace;
use shared::upstream::{self, Memory, Upstream};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The one row that an upstream has.
const ROW: &str = "upstream";

thread_local! {
    /// What this isolate remembers: an isolate has one thread.
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Lends the isolate's memory.
pub(crate) fn with_memory<T>(act: impl FnOnce(&mut Memory) -> T) -> T {
    MEMORY.with_borrow_mut(act)
}

/// One outside service. Its name is the service's.
#[durable_object]
#[derive(Debug)]
pub struct UpstreamObject {
    state: State,
}

impl DurableObject for UpstreamObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let question = match object::question::<upstream::Request>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        object::answer(self.step(question))
    }
}

impl UpstreamObject {
    /// Loads, steps and saves, without an await between: nothing else runs meanwhile.
    fn step(&self, request: upstream::Request) -> std::result::Result<upstream::Response, String> {
        let rows = Rows::open(&self.state).map_err(|failed| failed.to_string())?;
        // What cannot be read any more is forgotten: it is advice, a few hours old at most.
        let stored = rows.get::<Upstream>(ROW).unwrap_or_default();
        let mut upstream = stored.unwrap_or_default();
        let now = platform::SystemClock.now();
        let before = upstream.clone();
        let (response, turn) = upstream.step(request, now);
        if upstream != before {
            rows.put(ROW, &upstream)
                .map_err(|failed| failed.to_string())?;
        }
        if let Some(turn) = turn {
            let name = self.state.id().name();
            let service = name.as_deref().unwrap_or("unknown");
            Console.note(&Trace::none(), turn.event(service, now));
        }
        Ok(response)
    }
}
