//! Thread and Job objects as their storage: between two calls there is nothing of them but JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::fix::{self, Fix, FixServices, Sandbox, Store, answer, drive};
use shared::http::{Http, Request, Response, Unreachable};
use shared::id::{JobId, ThreadId};
use shared::thread::{self, Thread};
use url::Url;

use super::{World, executor_fake};

/// A Job object.
#[derive(Debug, Default)]
pub(super) struct JobCell {
    pub(super) stored: Option<String>,
    pub(super) alarm: Option<Timestamp>,
}

impl JobCell {
    pub(super) fn fix(&self) -> Option<Fix> {
        self.stored.as_deref().map(from_json)
    }
}

impl World {
    pub(super) fn step_thread(&self, id: &ThreadId, request: &thread::Request) -> thread::Response {
        let request: thread::Request = through_json(request);
        let mut threads = self.threads.borrow_mut();
        let stored = threads.get(id);
        let mut thread: Thread = stored.map_or_else(Thread::default, |json| from_json(json));
        let response = thread.step(request, shared::ports::Clock::now(&self.clock));
        threads.insert(id.clone(), json(&thread));
        through_json(&response)
    }

    pub(super) async fn answer_as_job(
        &self,
        job: &JobId,
        request: &fix::Request,
    ) -> Result<fix::Response, String> {
        let request: fix::Request = through_json(request);
        let sandbox = SandboxPort::new(self);
        let services =
            FixServices::new(self, &self.settings, &sandbox).map_err(|bad| bad.to_string())?;
        let store = JobStore { world: self, job };
        // Boxed, as below: a story nests one activity in another, and unoptimised futures are big.
        let response = Box::pin(answer(&store, &services, request)).await?;
        Ok(through_json(&response))
    }

    /// What a Job object does when its alarm rings.
    pub(super) async fn ring(&self, job: &JobId) -> Result<(), String> {
        let sandbox = SandboxPort::new(self);
        let services =
            FixServices::new(self, &self.settings, &sandbox).map_err(|bad| bad.to_string())?;
        Box::pin(drive(&JobStore { world: self, job }, &services)).await
    }

    /// A Job object's fix as it is stored.
    pub fn fix(&self, job: &JobId) -> Option<Fix> {
        let jobs = self.jobs.borrow();
        jobs.get(job)?.fix()
    }

    /// A Job object loses everything, its sandbox too: what no design can prevent, and a sweep
    /// has to notice.
    pub fn lose_job_object(&self, job: &JobId) {
        self.executor.die();
        self.jobs.borrow_mut().remove(job);
    }

    /// Every fix that a Job object keeps.
    pub fn fixes(&self) -> Vec<Fix> {
        let jobs: Vec<_> = self.jobs.borrow().keys().cloned().collect();
        jobs.iter().filter_map(|job| self.fix(job)).collect()
    }

    /// Every alarm that is set rings so much later.
    pub fn delay_alarms(&self, by: Duration) {
        for cell in self.jobs.borrow_mut().values_mut() {
            cell.alarm = cell.alarm.map(|at| at + by);
        }
    }

    /// A Job object's alarm is lost.
    pub fn lose_alarm(&self, job: &JobId) {
        if let Some(cell) = self.jobs.borrow_mut().get_mut(job) {
            cell.alarm = None;
        }
    }
}

/// One Job object's storage.
struct JobStore<'a> {
    world: &'a World,
    job: &'a JobId,
}

impl Store for JobStore<'_> {
    fn load(&self) -> Result<Option<Fix>, String> {
        Ok(self.world.fix(self.job))
    }

    fn save(&self, fix: &Fix) -> Result<(), String> {
        let mut jobs = self.world.jobs.borrow_mut();
        jobs.entry(self.job.clone()).or_default().stored = Some(json(fix));
        Ok(())
    }

    async fn wake_at(&self, at: Timestamp) -> Result<(), String> {
        let effect = async {
            let mut jobs = self.world.jobs.borrow_mut();
            jobs.entry(self.job.clone()).or_default().alarm = Some(at);
            Ok(())
        };
        let lost = || "the alarm could not be set".to_owned();
        let meter = &self.world.meter;
        meter.call(|| "alarm set".to_owned(), lost, effect).await
    }
}

/// The executor, reached over the world.
pub(super) struct SandboxPort<'a> {
    world: &'a World,
    base: Url,
}

impl<'a> SandboxPort<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        let base = Url::parse(executor_fake::ORIGIN).expect("a constant address is one");
        Self { world, base }
    }
}

impl Sandbox for SandboxPort<'_> {
    fn base(&self) -> &Url {
        &self.base
    }

    async fn ensure_started(&self) -> Result<(), String> {
        match self.world.sandbox_refuses.borrow().clone() {
            Some(why) => Err(why),
            None => Ok(()),
        }
    }
}

impl Http for SandboxPort<'_> {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        self.world.send(request, within).await
    }
}

pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what is stored is JSON")
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("what was stored can be read")
}

/// As it arrives on the other side.
pub(super) fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> T {
    from_json(&json(value))
}
