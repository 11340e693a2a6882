//! The consumer's ports, implemented by the platform's.

use std::time::Duration;

use jiff::Timestamp;
use platform::object::Objects;
use platform::{Console, Fetch, KvCache, Producer, ReportBucket, SystemClock, SystemDice};
use shared::audit::{self, Audits, LogName};
use shared::consumer::Platform;
use shared::fix::{self, Jobs};
use shared::http::{Http, Request, Response, Unreachable};
use shared::hub::object::{Answer, Question as HubQuestion};
use shared::hub::setup::HUB_BINDING;
use shared::hub::{Hubs, Shard};
use shared::id::{JobId, ThreadId};
use shared::ledger::{self, LedgerName, Ledgers, Question};
use shared::ports::{Clock, CrashReports, Dice, KeyPage, Kv, KvFailed, Level, Log, ReportsFailed};
use shared::service::Service;
use shared::thread::{self, Threads};
use shared::upstream::{self, Memory, UPSTREAMS_BINDING, Upstreams};
use worker::{Env, Result};

/// How long a Durable Object may take to answer. A Job object that is asked to cancel speaks to
/// its sandbox first.
const OBJECT_LIMIT: Duration = Duration::from_secs(15);

/// Everything that the core asks for.
pub(crate) struct Ports {
    kv: KvCache,
    commands: Producer,
    dead_letters: Producer,
    threads: Objects,
    jobs: Objects,
    audit: Objects,
    ledgers: Objects,
    upstreams: Objects,
    hub: Objects,
    reports: ReportBucket,
}

impl Ports {
    /// The ports over this worker's bindings, named as in `wrangler.toml`.
    pub(crate) fn new(env: &Env) -> Result<Self> {
        Ok(Self {
            kv: KvCache::bound(env, "BUGBOT_KV")?,
            commands: Producer::bound(env, "COMMANDS")?,
            dead_letters: Producer::bound(env, "DEAD_LETTERS")?,
            threads: Objects::bound(env, "THREADS")?,
            jobs: Objects::bound(env, "JOBS")?,
            audit: Objects::bound(env, "AUDIT")?,
            ledgers: Objects::bound(env, "LEDGERS")?,
            upstreams: Objects::bound(env, UPSTREAMS_BINDING)?,
            hub: Objects::bound(env, HUB_BINDING)?,
            reports: ReportBucket::of(env),
        })
    }
}

impl Platform for Ports {
    type Queue = Producer;

    fn commands(&self) -> &Producer {
        &self.commands
    }

    fn dead_letters(&self) -> &Producer {
        &self.dead_letters
    }
}

impl Http for Ports {
    async fn send(
        &self,
        request: Request,
        within: Duration,
    ) -> std::result::Result<Response, Unreachable> {
        Fetch.send(request, within).await
    }
}

impl Clock for Ports {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}

impl Dice for Ports {
    fn roll(&self) -> f64 {
        SystemDice.roll()
    }
}

impl Log for Ports {
    fn write(&self, level: Level, line: &str) {
        Console.write(level, line);
    }
}

impl Kv for Ports {
    async fn get(&self, key: &str) -> std::result::Result<Option<String>, KvFailed> {
        self.kv.get(key).await
    }

    async fn put(
        &self,
        key: &str,
        value: &str,
        ttl: Option<Duration>,
    ) -> std::result::Result<(), KvFailed> {
        self.kv.put(key, value, ttl).await
    }

    async fn delete(&self, key: &str) -> std::result::Result<(), KvFailed> {
        self.kv.delete(key).await
    }

    async fn list_page(
        &self,
        prefix: &str,
        cursor: Option<&str>,
    ) -> std::result::Result<KeyPage, KvFailed> {
        self.kv.list_page(prefix, cursor).await
    }
}

impl CrashReports for Ports {
    fn are_kept(&self) -> bool {
        self.reports.are_kept()
    }

    async fn is_kept(&self, key: &str) -> std::result::Result<bool, ReportsFailed> {
        self.reports.is_kept(key).await
    }

    async fn keep(&self, key: &str, tar: Vec<u8>) -> std::result::Result<(), ReportsFailed> {
        self.reports.keep(key, tar).await
    }

    async fn kept(&self, key: &str) -> std::result::Result<Option<Vec<u8>>, ReportsFailed> {
        self.reports.kept(key).await
    }
}

impl Upstreams for Ports {
    async fn ask_upstream(
        &self,
        service: Service,
        request: &upstream::Request,
    ) -> std::result::Result<upstream::Response, String> {
        let name = upstream::object_name(service);
        let answer = self.upstreams.call(name, request, upstream::OBJECT_LIMIT);
        answer.await.map_err(|failed| failed.to_string())
    }

    fn with_memory<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        crate::upstream::with_memory(act)
    }
}

impl Threads for Ports {
    async fn ask_thread(
        &self,
        thread: &ThreadId,
        request: &thread::Request,
    ) -> std::result::Result<thread::Response, String> {
        let answer = self
            .threads
            .call(thread.as_str(), request, OBJECT_LIMIT)
            .await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Jobs for Ports {
    async fn ask_job(
        &self,
        job: &JobId,
        request: &fix::Request,
    ) -> std::result::Result<fix::Response, String> {
        let answer = self.jobs.call(job.as_str(), request, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Audits for Ports {
    async fn ask_audit(
        &self,
        log: &LogName,
        request: &audit::Request,
    ) -> std::result::Result<audit::Response, String> {
        let answer = self.audit.call(log.as_str(), request, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Ledgers for Ports {
    async fn ask_ledger(
        &self,
        ledger: &LedgerName,
        request: &ledger::Request,
    ) -> std::result::Result<ledger::Response, String> {
        let question = Question {
            ledger: ledger.clone(),
            request: request.clone(),
        };
        let answer = self
            .ledgers
            .call(ledger.as_str(), &question, OBJECT_LIMIT)
            .await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Hubs for Ports {
    async fn ask_hub(
        &self,
        shard: Shard,
        question: &HubQuestion,
    ) -> std::result::Result<Answer, String> {
        let answer = self.hub.call(&shard.name(), question, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}
