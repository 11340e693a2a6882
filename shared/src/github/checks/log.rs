//! The log of a job of GitHub Actions: where it is, and the part of it that matters.
//!
//! A job has the id of its check run. Its log lies elsewhere, at an address that is good for a
//! minute and takes no credential: ours is not sent there.
//!
//! <https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run>

use ::http::{Method, header};
use jiff::Timestamp;

use crate::github::answer::{about, checked};
use crate::github::name::RepoName;
use crate::http::{Request, Response, USER_AGENT};
use crate::redact;
use crate::service::{Api, ServiceError};

/// Where the runner marks what went wrong.
const ERROR: &str = "##[error]";
/// The lines after the last error that still belong to it; the clean-up comes then.
const LINES_AFTER: usize = 3;

/// Asks where the log is.
pub fn job_log_request(api: &Api, repo: &RepoName, job: u64) -> Request {
    let rest = ["actions", "jobs", &job.to_string(), "logs"];
    about(api, Method::GET, repo, &rest, &[])
}

/// Where the log is.
pub fn parse_job_log_address(response: &Response, now: Timestamp) -> Result<String, ServiceError> {
    if response.status() == 302 {
        let address = response.headers().get(header::LOCATION);
        let address = address.and_then(|value| value.to_str().ok());
        return address.map(str::to_owned).ok_or(ServiceError::Unexpected {
            status: 302,
            detail: "a log without an address".to_owned(),
        });
    }
    checked(response, now)?;
    Err(ServiceError::Unexpected {
        status: response.status().as_u16(),
        detail: "a log where its address should be".to_owned(),
    })
}

/// Asks for the log itself.
pub fn download_request(address: &str) -> Result<Request, ServiceError> {
    let request = ::http::Request::get(address).header(header::USER_AGENT, USER_AGENT);
    request
        .body(Vec::new())
        .map_err(|error| ServiceError::Unexpected {
            status: 302,
            detail: format!("a log without a usable address: {error}"),
        })
}

/// The lines before the last error, as many as fit into `max_chars`; of a log that marks none,
/// its end. Without the times and colours. It begins in the middle of no secret, such as a key of
/// many lines.
pub fn excerpt(log: &str, max_chars: usize) -> String {
    let lines: Vec<String> = log.lines().map(plain).collect();
    let last = lines.iter().rposition(|line| line.contains(ERROR));
    let end = last.map_or(lines.len(), |at| (at + 1 + LINES_AFTER).min(lines.len()));
    let mut room = max_chars;
    let mut begin = end;
    while begin > 0 {
        let needed = lines[begin - 1].chars().count() + 1;
        if needed > room {
            break;
        }
        room -= needed;
        begin -= 1;
    }
    let all = lines[..end].join("\n");
    let cut: usize = lines[..begin].iter().map(|line| line.len() + 1).sum();
    let mut out = all[redact::ceil(&all, cut.min(all.len()))..].to_owned();
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// A line without the time that the runner puts before it, and without ANSI's escapes.
fn plain(line: &str) -> String {
    let line = line.trim_start_matches('\u{feff}');
    let line = match line.split_once(' ') {
        Some((time, rest)) if time.parse::<Timestamp>().is_ok() => rest,
        _ => line,
    };
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // `ESC [ .. letter`
            let _ = chars.by_ref().find(char::is_ascii_alphabetic);
        } else if !c.is_control() || c == '\t' {
            out.push(c);
        }
    }
    out
}
