//! The bucket of crash reports: one worker fills it, and the other reads it.

use super::{Check, CheckUp};

const AREA: &str = "reports";
const NAME: &str = "CRASH_REPORTS";
const FIX: &str = "Bind the same bucket in both environments of wrangler.toml, and deploy: \
                   docs/workspaces.md.";

/// Looks at the bindings. `is_bound`: whether the worker that is asked, the consumer, has one.
pub fn crash_reports(asked: &CheckUp, is_bound: bool) -> Check {
    match (asked.keeps_reports.unwrap_or(is_bound), is_bound) {
        (true, true) => Check::ok(AREA, NAME, "a bucket is bound"),
        (false, false) => Check::warn(
            AREA,
            NAME,
            "no bucket is bound: what a failed run leaves behind goes with its sandbox",
            FIX,
        ),
        (false, true) => Check::fail(
            AREA,
            NAME,
            "is bound in the consumer only: reports are kept there, and nobody can fetch one",
            FIX,
        ),
        (true, false) => Check::fail(
            AREA,
            NAME,
            "is bound in the gateway only: no report is kept",
            FIX,
        ),
    }
}
