//! The store of an object that keeps tables: they are looked after once in the object's life.

use std::cell::Cell;

use platform::Rows;
use platform::rows::StoreFailed;
use shared::hub::sql::SqlFailed;
use worker::State;

#[derive(Debug)]
pub(crate) struct Tables {
    state: State,
    is_prepared: Cell<bool>,
}

impl Tables {
    pub(crate) fn of(state: State) -> Self {
        Self {
            state,
            is_prepared: Cell::new(false),
        }
    }

    /// Opens the store, its tables as `prepare` makes them.
    pub(crate) fn open(
        &self,
        prepare: impl FnOnce(&Rows) -> Result<(), SqlFailed>,
    ) -> Result<Rows, StoreFailed> {
        let rows = Rows::open(&self.state)?;
        if !self.is_prepared.get() {
            rows.transaction(|rows| prepare(rows).map_err(StoreFailed::from))?;
            self.is_prepared.set(true);
        }
        Ok(rows)
    }
}
