//! What a thread reads about a fix: its progress, its end, and one line for the status.

use jiff::Timestamp;

use super::escape::{inline_code, text as escape};
use super::{after, format, steering, verification};
use crate::discord::message::{Color, Embed, Message};
use crate::executor::RunFailure;
use crate::fix::{Archived, Backlog, Cause, CodingPhase, Fix, Merge, QaStep, SearchNote, Stage};
use crate::service::Service;
use crate::shorten::shorten;
use crate::thread::Outcome;

/// The most files that are listed one by one.
const MAX_LISTED: usize = 12;
/// The most characters of the agent's own words in a terminal message.
const MAX_SUMMARY_CHARS: usize = 1_200;
/// Elapsed time in the progress moves in steps of this many seconds, so that it does not ask
/// for an edit every second.
const ELAPSED_STEP_SECS: u64 = 10;

/// The live message while a fix goes on.
pub fn fix_progress(fix: &Fix, now: Timestamp) -> String {
    let order = &fix.order;
    let what = match &order.round {
        None => "Fixing",
        Some(round) => after::round_title(round),
    };
    let mut lines = vec![format!(
        "🛠️ {what} **[{}](<{}>)** in `{}`",
        order.issue.key, order.issue.url, order.repository
    )];
    let done = |text: &str| format!("✅ {text}");
    let doing = |text: &str| format!("⏳ {text}");
    let todo = |text: &str| format!("▫️ {text}");
    match &fix.stage {
        Stage::Backlog(step) => lines.extend([
            doing(match step {
                Backlog::TakeOver | Backlog::ResolveBase => "Preparing: reading the repository",
                Backlog::SearchCode { .. } => "Preparing: looking for likely files",
            }),
            todo("Agent at work"),
            todo("Check against the path policy"),
            todo("Pull request"),
        ]),
        Stage::Coding(coding) => {
            lines.push(done(&prepared(coding)));
            let again = match coding.run.get() {
                1 => String::new(),
                run => format!(" (start {run}: the sandbox was lost)"),
            };
            lines.push(doing(&match &coding.phase {
                CodingPhase::Start | CodingPhase::Save { .. } => {
                    format!("Starting the sandbox{again}")
                }
                CodingPhase::Watch {
                    since,
                    last_step,
                    spent,
                    ..
                } => {
                    let elapsed = std::time::Duration::try_from(now - *since).unwrap_or_default();
                    let secs = elapsed.as_secs() / ELAPSED_STEP_SECS * ELAPSED_STEP_SECS;
                    let step = last_step.as_deref().map_or_else(String::new, |step| {
                        format!(" · {}", escape(&shorten(step, 120)))
                    });
                    format!(
                        "Agent at work{again} · {} · {}{step}",
                        format::duration(std::time::Duration::from_secs(secs)),
                        format::money(spent.cost_usd),
                    )
                }
                CodingPhase::Collect { .. } => "Agent has ended, reading its diff".to_owned(),
            }));
            lines.extend([todo("Check against the path policy"), todo("Pull request")]);
        }
        Stage::Qa(qa) => {
            let files = format::count(qa.work.changes.len(), "file");
            lines.push(done(&format!(
                "Agent done · {}",
                format::cost(&qa.work.spent)
            )));
            lines.push(done(&format!(
                "{files} changed, all within the path policy"
            )));
            lines.push(doing(match qa.step {
                QaStep::CreateBranch | QaStep::Commit => "Committing",
                QaStep::OpenPullRequest { .. } => "Opening the pull request",
            }));
        }
        Stage::Merge(_) | Stage::Archived(_) => {}
    }
    lines.extend(steering::lines(fix));
    lines.join("\n")
}

fn prepared(coding: &crate::fix::Coding) -> String {
    let commit: String = coding.brief.base.commit.as_str().chars().take(7).collect();
    let found = match (&coding.brief.search, coding.brief.likely.len()) {
        (SearchNote::GitHub, 0) => "no likely files found".to_owned(),
        (SearchNote::GitHub, n) => format::count(n, "likely file"),
        (SearchNote::InClone { .. }, _) => "searching in the clone".to_owned(),
    };
    format!(
        "Prepared: {} at `{commit}`, {found}",
        inline_code(&coding.brief.base.branch)
    )
}

/// The terminal message of a fix.
pub fn fix_terminal(fix: &Fix) -> Message {
    match &fix.stage {
        Stage::Merge(merge) => match &fix.order.round {
            None => opened(fix, merge),
            Some(round) => after::round_done(fix, round, merge),
        },
        Stage::Archived(archived) => ended_without(fix, archived),
        Stage::Backlog(_) | Stage::Coding(_) | Stage::Qa(_) => {
            Message::text("This fix has not ended.")
        }
    }
}

fn opened(fix: &Fix, merge: &Merge) -> Message {
    let order = &fix.order;
    let pull = &merge.pull_request;
    let mut embed = Embed::titled(format!(
        "Pull request #{}: {}",
        pull.number,
        escape(&order.issue.title)
    ))
    .with_url(&pull.url)
    .with_color(Color::GOOD)
    .with_description(escape(&shorten(&merge.summary, MAX_SUMMARY_CHARS)))
    .with_inline_field(
        "Issue",
        format!("[{}]({})", order.issue.key, order.issue.url),
    )
    .with_inline_field("Cost", format::cost(&merge.spent))
    .with_inline_field("Time", format::duration(merge.spent.elapsed))
    .with_field(
        format!("{} changed", format::count(merge.files.len(), "file")),
        format::list(merge.files.iter().map(|path| inline_code(path)), MAX_LISTED),
    )
    .with_field(
        "Branch",
        format!("`{}` → `{}`", merge.feature_branch, order.repository),
    )
    .with_footer(
        "Written by an agent and checked against the path policy: review it before you merge.",
    );
    embed = after::standing(fix, embed);
    embed = with_steering(embed, fix);
    if !merge.verification.is_empty() {
        let lines = verification::lines(&merge.verification);
        embed = embed.with_field("Verification", lines.join("\n"));
    }
    if !fix.notes().is_empty() {
        embed = embed.with_field("Not done", escape(&fix.notes().join("\n")));
    }
    Message::text(format!(
        "✅ **{}** has a pull request: {}",
        order.issue.key, pull.url
    ))
    .with_embed(embed)
}

fn ended_without(fix: &Fix, archived: &Archived) -> Message {
    let (what, mut next, color) = cause_in_words(&archived.cause);
    if let Some(round) = &fix.order.round {
        next = after::after_round(round);
    }
    let issue = &fix.order.issue;
    let title = match &archived.cause {
        Cause::Cancelled { .. } if fix.order.round.is_some() => {
            format!("{}: round cancelled", issue.key)
        }
        _ if fix.order.round.is_some() => format!("{}: no further commit", issue.key),
        Cause::Cancelled { .. } => format!("{}: fix cancelled", issue.key),
        _ => format!("{}: no pull request", issue.key),
    };
    let mut embed = Embed::titled(title)
        .with_url(&issue.url)
        .with_color(color)
        .with_description(&what)
        .with_field("What next", next);
    if archived.spent.turns > 0 || archived.spent.cost_usd > 0.0 {
        embed = embed
            .with_inline_field("Cost", format::cost(&archived.spent))
            .with_inline_field("Time", format::duration(archived.spent.elapsed));
    }
    embed = with_steering(embed, fix);
    let mark = if matches!(archived.cause, Cause::Cancelled { .. }) {
        "🛑"
    } else {
        "⚠️"
    };
    let first_line = what.lines().next().unwrap_or_default().to_owned();
    Message::text(format!("{mark} **{}** · {first_line}", issue.key)).with_embed(embed)
}

fn with_steering(embed: Embed, fix: &Fix) -> Embed {
    let lines: Vec<_> = steering::lines(fix).collect();
    if lines.is_empty() {
        return embed;
    }
    embed.with_field("Steering", lines.join("\n"))
}

/// What happened, what to do next, and how bad it is.
fn cause_in_words(cause: &Cause) -> (String, String, Color) {
    let retry = "`/bugbot retry` starts it again.".to_owned();
    match cause {
        Cause::Cancelled { by } => {
            (format!("Cancelled by {}. Nothing was pushed.", format::mention(by)), retry, Color::NEUTRAL)
        }
        Cause::NoChange { summary } => (
            format!(
                "The agent looked and changed nothing.\n>>> {}",
                escape(&shorten(summary, MAX_SUMMARY_CHARS))
            ),
            "Add what is missing to the thread (steps, expected and actual result), then `/bugbot retry`."
                .to_owned(),
            Color::ATTENTION,
        ),
        Cause::PolicyViolated { violations } => (
            format!(
                "The change touches what must not be changed, so nothing was pushed.\n{}",
                format::list(violations.iter().map(|v| format!("• {v}")), MAX_LISTED)
            ),
            "A person has to make this change, or the operator has to widen the path policy."
                .to_owned(),
            Color::ATTENTION,
        ),
        Cause::Conflict { branch } => (
            format!("The branch `{branch}` already holds something else, so nothing was pushed."),
            "Delete the branch or keep it, then `/bugbot fix` again: a new fix has its own branch."
                .to_owned(),
            Color::BAD,
        ),
        Cause::RunFailed { failure } => run_failure_in_words(failure),
        Cause::Superseded => (
            "The job had ended before the fix began.".to_owned(),
            retry,
            Color::NEUTRAL,
        ),
        Cause::SandboxLost { runs } => (
            format!("The sandbox was lost {}. Nothing was pushed.", times(*runs)),
            format!("{retry} If it happens again, the operator finds the reason in the logs."),
            Color::BAD,
        ),
        Cause::Upstream { service, error, exhausted } => (
            if *exhausted {
                let what = format::sentence(&escape(error));
                format!("{what}, each time it was tried.")
            } else {
                format!("{}.", format::sentence(&escape(error)))
            },
            if *exhausted {
                match service {
                    Service::Executor | Service::ThreadObject => {
                        format!("{retry} The operator finds the reason in the logs.")
                    }
                    _ => format!("{retry} Its status page may know more."),
                }
            } else {
                format!("The operator has to look at the credentials and permissions. {retry}")
            },
            Color::BAD,
        ),
    }
}

fn run_failure_in_words(failure: &RunFailure) -> (String, String, Color) {
    let retry = "`/bugbot retry` starts it again.";
    let narrower = "Narrow the report down (one bug, the page, the steps), then `/bugbot retry`; or the operator raises the limit.";
    let (what, next, color) = match failure {
        RunFailure::CloneFailed { reason } => (
            format!("The repository could not be cloned: {}", escape(reason)),
            "The operator has to look at the access to the repository.",
            Color::BAD,
        ),
        RunFailure::AgentFailed { reason } => (
            format!("The agent failed: {}", escape(reason)),
            retry,
            Color::BAD,
        ),
        RunFailure::ModelUnavailable { status, reason } => (
            format!("The model's service answered {status}: {}", escape(reason)),
            match status {
                401 | 403 => "The operator has to look at the model's key.",
                _ => retry,
            },
            Color::BAD,
        ),
        RunFailure::TimedOut => (
            "The agent's time was up before it was done.".to_owned(),
            narrower,
            Color::ATTENTION,
        ),
        RunFailure::TurnsExhausted => (
            "The agent's turns were used up before it was done.".to_owned(),
            narrower,
            Color::ATTENTION,
        ),
        RunFailure::BudgetExhausted => (
            "The agent's budget was used up before it was done.".to_owned(),
            narrower,
            Color::ATTENTION,
        ),
        RunFailure::DayBudgetExhausted { until } => (
            format!(
                "The budget of the day was used up before the agent was done. There is more <t:{}:R>.",
                until.as_second()
            ),
            "`/bugbot continue` lets it go on then.",
            Color::ATTENTION,
        ),
        RunFailure::ModelShut => (
            "The operator has shut off the agents' model.".to_owned(),
            "`/bugbot continue` lets it go on when the model is back.",
            Color::ATTENTION,
        ),
        RunFailure::ResultTooLarge { files, bytes } => (
            format!("The change is too large to be reviewed: {files} files, {bytes} bytes."),
            narrower,
            Color::ATTENTION,
        ),
        RunFailure::Internal { reason } => (
            format!("The sandbox failed: {}", escape(reason)),
            "`/bugbot retry` starts it again; the operator finds the reason in the logs.",
            Color::BAD,
        ),
    };
    (
        format!("{what} Nothing was pushed."),
        next.to_owned(),
        color,
    )
}

fn times(n: u32) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

/// How a fix stands, in one line.
pub fn fix_line(fix: &Fix, now: Timestamp) -> String {
    match &fix.stage {
        Stage::Merge(merge) => after::line(fix, merge),
        Stage::Archived(archived) => cause_in_words(&archived.cause)
            .0
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
        _ => fix_progress(fix, now)
            .lines()
            .find(|line| line.starts_with('⏳'))
            .unwrap_or("in preparation")
            .trim_start_matches('⏳')
            .trim()
            .to_owned(),
    }
}

/// How a fix ended, for the Thread object.
pub fn fix_outcome(fix: &Fix) -> Outcome {
    let line = fix_line(fix, fix.order.ordered_at);
    match &fix.stage {
        // A retry would be a whole new fix beside the pull request.
        Stage::Archived(_) if fix.order.round.is_some() => Outcome::Rejected(line),
        Stage::Archived(Archived {
            cause: Cause::Cancelled { .. },
            ..
        }) => Outcome::Cancelled(line),
        Stage::Archived(_) => Outcome::Failed(line),
        Stage::Backlog(_) | Stage::Coding(_) | Stage::Qa(_) | Stage::Merge(_) => {
            Outcome::Succeeded(line)
        }
    }
}
