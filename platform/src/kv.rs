//! The key-value cache. <https://developers.cloudflare.com/kv/platform/limits/>

use std::time::Duration;

use shared::ports::{KeyPage, Kv, KvFailed};
use worker::{Env, KvStore};

/// The shortest life that KV accepts for a key.
const MIN_TTL: Duration = Duration::from_mins(1);

/// The most keys that KV lists at once.
const PAGE: u64 = 1_000;

/// A bound namespace.
#[derive(Debug, Clone)]
pub struct KvCache(KvStore);

impl KvCache {
    /// The namespace bound as `name`.
    pub fn bound(env: &Env, name: &str) -> worker::Result<Self> {
        env.kv(name).map(Self)
    }
}

impl Kv for KvCache {
    async fn get(&self, key: &str) -> Result<Option<String>, KvFailed> {
        self.0.get(key).text().await.map_err(failed)
    }

    async fn put(&self, key: &str, value: &str, ttl: Option<Duration>) -> Result<(), KvFailed> {
        let mut put = self.0.put(key, value).map_err(failed)?;
        if let Some(ttl) = ttl {
            put = put.expiration_ttl(ttl.max(MIN_TTL).as_secs());
        }
        put.execute().await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), KvFailed> {
        self.0.delete(key).await.map_err(failed)
    }

    async fn list_page(&self, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, KvFailed> {
        let mut list = self.0.list().prefix(prefix.to_owned()).limit(PAGE);
        if let Some(cursor) = cursor {
            list = list.cursor(cursor.to_owned());
        }
        let page = list.execute().await.map_err(failed)?;
        Ok(KeyPage {
            keys: page.keys.into_iter().map(|key| key.name).collect(),
            // Of the last page there is a cursor too, which leads nowhere.
            next: page.cursor.filter(|_| !page.list_complete),
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn failed(error: worker::KvError) -> KvFailed {
    KvFailed(error.to_string())
}
