//! The last answers to what was read, for when there is no other.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many are kept.
const MAX_ANSWERS: usize = 100;

/// What is in `hub_cache.json`: answers by the whole address that was asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Cache(BTreeMap<String, Kept>);

/// An answer, and when it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) at: Timestamp,
    /// Null: there is no such thing.
    pub(crate) body: Value,
}

impl Cache {
    pub(crate) fn get(&self, address: &str) -> Option<&Kept> {
        self.0.get(address)
    }

    /// Keeps an answer, and forgets the oldest of the others if there are too many: by a clock that
    /// was set back, this one may look older.
    pub(crate) fn put(&mut self, address: &str, at: Timestamp, body: Value) {
        self.0.insert(address.to_owned(), Kept { at, body });
        while self.0.len() > MAX_ANSWERS {
            let others = self.0.iter().filter(|(other, _)| *other != address);
            let oldest = others.min_by_key(|(_, kept)| kept.at);
            let Some(oldest) = oldest.map(|(address, _)| address.clone()) else {
                return;
            };
            self.0.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_answer_is_forgotten_first() {
        let mut cache = Cache::default();
        for n in 0..=i64::try_from(MAX_ANSWERS).unwrap() {
            let at = Timestamp::from_second(1_000 + n).unwrap();
            cache.put(&format!("https://hub.example/{n}"), at, Value::Null);
        }
        assert_eq!(cache.0.len(), MAX_ANSWERS);
        let oldest = cache.get("https://hub.example/0");
        assert_eq!(oldest, None);
        assert!(cache.get("https://hub.example/100").is_some());
    }

    #[test]
    fn an_answer_of_now_is_kept_though_the_clock_was_set_back() {
        let mut cache = Cache::default();
        for n in 0..=i64::try_from(MAX_ANSWERS).unwrap() {
            let at = Timestamp::from_second(1_000 - n).unwrap();
            cache.put(&format!("https://hub.example/{n}"), at, Value::Null);
            assert!(cache.get(&format!("https://hub.example/{n}")).is_some());
        }
        assert_eq!(cache.0.len(), MAX_ANSWERS);
    }
}
