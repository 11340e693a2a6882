//! Log lines go to the worker's console, as text.
//!
//! Text and not an object: Workers Logs indexes the fields of either, but only a text is one line
//! everywhere else: an object is printed over many lines by `wrangler tail` and workerd, and cut
//! at a depth. In `wrangler tail --format json` a line is an element of `.logs[].message`.
//! <https://developers.cloudflare.com/workers/observability/logs/workers-logs/>

use shared::ports::{Level, Log};

/// Writes to the worker's console.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console;

impl Log for Console {
    fn write(&self, level: Level, line: &str) {
        match level {
            Level::Info => worker::console_log!("{line}"),
            Level::Warn => worker::console_warn!("{line}"),
            Level::Error => worker::console_error!("{line}"),
        }
    }
}
