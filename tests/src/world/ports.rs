//! The consumer's ports over the world.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use shared::consumer::Platform;
use shared::fix::{self, Jobs};
use shared::http::{Http, Request, Response, Unreachable};
use shared::id::{JobId, ThreadId};
use shared::ports::{Clock, CrashReports, Dice, KeyPage, Kv, KvFailed, Level, Log, ReportsFailed};
use shared::thread::{self, Threads};

use super::strike::Strike;
use super::{MemoryQueue, World, discord, executor_fake, github, linear, posthog};
use crate::fault::Fault;

/// The most keys that the key-value store lists at once.
const KV_PAGE: usize = 1_000;

impl Platform for World {
    type Queue = MemoryQueue;

    fn commands(&self) -> &MemoryQueue {
        &self.commands
    }

    fn dead_letters(&self) -> &MemoryQueue {
        &self.dead_letters
    }
}

impl Http for World {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        let uri = request.uri().clone();
        let name = || format!("{} {}", request.method(), without_token(&uri.to_string()));
        let strike = self.meter.begin(name).await;
        let origin = uri.to_string();
        if let Some(answer) = self.answer_of_away(&origin) {
            return answer;
        }
        let effect = Box::pin(self.wired.send(request, within));
        let lost = || Err(Unreachable::Connection("lost on the way".to_owned()));
        match strike {
            None => effect.await,
            Some(Strike::CrashBefore) => self.meter.die().await,
            Some(Strike::LostBefore) => lost(),
            Some(Strike::LostAfter) => {
                let _ = effect.await;
                lost()
            }
            Some(Strike::BrokenAfter) => {
                let _ = effect.await;
                let page = b"<html><h1>502 Bad Gateway</h1></html>".to_vec();
                let mut response = Response::new(page);
                *response.status_mut() = http::StatusCode::BAD_GATEWAY;
                Ok(response)
            }
            Some(Strike::RateLimited(retry_after)) => {
                self.rate_limit_next(&origin, retry_after);
                effect.await
            }
            Some(Strike::Crash) => {
                let _ = effect.await;
                self.meter.die().await
            }
            Some(Strike::MeanwhileBefore(happens)) => {
                self.meter.let_happen(happens).await;
                effect.await
            }
            Some(Strike::MeanwhileAndCrash(happens)) => {
                self.meter.let_happen(happens).await;
                let _ = effect.await;
                self.meter.die().await
            }
            Some(Strike::Meanwhile(happens)) => {
                let answer = effect.await;
                self.meter.let_happen(happens).await;
                answer
            }
        }
    }
}

impl World {
    /// The service at this address refuses the next request in its own words.
    fn rate_limit_next(&self, address: &str, retry_after: Duration) {
        let fault = Fault::RateLimit { retry_after };
        let is_at = |origin: &str| address.starts_with(origin);
        if is_at(discord::ORIGIN) {
            self.discord.fail_next("*", fault, 1);
        } else if is_at(linear::ORIGIN) {
            self.linear.fail_next("*", fault, 1);
        } else if is_at(posthog::ORIGIN) {
            self.posthog.fail_next("*", fault, 1);
        } else if is_at(github::ORIGIN) {
            self.github.fail_next("*", fault, 1);
        } else if is_at(executor_fake::ORIGIN) {
            self.executor.fail_next("*", fault, 1);
        }
    }
}

/// An address for people: an interaction's token is long and says nothing.
fn without_token(address: &str) -> String {
    let parts = address.split('/');
    let shown = parts.map(|part| if part.len() > 100 { "TOKEN" } else { part });
    shown.collect::<Vec<_>>().join("/")
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Dice for World {
    /// The whole of every backoff: stories are the same each time.
    fn roll(&self) -> f64 {
        1.0
    }
}

impl Log for World {
    fn write(&self, _level: Level, line: &str) {
        self.log.borrow_mut().push(line.to_owned());
    }
}

impl Kv for World {
    async fn get(&self, key: &str) -> Result<Option<String>, KvFailed> {
        let effect = async {
            let now = self.clock.now();
            let is_live = |until: Option<Timestamp>| until.is_none_or(|until| now < until);
            Ok(self.kv_as_read(|kv| {
                let live = kv.get(key).filter(|(_, until)| is_live(*until));
                live.map(|(value, _)| value.clone())
            }))
        };
        self.meter
            .call(|| format!("kv get {key}"), kv_lost, effect)
            .await
    }

    async fn put(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<(), KvFailed> {
        let effect = async {
            let until = ttl.map(|ttl| self.clock.now() + ttl);
            let value = (value.to_owned(), until);
            self.kv.borrow_mut().insert(key.to_owned(), value);
            Ok(())
        };
        self.meter
            .call(|| format!("kv put {key}"), kv_lost, effect)
            .await
    }

    async fn delete(&self, key: &str) -> Result<(), KvFailed> {
        let effect = async {
            self.kv.borrow_mut().remove(key);
            Ok(())
        };
        self.meter
            .call(|| format!("kv delete {key}"), kv_lost, effect)
            .await
    }

    async fn list_page(&self, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvFailed> {
        let effect = async {
            let is_after = |key: &&String| cursor.is_none_or(|last| key.as_str() > last);
            Ok(self.kv_as_read(|kv| {
                let keys = kv.keys().filter(|key| key.starts_with(prefix));
                let mut rest = keys.filter(is_after).cloned();
                let keys: Vec<String> = rest.by_ref().take(KV_PAGE).collect();
                let next = rest.next().and(keys.last().cloned());
                KeyPage { keys, next }
            }))
        };
        self.meter
            .call(|| format!("kv list {prefix}"), kv_lost, effect)
            .await
    }
}

impl CrashReports for World {
    fn are_kept(&self) -> bool {
        self.bucket.borrow().is_some()
    }

    async fn is_kept(&self, key: &str) -> Result<bool, ReportsFailed> {
        let effect = async { Ok(self.in_bucket(|kept| kept.contains_key(key))) };
        self.meter
            .call(|| format!("bucket head {key}"), bucket_lost, effect)
            .await
    }

    async fn keep(&self, key: &str, tar: Vec<u8>) -> Result<(), ReportsFailed> {
        let effect = async {
            self.in_bucket(|kept| kept.insert(key.to_owned(), tar));
            Ok(())
        };
        self.meter
            .call(|| format!("bucket put {key}"), bucket_lost, effect)
            .await
    }

    async fn kept(&self, key: &str) -> Result<Option<Vec<u8>>, ReportsFailed> {
        let effect = async { Ok(self.in_bucket(|kept| kept.get(key).cloned())) };
        self.meter
            .call(|| format!("bucket get {key}"), bucket_lost, effect)
            .await
    }
}

impl World {
    fn in_bucket<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        let mut bucket = self.bucket.borrow_mut();
        act(bucket
            .as_mut()
            .expect("a bucket is asked only where there is one"))
    }
}

fn bucket_lost() -> ReportsFailed {
    ReportsFailed("no answer".to_owned())
}

fn kv_lost() -> KvFailed {
    KvFailed("no answer".to_owned())
}

impl Threads for World {
    async fn ask_thread(
        &self,
        thread: &ThreadId,
        request: &thread::Request,
    ) -> Result<thread::Response, String> {
        let name = || format!("thread {}", kind_of(request));
        let no_answer = || "no answer".to_owned();
        let effect = async {
            if self.threads_are_silent.get() {
                return Err(no_answer());
            }
            Ok(self.step_thread(thread, request))
        };
        self.meter.call(name, no_answer, effect).await
    }
}

impl Jobs for World {
    async fn ask_job(&self, job: &JobId, request: &fix::Request) -> Result<fix::Response, String> {
        let name = || format!("job {}", kind_of(request));
        let effect = Box::pin(self.answer_as_job(job, request));
        self.meter
            .call(name, || "no answer".to_owned(), effect)
            .await
    }
}

pub(super) fn kind_of(request: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(request).expect("a request is JSON");
    value["ask"].as_str().unwrap_or_default().to_owned()
}
