//! `bugbot jobs`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use shared::audit::Entry;
use shared::executor::Checkpoint;
use shared::fix::{CrashReport, Holds, NotKept, Place};
use shared::http::Http;
use shared::operator::{Acted, JobShown, JobView, MAX_PAGE, OperatorClient};

use crate::args::{JobsArgs, To};
use crate::outcome::{Done, Failure};
use crate::progress::doing;
use crate::table::{line, listing, moment, table};

pub(crate) async fn run(to: &To, args: &JobsArgs, http: &impl Http) -> Result<Done, Failure> {
    let client = to.client(http)?;
    match args {
        JobsArgs::List { limit } => {
            let jobs = list(&client, *limit).await?;
            Ok(Done::new(in_rows(&jobs), &jobs))
        }
        JobsArgs::Show(job) => {
            let job = client.job(&job.job, job.thread.as_deref()).await?;
            let text = in_full(&job) + &logs(&job) + &records(&job);
            Ok(Done::new(text, &job))
        }
        JobsArgs::Cancel(job) => Ok(acted(
            &client.cancel(&job.job, job.thread.as_deref()).await?,
        )),
        JobsArgs::CrashReport { job, out } => crash_report(&client, job, out).await,
        JobsArgs::Retry(job) => Ok(acted(&client.retry(&job.job, job.thread.as_deref()).await?)),
    }
}

async fn crash_report(
    client: &OperatorClient<impl Http>,
    job: &str,
    out: &Path,
) -> Result<Done, Failure> {
    let tar = {
        let _doing = doing("Fetching the crash report");
        client.crash_report(job).await?
    };
    crate::workspace::create(out, |to| to.write_all(&tar))?;
    let (bytes, file) = (tar.len(), out.display());
    // A tar is no JSON, packed or not.
    let text = if serde_json::from_slice::<Checkpoint>(&tar).is_ok() {
        format!(
            "{bytes} bytes are in {file}: the sandbox was lost, and this is the work that was \
             saved last, as JSON: the base commit, and each changed file with its content in \
             base64.\n"
        )
    } else {
        format!(
            "{bytes} bytes are in {file}: `bugbot workspace ls {file}` lists the files, \
             `restore` makes a directory of them.\n"
        )
    };
    Ok(Done::new(
        text,
        &json!({"job": job, "bytes": bytes, "file": out}),
    ))
}

async fn list(client: &OperatorClient<impl Http>, limit: usize) -> Result<Vec<JobView>, Failure> {
    let _doing = doing("Asking for the open jobs");
    let mut jobs: Vec<JobView> = Vec::new();
    let mut after = None;
    while jobs.len() < limit {
        let page = client
            .jobs((limit - jobs.len()).min(MAX_PAGE), after.as_deref())
            .await?;
        jobs.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(jobs)
}

/// What came of an order, in one line.
pub(crate) fn acted(acted: &Acted) -> Done {
    Done::new(format!("{}: {}\n", acted.id, acted.message), acted)
}

fn in_rows(jobs: &[JobView]) -> String {
    let rows: Vec<_> = jobs
        .iter()
        .map(|job| {
            [
                job.job.to_string(),
                job.command.clone().unwrap_or_else(|| "?".to_owned()),
                job.state.word().to_owned(),
                job.accepted_at.map(moment).unwrap_or_default(),
                cost(job).unwrap_or_default(),
                line(job.line.as_deref().unwrap_or_default(), 60),
            ]
        })
        .collect();
    table(
        [
            "JOB",
            "COMMAND",
            "STATE",
            "SINCE (UTC)",
            "COST",
            "WHERE IT STANDS",
        ],
        &rows,
        "No job is open.",
    )
}

fn in_full(shown: &JobShown) -> String {
    let job = &shown.job;
    let fix = job.fix.as_ref();
    let text = |value: &str| Some(line(value, 300));
    listing(&[
        ("Job", Some(job.job.to_string())),
        ("Command", job.command.clone()),
        ("State", Some(job.state.word().to_owned())),
        ("Stands", job.line.as_deref().and_then(text)),
        ("Thread", thread(shown)),
        (
            "Requested by",
            job.requested_by.as_ref().map(ToString::to_string),
        ),
        ("Since (UTC)", job.accepted_at.map(moment)),
        (
            "Issue",
            fix.map(|fix| format!("{} {}", fix.issue, fix.issue_url)),
        ),
        ("Repository", fix.map(|fix| fix.repository.clone())),
        ("Branch", fix.map(|fix| fix.branch.clone())),
        ("Pull request", fix.and_then(|fix| fix.pull_request.clone())),
        (
            "Run",
            fix.and_then(|fix| fix.run)
                .map(|run| format!("number {run}")),
        ),
        (
            "Last step",
            fix.and_then(|fix| fix.last_step.as_deref()).and_then(text),
        ),
        ("Cost", cost(job).map(|cost| cost + &rounds(job))),
        (
            "Failed tries",
            fix.map(|fix| fix.failed_tries)
                .filter(|n| *n > 0)
                .map(|n| n.to_string()),
        ),
        (
            "Waits until",
            fix.and_then(|fix| fix.waits_until).map(moment),
        ),
        ("Crash report", kept(job)),
        (
            "Notes",
            fix.map(|fix| fix.notes.join("; "))
                .filter(|it| !it.is_empty())
                .as_deref()
                .and_then(text),
        ),
    ])
}

/// Where the files are that its agent began with, if it failed.
fn kept(job: &JobView) -> Option<String> {
    let fix = job.fix.as_ref()?;
    let Some(report) = &fix.crash_report else {
        let lost = "none: the sandbox was lost, before any work of it was saved";
        return fix.sandbox_lost.then(|| lost.to_owned());
    };
    let files = match report.report.files {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    let name = match &report.holds {
        Holds::Files => line(&report.report.name, 200),
        Holds::SavedWork { .. } => {
            "none: the sandbox was lost. The work that was saved last".to_owned()
        }
    };
    Some(match &report.place {
        Place::Bucket { url, .. } => format!(
            "{name}, {files}: bugbot jobs crash-report {} --out FILE ({url})",
            job.job
        ),
        Place::Due => format!("{name}, {files}, on its way to the bucket"),
        Place::Executor { why } => format!(
            "{name}, {files}, in the executor's crash-reports while it has it: {}",
            not_kept(*why, report)
        ),
        Place::Nowhere { why } => {
            format!("{name}, {files}, is not kept: {}", not_kept(*why, report))
        }
    })
}

fn not_kept(why: NotKept, report: &CrashReport) -> String {
    match why {
        NotKept::NoBucket => "no bucket is bound as CRASH_REPORTS".to_owned(),
        NotKept::TooLarge => {
            let bytes = report.report.carried_bytes();
            format!("{bytes} bytes are too many to be carried")
        }
        NotKept::Failed => "it could not be put into the bucket".to_owned(),
    }
}

fn thread(shown: &JobShown) -> Option<String> {
    let thread = shown.job.thread.as_ref()?;
    let url = shown.discord_url.as_ref();
    Some(url.map_or_else(|| thread.to_string(), |url| format!("{thread} {url}")))
}

fn rounds(job: &JobView) -> String {
    match &job.fix {
        Some(fix) if fix.rounds > 0 => {
            format!(
                ", and ${:.2} for {} more rounds",
                fix.rounds_usd, fix.rounds
            )
        }
        _ => String::new(),
    }
}

/// Where its log lines are: no worker can read them.
fn logs(shown: &JobShown) -> String {
    format!(
        "\nTrace {}; its lines, as they are written:\n  npx wrangler tail --env consumer --format \
         json --search {}\n",
        shown.trace, shown.job.job
    )
}

/// What the audit logs hold of it.
fn records(shown: &JobShown) -> String {
    let rows: Vec<_> = shown.audit.iter().map(record).collect();
    let head = ["AT (UTC)", "RECORDED", "AND"];
    let mut text = format!("\n{}", table(head, &rows, "Nothing is recorded of it."));
    if let Some(why) = &shown.audit_missing {
        let _ = writeln!(text, "Not all of it can be told: {}.", line(why, 200));
    }
    text
}

/// One entry. What its fact names besides the job is shown as it is: newer facts too.
fn record(entry: &Entry) -> [String; 3] {
    let fact = entry.fact.as_object();
    let fields = fact.into_iter().flatten();
    let told = fields.filter(|(name, _)| !["what", "job", "thread"].contains(&name.as_str()));
    let told: Vec<String> = told.map(|(name, value)| field(name, value)).collect();
    let what = entry.fact["what"].as_str().unwrap_or("?");
    [
        moment(entry.at),
        line(what, 30),
        line(&told.join(", "), 140),
    ]
}

fn field(name: &str, value: &Value) -> String {
    match (name.strip_suffix("MicroUsd"), value) {
        (Some(name), Value::Number(micro)) => {
            format!("{name} ${:.2}", micro.as_f64().unwrap_or_default() / 1e6)
        }
        (_, Value::String(text)) => format!("{name} {text}"),
        (_, Value::Array(items)) => {
            let items = items.iter().map(|item| item.as_str().unwrap_or_default());
            format!("{name} {}", items.collect::<Vec<_>>().join(" "))
        }
        (_, other) => format!("{name} {other}"),
    }
}

fn cost(job: &JobView) -> Option<String> {
    let fix = job.fix.as_ref()?;
    let spent = fix.spent.as_ref()?;
    Some(format!("${:.2} of ${:.2}", spent.cost_usd, fix.budget_usd))
}
