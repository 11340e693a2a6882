//! What operators reach: the store and the objects.

use std::time::Duration;

use platform::object::Objects;
use platform::{KvCache, ReportBucket};
use shared::audit::{self, Audits, LogName};
use shared::fix::{self, Jobs};
use shared::id::{JobId, ThreadId};
use shared::operator::{Back, CHECKUP_PATH, Check, CheckUp};
use shared::ports::{CrashReports, KeyPage, Kv, KvFailed, ReportsFailed};
use shared::thread::{self, Threads};

use crate::ports::OfWorker;

/// How long an object may take: one that stops a fix speaks to its sandbox first.
const OBJECT_LIMIT: Duration = Duration::from_secs(15);
/// How long the consumer may take to look at every service.
const CHECKUP_LIMIT: Duration = Duration::from_secs(45);
/// The object that is asked to: any name would do that is no job's.
const CHECKUP_OBJECT: &str = "checkup";

impl OfWorker {
    fn kv(&self) -> Result<KvCache, KvFailed> {
        KvCache::bound(&self.0, "BUGBOT_KV").map_err(|error| KvFailed(error.to_string()))
    }

    pub(crate) fn objects(&self, binding: &str) -> Result<Objects, String> {
        Objects::bound(&self.0, binding).map_err(|error| error.to_string())
    }
}

impl Kv for OfWorker {
    async fn get(&self, key: &str) -> Result<Option<String>, KvFailed> {
        self.kv()?.get(key).await
    }

    async fn put(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<(), KvFailed> {
        self.kv()?.put(key, value, ttl).await
    }

    async fn delete(&self, key: &str) -> Result<(), KvFailed> {
        self.kv()?.delete(key).await
    }

    async fn list_page(&self, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvFailed> {
        self.kv()?.list_page(prefix, cursor).await
    }
}

impl CrashReports for OfWorker {
    fn are_kept(&self) -> bool {
        ReportBucket::of(&self.0).are_kept()
    }

    async fn is_kept(&self, key: &str) -> Result<bool, ReportsFailed> {
        ReportBucket::of(&self.0).is_kept(key).await
    }

    async fn keep(&self, key: &str, tar: Vec<u8>) -> Result<(), ReportsFailed> {
        ReportBucket::of(&self.0).keep(key, tar).await
    }

    async fn kept(&self, key: &str) -> Result<Option<Vec<u8>>, ReportsFailed> {
        ReportBucket::of(&self.0).kept(key).await
    }
}

impl Threads for OfWorker {
    async fn ask_thread(
        &self,
        thread: &ThreadId,
        request: &thread::Request,
    ) -> Result<thread::Response, String> {
        let threads = self.objects("THREADS")?;
        let answer = threads.call(thread.as_str(), request, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Jobs for OfWorker {
    async fn ask_job(&self, job: &JobId, request: &fix::Request) -> Result<fix::Response, String> {
        let jobs = self.objects("JOBS")?;
        let answer = jobs.call(job.as_str(), request, OBJECT_LIMIT);
        answer.await.map_err(|failed| failed.to_string())
    }
}

impl Audits for OfWorker {
    async fn ask_audit(
        &self,
        log: &LogName,
        request: &audit::Request,
    ) -> Result<audit::Response, String> {
        let logs = self.objects("AUDIT")?;
        let answer = logs.call(log.as_str(), request, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl Back for OfWorker {
    async fn check_up(&self, asked: &CheckUp) -> Result<Vec<Check>, String> {
        let jobs = self.objects("JOBS")?;
        let answer = jobs.call_at(CHECKUP_OBJECT, CHECKUP_PATH, asked, CHECKUP_LIMIT);
        answer.await.map_err(|failed| failed.to_string())
    }
}
