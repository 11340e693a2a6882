//! A gateway with nothing behind it: for those who look at the gateway alone.

use std::time::Duration;

use super::{Back, Check, CheckUp};
use crate::audit::{self, Audits, LogName};
use crate::fix::{self, Jobs};
use crate::hooks::edge::{Answer, InboxName, Inboxes, Question};
use crate::id::{JobId, ThreadId};
use crate::ledger::{self, LedgerName, Ledgers};
use crate::ports::{CrashReports, KeyPage, Kv, KvFailed, ReportsFailed};
use crate::thread::{self, Threads};

/// No store and no objects: every call fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

const WHY: &str = "there is nothing behind this gateway";

fn no_kv<T>() -> Result<T, KvFailed> {
    Err(KvFailed(WHY.to_owned()))
}

impl Kv for Nothing {
    async fn get(&self, _: &str) -> Result<Option<String>, KvFailed> {
        no_kv()
    }

    async fn put(&self, _: &str, _: &str, _: Option<Duration>) -> Result<(), KvFailed> {
        no_kv()
    }

    async fn delete(&self, _: &str) -> Result<(), KvFailed> {
        no_kv()
    }

    async fn list_page(&self, _: &str, _: Option<&str>) -> Result<KeyPage, KvFailed> {
        no_kv()
    }
}

impl CrashReports for Nothing {
    fn are_kept(&self) -> bool {
        false
    }

    async fn is_kept(&self, _: &str) -> Result<bool, ReportsFailed> {
        Ok(false)
    }

    async fn keep(&self, _: &str, _: Vec<u8>) -> Result<(), ReportsFailed> {
        Err(ReportsFailed(WHY.to_owned()))
    }

    async fn kept(&self, _: &str) -> Result<Option<Vec<u8>>, ReportsFailed> {
        Ok(None)
    }
}

impl Threads for Nothing {
    async fn ask_thread(
        &self,
        _: &ThreadId,
        _: &thread::Request,
    ) -> Result<thread::Response, String> {
        Err(WHY.to_owned())
    }
}

impl Jobs for Nothing {
    async fn ask_job(&self, _: &JobId, _: &fix::Request) -> Result<fix::Response, String> {
        Err(WHY.to_owned())
    }
}

impl Audits for Nothing {
    async fn ask_audit(&self, _: &LogName, _: &audit::Request) -> Result<audit::Response, String> {
        Err(WHY.to_owned())
    }
}

impl Ledgers for Nothing {
    async fn ask_ledger(
        &self,
        _: &LedgerName,
        _: &ledger::Request,
    ) -> Result<ledger::Response, String> {
        Err(WHY.to_owned())
    }
}

impl Inboxes for Nothing {
    async fn ask_inbox(&self, _: &InboxName, _: &Question) -> Result<Answer, String> {
        Err(WHY.to_owned())
    }
}

impl Back for Nothing {
    async fn check_up(&self, _: &CheckUp) -> Result<Vec<Check>, String> {
        Err(WHY.to_owned())
    }
}
