//! Where the gateway answers what more than one module has to name.

use crate::id::JobId;

/// Where Discord posts.
pub const INTERACTIONS_PATH: &str = "/discord/interactions";

/// Where GitHub delivers what happens to pull requests.
pub const GITHUB_WEBHOOK_PATH: &str = "/github/webhook";

/// Everything of the operator API is below this.
pub const OPERATOR: &str = "/operator/v1/";

/// The crash report of a job, for operators, at a gateway whose address has no slash at its end.
pub fn crash_report(gateway: &str, job: &JobId) -> String {
    format!("{gateway}{OPERATOR}jobs/{job}/crash-report")
}
