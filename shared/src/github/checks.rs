//! What continuous integration says of a commit: check runs, statuses of the older kind, and the
//! words in which a check says why it failed.
//!
//! <https://docs.github.com/en/rest/checks/runs>, <https://docs.github.com/en/rest/commits/statuses>

mod log;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use ::http::Method;
use jiff::Timestamp;
use serde::Deserialize;

pub use log::{download_request, excerpt, job_log_request, parse_job_log_address};

use super::GitHubClient;
use super::answer::{about, checked};
use super::name::RepoName;
use super::token::Permissions;
use crate::http::{Http, Request, Response};
use crate::id::CommitId;
use crate::ports::Clock;
use crate::service::{Api, ServiceError, decode};
use crate::shorten::shorten;

/// The most checks that are read of a commit, of each kind.
const MAX_CHECKS: &str = "100";
/// The most checks whose words are read.
const MAX_FAILURES: usize = 4;
/// The most annotations that are read of a check.
const MAX_ANNOTATIONS: &str = "20";
/// The most characters that a check says of itself.
const MAX_SAID_CHARS: usize = 2_000;
/// The app whose check runs are jobs of GitHub Actions, with a log.
const ACTIONS: &str = "github-actions";

/// One check of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub state: CheckState,
    /// What it says of itself.
    pub said: String,
    /// Its id, if it is a check run: a status has nothing more to read.
    pub run: Option<u64>,
    /// Whether it is a job of GitHub Actions.
    pub is_job: bool,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// It has not ended.
    Pending,
    /// It is content, or has nothing to say.
    Passed,
    /// It is not.
    Failed,
}

/// How the checks of a commit stand, all together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChecksVerdict {
    /// There are none.
    None,
    /// Some have not ended; these have failed already.
    Pending {
        /// By name.
        failed: Vec<String>,
    },
    /// All have passed.
    Passed,
    /// All have ended and these have failed.
    Failed {
        /// By name.
        failed: Vec<String>,
    },
}

/// What [`Check`]s say together.
pub fn checks_verdict(checks: &[Check]) -> ChecksVerdict {
    let failed: Vec<String> = failures(checks).map(|check| check.name.clone()).collect();
    if checks.is_empty() {
        ChecksVerdict::None
    } else if checks
        .iter()
        .any(|check| check.state == CheckState::Pending)
    {
        ChecksVerdict::Pending { failed }
    } else if failed.is_empty() {
        ChecksVerdict::Passed
    } else {
        ChecksVerdict::Failed { failed }
    }
}

fn failures(checks: &[Check]) -> impl Iterator<Item = &Check> {
    checks
        .iter()
        .filter(|check| check.state == CheckState::Failed)
}

/// Lists the newest check run of each name.
pub fn check_runs_request(api: &Api, repo: &RepoName, commit: &CommitId) -> Request {
    let rest = ["commits", commit.as_str(), "check-runs"];
    about(
        api,
        Method::GET,
        repo,
        &rest,
        &[("filter", "latest"), ("per_page", MAX_CHECKS)],
    )
}

/// Lists the newest status of each context.
pub fn combined_status_request(api: &Api, repo: &RepoName, commit: &CommitId) -> Request {
    let rest = ["commits", commit.as_str(), "status"];
    about(api, Method::GET, repo, &rest, &[("per_page", MAX_CHECKS)])
}

/// Lists what a check run has to say of lines.
pub fn annotations_request(api: &Api, repo: &RepoName, run: u64) -> Request {
    let rest = ["check-runs", &run.to_string(), "annotations"];
    about(
        api,
        Method::GET,
        repo,
        &rest,
        &[("per_page", MAX_ANNOTATIONS)],
    )
}

/// The check runs.
pub fn parse_check_runs(response: &Response, now: Timestamp) -> Result<Vec<Check>, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        check_runs: Vec<Run>,
    }
    #[derive(Deserialize)]
    struct Run {
        id: u64,
        name: String,
        status: String,
        conclusion: Option<String>,
        #[serde(default)]
        output: Output,
        app: Option<App>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Output {
        title: Option<String>,
        summary: Option<String>,
        text: Option<String>,
    }
    #[derive(Deserialize)]
    struct App {
        #[serde(default)]
        slug: Option<String>,
    }
    let wire: Wire = decode(checked(response, now)?)?;
    let check = |run: Run| {
        let said = [run.output.title, run.output.summary, run.output.text];
        let said: Vec<String> = said.into_iter().flatten().collect();
        Check {
            state: match (run.status.as_str(), run.conclusion.as_deref()) {
                ("completed", Some("failure" | "timed_out" | "startup_failure")) => {
                    CheckState::Failed
                }
                // Somebody has to press a button; waiting for it would not end.
                ("completed", _) => CheckState::Passed,
                _ => CheckState::Pending,
            },
            name: run.name,
            said: shorten(&said.join("\n"), MAX_SAID_CHARS),
            run: Some(run.id),
            is_job: run.app.and_then(|app| app.slug).as_deref() == Some(ACTIONS),
        }
    };
    Ok(wire.check_runs.into_iter().map(check).collect())
}

/// The statuses.
pub fn parse_combined_status(
    response: &Response,
    now: Timestamp,
) -> Result<Vec<Check>, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        // Of no use: "pending" also where there is no status at all.
        statuses: Vec<Status>,
    }
    #[derive(Deserialize)]
    struct Status {
        context: String,
        state: String,
        description: Option<String>,
    }
    let wire: Wire = decode(checked(response, now)?)?;
    let check = |status: Status| Check {
        state: match status.state.as_str() {
            "success" => CheckState::Passed,
            "pending" => CheckState::Pending,
            _ => CheckState::Failed,
        },
        name: status.context,
        said: shorten(&status.description.unwrap_or_default(), MAX_SAID_CHARS),
        run: None,
        is_job: false,
    };
    Ok(wire.statuses.into_iter().map(check).collect())
}

/// The annotations, one a line: `src/cart.ts:12 (failure): expected 2, got 11`.
pub fn parse_annotations(response: &Response, now: Timestamp) -> Result<String, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        path: String,
        start_line: u64,
        annotation_level: Option<String>,
        message: Option<String>,
    }
    let wire: Vec<Wire> = decode(checked(response, now)?)?;
    let mut lines = String::new();
    for Wire {
        path,
        start_line,
        annotation_level,
        message,
    } in wire
    {
        let level = annotation_level.unwrap_or_default();
        let message = shorten(&message.unwrap_or_default(), MAX_SAID_CHARS);
        let _ = writeln!(lines, "{path}:{start_line} ({level}): {message}");
    }
    Ok(lines)
}

impl<H: Http, C: Clock> GitHubClient<H, C> {
    /// The checks of a commit, of both kinds.
    pub async fn checks(
        &self,
        repo: &RepoName,
        commit: &CommitId,
    ) -> Result<Vec<Check>, ServiceError> {
        let api = self.access_to(repo, Permissions::Checks).await?;
        let runs = self.send(check_runs_request(&api, repo, commit)).await?;
        let mut checks = parse_check_runs(&runs, self.clock.now())?;
        let statuses = self
            .send(combined_status_request(&api, repo, commit))
            .await?;
        checks.extend(parse_combined_status(&statuses, self.clock.now())?);
        Ok(checks)
    }

    /// Why checks failed, in their own words, of `max_chars` characters at most. What cannot be
    /// read is left out: half a reason is better than none.
    pub async fn failing_log(&self, repo: &RepoName, checks: &[Check], max_chars: usize) -> String {
        let considered: Vec<&Check> = failures(checks).take(MAX_FAILURES).collect();
        let each = max_chars / considered.len().max(1);
        let checks = self.access_to(repo, Permissions::Checks).await.ok();
        let jobs = self.access_to(repo, Permissions::Actions).await.ok();
        let mut log = String::new();
        for check in considered {
            let mut part = format!("## {}\n{}\n", check.name, check.said);
            if let (Some(run), Some(api)) = (check.run, &checks) {
                part += &self.annotations(api, repo, run).await.unwrap_or_default();
            }
            if let (Some(run), true, Some(api)) = (check.run, check.is_job, &jobs) {
                let room = each.saturating_sub(part.chars().count());
                let whole = self.job_log(api, repo, run).await.unwrap_or_default();
                part += &excerpt(&whole, room);
            }
            log += &shorten(&part, each);
            log.push('\n');
        }
        log
    }

    async fn annotations(
        &self,
        api: &Api,
        repo: &RepoName,
        run: u64,
    ) -> Result<String, ServiceError> {
        let response = self.send(annotations_request(api, repo, run)).await?;
        parse_annotations(&response, self.clock.now())
    }

    async fn job_log(&self, api: &Api, repo: &RepoName, job: u64) -> Result<String, ServiceError> {
        let response = self.send(job_log_request(api, repo, job)).await?;
        let address = parse_job_log_address(&response, self.clock.now())?;
        let log = self.send(download_request(&address)?).await?;
        Ok(String::from_utf8_lossy(checked(&log, self.clock.now())?.body()).into_owned())
    }
}
