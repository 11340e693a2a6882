//! A Job object's storage as the core wants it.

use jiff::Timestamp;
use platform::Rows;
use platform::rows::StoreFailed;
use shared::fix::{Fix, Store};
use worker::{Error, Result, State};

/// The one row that a Job object has.
const ROW: &str = "fix";

/// The fix in the object's SQLite database, and the object's alarm.
pub(crate) struct FixStore(Rows);

impl FixStore {
    pub(crate) fn open(state: &State) -> Result<Self> {
        Rows::open(state)
            .map(Self)
            .map_err(|failed| Error::RustError(failed.to_string()))
    }
}

impl Store for FixStore {
    fn load(&self) -> std::result::Result<Option<Fix>, String> {
        self.0.get(ROW).map_err(text)
    }

    fn save(&self, fix: &Fix) -> std::result::Result<(), String> {
        self.0.put(ROW, fix).map_err(text)
    }

    async fn wake_at(&self, at: Timestamp) -> std::result::Result<(), String> {
        self.0.set_alarm(Some(at)).await.map_err(text)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn text(failed: StoreFailed) -> String {
    failed.to_string()
}
