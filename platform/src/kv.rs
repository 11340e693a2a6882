//! The key-value cache. <https://developers.cloudflare.com/kv/platform/limits/>

use std::time::Duration;

use shared::ports::{Kv, KvFailed};
use worker::{Env, KvStore};

/// The shortest life that KV accepts for a key.
const MIN_TTL: Duration = Duration::from_mins(1);

/// The most keys that KV lists at once.
const PAGE: u64 = 1_000;
/// The most pages of one `list`: an invocation may make a thousand calls, and whoever lists keys
/// wants to do something with them.
const MAX_PAGES: usize = 10;

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

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KvFailed> {
        let mut keys = Vec::new();
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            let mut list = self.0.list().prefix(prefix.to_owned()).limit(PAGE);
            if let Some(cursor) = cursor {
                list = list.cursor(cursor);
            }
            let page = list.execute().await.map_err(failed)?;
            keys.extend(page.keys.into_iter().map(|key| key.name));
            cursor = page.cursor;
            if page.list_complete || cursor.is_none() {
                break;
            }
        }
        Ok(keys)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn failed(error: worker::KvError) -> KvFailed {
    KvFailed(error.to_string())
}
