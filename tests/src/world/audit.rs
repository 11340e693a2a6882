//! The objects that keep audit logs, and what must hold of what they keep.

use std::collections::BTreeSet;

use shared::audit::{Audits, Entry, Fact, Head, LogName, Request, Response, Store, answer, verify};

use super::World;
use super::objects::{from_json, json, through_json};

impl Audits for World {
    async fn ask_audit(&self, log: &LogName, request: &Request) -> Result<Response, String> {
        let effect = async {
            if let Some(why) = self.audit_refuses.borrow().clone() {
                return Err(why);
            }
            let store = StoredLog { world: self, log };
            let now = shared::ports::Clock::now(&self.clock);
            Ok(through_json(&answer(&store, through_json(request), now)?))
        };
        let name = match request {
            Request::Append { records } => {
                let keys: Vec<_> = records.iter().map(|record| record.key.as_str()).collect();
                format!("audit append {}", keys.join(" "))
            }
            Request::Export { .. } => "audit export".to_owned(),
            Request::Find { .. } => "audit find".to_owned(),
        };
        self.meter
            .call(|| name, || "no answer".to_owned(), effect)
            .await
    }
}

impl World {
    /// The audit log of the stories' server.
    pub fn audit_log(&self) -> Vec<Entry> {
        self.audit_log_of(&LogName::of(&self.discord.guild()))
    }

    /// An audit log, oldest entry first.
    pub fn audit_log_of(&self, log: &LogName) -> Vec<Entry> {
        let logs = self.audits.borrow();
        let entries = logs.get(log).into_iter().flat_map(|log| &log.entries);
        entries.map(|json| from_json(json)).collect()
    }

    /// The facts of the server's audit log, oldest first.
    pub fn audited(&self) -> Vec<Fact> {
        let log = self.audit_log();
        let facts = log
            .into_iter()
            .map(|entry| serde_json::from_value(entry.fact));
        facts
            .map(|fact| fact.expect("a fact of this version"))
            .collect()
    }

    /// Every log is whole, and no record is in it twice.
    pub(super) fn check_audit(&self, wrong: &mut Vec<String>) {
        let names: Vec<_> = self.audits.borrow().keys().cloned().collect();
        for name in names {
            let log = self.audit_log_of(&name);
            if let Err(broken) = verify(&log, None) {
                wrong.push(format!("the audit log {}: {broken}", name.as_str()));
            }
            let mut keys: Vec<_> = log.iter().map(|entry| &entry.key).collect();
            keys.sort();
            for twice in keys.windows(2).filter(|pair| pair[0] == pair[1]) {
                wrong.push(format!("{} is in the audit log twice", twice[0]));
            }
        }
    }
}

/// What is stored of one log, with the index that the database has.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// JSON, oldest first.
    entries: Vec<String>,
    keys: BTreeSet<String>,
}

/// One log's storage.
struct StoredLog<'a> {
    world: &'a World,
    log: &'a LogName,
}

impl Store for StoredLog<'_> {
    fn head(&self) -> Result<Head, String> {
        let logs = self.world.audits.borrow();
        let last = logs.get(self.log).and_then(|log| log.entries.last());
        let last = last.map(|json| from_json::<Entry>(json).head());
        Ok(last.unwrap_or_default())
    }

    fn has(&self, key: &str) -> Result<bool, String> {
        let logs = self.world.audits.borrow();
        Ok(logs.get(self.log).is_some_and(|log| log.keys.contains(key)))
    }

    fn append(&self, entry: &Entry) -> Result<(), String> {
        let mut logs = self.world.audits.borrow_mut();
        let log = logs.entry(self.log.clone()).or_default();
        log.entries.push(json(entry));
        log.keys.insert(entry.key.clone());
        Ok(())
    }

    fn page(&self, after: u64, limit: u32) -> Result<Vec<Entry>, String> {
        let log = self.world.audit_log_of(self.log);
        let rest = log.into_iter().filter(|entry| entry.number > after);
        Ok(rest.take(limit as usize).collect())
    }

    fn find(&self, beginning: &str, limit: u32) -> Result<Vec<Entry>, String> {
        let log = self.world.audit_log_of(self.log);
        let found = log.into_iter().filter(|it| it.key.starts_with(beginning));
        Ok(found.take(limit as usize).collect())
    }
}
