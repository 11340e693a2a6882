//! The bucket of crash reports, in R2. <https://developers.cloudflare.com/r2/platform/limits/>

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use shared::ports::{CrashReports, ReportsFailed};
use worker::{Bucket, Delay, Env};

/// The binding, which an operator may leave out.
const BINDING: &str = "CRASH_REPORTS";
/// How long the bucket may take: some megabytes are carried.
const TIME_LIMIT: Duration = Duration::from_secs(25);

/// The bucket, if one is bound.
#[derive(Debug, Clone)]
pub struct ReportBucket(Option<Bucket>);

impl ReportBucket {
    /// The bucket of this environment.
    pub fn of(env: &Env) -> Self {
        Self(env.bucket(BINDING).ok())
    }

    fn bucket(&self) -> Result<&Bucket, ReportsFailed> {
        let unbound = || ReportsFailed(format!("nothing is bound as {BINDING}"));
        self.0.as_ref().ok_or_else(unbound)
    }
}

impl CrashReports for ReportBucket {
    fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    async fn is_kept(&self, key: &str) -> Result<bool, ReportsFailed> {
        let found = in_time(self.bucket()?.head(key)).await?;
        Ok(found.is_some())
    }

    async fn keep(&self, key: &str, tar: Vec<u8>) -> Result<(), ReportsFailed> {
        in_time(self.bucket()?.put(key, tar).execute()).await?;
        Ok(())
    }

    async fn kept(&self, key: &str) -> Result<Option<Vec<u8>>, ReportsFailed> {
        let bucket = self.bucket()?;
        in_time(async {
            let found = bucket.get(key).execute().await?;
            match found.as_ref().and_then(worker::Object::body) {
                Some(body) => body.bytes().await.map(Some),
                None => Ok(None),
            }
        })
        .await
    }
}

/// What was begun when the time is up may still be done.
async fn in_time<T>(call: impl Future<Output = worker::Result<T>>) -> Result<T, ReportsFailed> {
    match select(pin!(call), Delay::from(TIME_LIMIT)).await {
        Either::Left((done, _)) => done.map_err(|error| ReportsFailed(error.to_string())),
        Either::Right(((), _)) => Err(ReportsFailed(format!("no answer in {TIME_LIMIT:?}"))),
    }
}
