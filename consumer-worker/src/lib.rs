//! The queue consumer, its Durable Objects and the sweep: shells around `shared::deliver`,
//! `shared::thread` and `shared::fix`. They decode what the runtime hands over, build the ports
//! and call the core; no rule is here.

mod audit;
mod hub;
mod inbox;
mod ledger;
mod ports;
mod sandbox;
mod store;
mod tables;
mod upstream;

use platform::{Rows, object, queue};
use shared::checkup;
use shared::deliver::{Settled, bury, deliver, sweep};
use shared::fault::{attempt_at, backoff};
use shared::fix::{self, FixServices, answer, drive};
use shared::log::{Event as LogEvent, Said};
use shared::operator;
use shared::ports::{Clock as _, CrashReports as _, Dice as _, Log as _};
use shared::settings::Settings;
use shared::thread::{self, Thread};
use shared::trace::Trace;
use worker::wasm_bindgen::JsValue;
use worker::{
    Context, DurableObject, Env, Error, MessageBatch, MessageExt as _, QueueRetryOptionsBuilder,
    Request, Response, Result, ScheduleContext, ScheduledEvent, State, durable_object, event,
};

use crate::ports::Ports;
use crate::sandbox::ExecutorPort;
use crate::store::FixStore;

/// The queue that gets what was delivered too often.
const DEAD_LETTER_QUEUE: &str = "bugbot-commands-dlq";

#[event(queue)]
async fn consume(batch: MessageBatch<JsValue>, env: Env, _context: Context) -> Result<()> {
    let platform = Ports::new(&env)?;
    let settings = settings(&env, &platform);
    let dead = batch.queue() == DEAD_LETTER_QUEUE;
    for message in batch.raw_iter() {
        let body = queue::text_of(&message);
        let attempt = attempt_at(queue::age_of(&message, platform.now()));
        let settled = match &settings {
            Ok(settings) if dead => bury(&platform, settings, &body, attempt).await,
            Ok(settings) => deliver(&platform, settings, &body, attempt).await,
            // With a delay: the tries have to last until the operator has mended them.
            Err(_) => Settled::Retry(backoff(attempt, platform.roll())),
        };
        match settled {
            Settled::Ack => message.ack(),
            Settled::Retry(delay) => message.retry_with_options(
                &QueueRetryOptionsBuilder::new()
                    .with_delay_seconds(queue::whole_seconds(delay))
                    .build(),
            ),
        }
    }
    Ok(())
}

#[event(scheduled)]
async fn look_after(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    let Ok(platform) = Ports::new(&env) else {
        return;
    };
    let settings = Settings::from_env(|name| platform::env::text(&env, name));
    let problems = settings.as_ref().err().map(|bad| bad.0.clone());
    operator::beat(&platform, &problems.unwrap_or_default(), platform.now()).await;
    if let Ok(settings) = self::settings(&env, &platform) {
        sweep(&platform, &settings).await;
    }
}

/// The settings, or an error that is logged here.
fn settings(env: &Env, platform: &Ports) -> Result<Settings> {
    Settings::from_env(|name| platform::env::text(env, name)).map_err(|bad| {
        let error = Said(&bad);
        platform.note(&Trace::none(), LogEvent::BadSettings { error });
        Error::RustError(bad.to_string())
    })
}

/// The authority on one conversation: `shared::thread::Thread`, kept in SQLite.
#[durable_object]
#[derive(Debug)]
pub struct ThreadObject {
    state: State,
}

impl DurableObject for ThreadObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let question = match object::question::<thread::Request>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        object::answer(self.step(question))
    }
}

impl ThreadObject {
    /// Loads, steps and saves, without an await between: nothing else runs meanwhile.
    fn step(&self, request: thread::Request) -> std::result::Result<thread::Response, String> {
        const ROW: &str = "thread";
        let rows = Rows::open(&self.state).map_err(|failed| failed.to_string())?;
        let mut thread: Thread = rows
            .get(ROW)
            .map_err(|failed| failed.to_string())?
            .unwrap_or_default();
        let response = thread.step(request, platform::SystemClock.now());
        rows.put(ROW, &thread)
            .map_err(|failed| failed.to_string())?;
        Ok(response)
    }
}

/// The owner of one fix: `shared::fix::Fix`, kept in SQLite and driven by alarms.
#[durable_object]
#[derive(Debug)]
pub struct JobObject {
    state: State,
    env: Env,
}

impl DurableObject for JobObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        if request.path() == operator::CHECKUP_PATH {
            return Box::pin(self.check_up(request)).await;
        }
        let question = match object::question::<fix::Request>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        self.with_services(async |store, services| {
            object::answer(answer(store, services, question).await)
        })
        .await
    }

    async fn alarm(&self) -> Result<Response> {
        self.with_services(async |store, services| {
            drive(store, services).await.map_err(Error::RustError)?;
            Response::ok("")
        })
        .await
    }
}

impl JobObject {
    /// Not about a job: tries this worker's own credentials, which no other worker has.
    async fn check_up(&self, request: Request) -> Result<Response> {
        let question = match object::question::<operator::CheckUp>(request).await {
            Ok(question) => question,
            Err(failed) => return object::answer::<(), _>(Err(failed)),
        };
        let platform = Ports::new(&self.env)?;
        let settings = Settings::from_env(|name| platform::env::text(&self.env, name));
        let mut checks = checkup::check_up(&platform, &settings, &question).await;
        checks.extend(checkup::upstreams(&platform).await);
        checks.push(checkup::crash_reports(&question, platform.are_kept()));
        if let Ok(settings) = &settings {
            let container = platform::container::Container::of(&self.state);
            checks.extend(match ExecutorPort::new(&settings.runs, container) {
                Ok(port) => checkup::sandbox(&port, &settings.runs).await,
                Err(why) => vec![checkup::no_sandbox(&why)],
            });
        }
        object::answer::<_, String>(Ok(checks))
    }

    async fn with_services(
        &self,
        act: impl AsyncFnOnce(&FixStore, &FixServices<'_, Ports, ExecutorPort>) -> Result<Response>,
    ) -> Result<Response> {
        let platform = Ports::new(&self.env)?;
        let settings = settings(&self.env, &platform)?;
        let store = FixStore::open(&self.state)?;
        let container = platform::container::Container::of(&self.state);
        let sandbox = ExecutorPort::new(&settings.runs, container).map_err(Error::RustError)?;
        let services = FixServices::new(&platform, &settings, &sandbox)
            .map_err(|bad| Error::RustError(bad.to_string()))?;
        act(&store, &services).await
    }
}
