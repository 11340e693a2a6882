//! What a thread reads about a fix: its end, and one line for the status.

use jiff::Timestamp;

use super::details::Details;
use super::escape::{inline_code, prose, text as escape};
use super::{after, buttons, crash, format, progress, steering, verification};
use crate::discord::message::{Color, Embed, Message};
use crate::executor::RunFailure;
use crate::fix::{Archived, Cause, Fix, Merge, Stage};
use crate::service::Service;
use crate::shorten::shorten;
use crate::thread::Outcome;

/// The most files that are listed one by one.
const MAX_LISTED: usize = 12;
/// The most characters of the agent's own words in a terminal message.
const MAX_SUMMARY_CHARS: usize = 1_200;
/// The most characters of what a program said when it failed.
const MAX_REASON_CHARS: usize = 600;
/// The file with all of the agent's words.
const SUMMARY: &str = "summary.md";

/// The terminal message of a fix; `can_deploy`: there is a hook that deploys its branch.
pub fn fix_terminal(fix: &Fix, can_deploy: bool) -> Message {
    match &fix.stage {
        Stage::Merge(merge) => match &fix.order.round {
            None => opened(fix, merge, can_deploy),
            Some(round) => after::round_done(fix, round, merge),
        },
        Stage::Archived(archived) => ended_without(fix, archived),
        Stage::Backlog(_) | Stage::Coding(_) | Stage::Qa(_) => {
            Message::text("This fix has not ended.")
        }
    }
}

fn opened(fix: &Fix, merge: &Merge, can_deploy: bool) -> Message {
    let order = &fix.order;
    let pull = &merge.pull_request;
    let mut details = Details::default();
    let summary = details.text(SUMMARY, &merge.summary, MAX_SUMMARY_CHARS);
    let files = details.list(
        "files.txt",
        &merge.files,
        MAX_LISTED,
        |path| inline_code(path),
        String::clone,
    );
    let mut embed = Embed::titled(format!(
        "Pull request #{}: {}",
        pull.number,
        escape(&order.issue.title)
    ))
    .with_url(&pull.url)
    .with_color(Color::GOOD)
    .with_description(prose(&summary))
    .with_inline_field(
        "Issue",
        format!("[{}]({})", order.issue.key, order.issue.url),
    )
    .with_inline_field("Cost", format::cost(&merge.spent))
    .with_inline_field("Time", format::duration(merge.spent.elapsed))
    .with_field(
        format!("{} changed", format::count(merge.files.len(), "file")),
        files,
    )
    .with_field(
        "Branch",
        format!("`{}` → `{}`", merge.feature_branch, order.repository),
    )
    .with_footer(
        "Written by an agent and checked against the path policy: review it before you merge.",
    );
    embed = after::standing(fix, embed);
    embed = steering::shown_in(embed, fix);
    if !merge.verification.is_empty() {
        let lines = verification::lines(&merge.verification);
        embed = embed.with_field("Verification", lines.join("\n"));
    }
    if !fix.notes().is_empty() {
        embed = embed.with_field("Not done", escape(&fix.notes().join("\n")));
    }
    let message = Message::text(format!(
        "✅ **{}** has a pull request: {}",
        order.issue.key, pull.url
    ))
    .with_embed(details.named_in(embed))
    .with_buttons(buttons::of_opened(fix, merge, can_deploy));
    details.attached_to(message)
}

fn ended_without(fix: &Fix, archived: &Archived) -> Message {
    let mut details = Details::default();
    let (what, mut next, color) = cause_in_words(&archived.cause, &mut details);
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
    if let Some(report) = crash::field(fix, archived) {
        embed = embed.with_field("Crash report", report);
    }
    embed = steering::shown_in(embed, fix);
    let mark = if matches!(archived.cause, Cause::Cancelled { .. }) {
        "🛑"
    } else {
        "⚠️"
    };
    let first_line = what.lines().next().unwrap_or_default().to_owned();
    let message = Message::text(format!("{mark} **{}** · {first_line}", issue.key))
        .with_embed(details.named_in(embed))
        .with_buttons(buttons::of_ended(fix, archived));
    details.attached_to(message)
}

/// What happened, what to do next, and how bad it is.
fn cause_in_words(cause: &Cause, details: &mut Details) -> (String, String, Color) {
    let retry = "`/bugbot retry` starts it again.".to_owned();
    match cause {
        Cause::Cancelled { by } => {
            (format!("Cancelled by {}. Nothing was pushed.", format::mention(by)), retry, Color::NEUTRAL)
        }
        Cause::NotApproved { by } => (
            format!("<@{by}> did not approve the plan. Nothing was begun."),
            retry,
            Color::NEUTRAL,
        ),
        Cause::ApprovalExpired => (
            format!(
                "Nobody approved the plan within {}. Nothing was begun.",
                format::duration(crate::fix::APPROVAL_LIMIT)
            ),
            retry,
            Color::ATTENTION,
        ),
        Cause::PolicyUnusable { why } => (
            format!(
                "`{}` of the repository cannot be used: {}. Nothing was begun.",
                crate::repository_policy::PATH,
                escape(&shorten(why, 300))
            ),
            format!("Mend it on the default branch, then {retry}"),
            Color::ATTENTION,
        ),
        Cause::NoChange { summary } => (
            format!(
                "The agent looked and changed nothing.\n>>> {}",
                prose(&details.text(SUMMARY, summary, MAX_SUMMARY_CHARS))
            ),
            "Add what is missing to the thread (steps, expected and actual result), then `/bugbot retry`."
                .to_owned(),
            Color::ATTENTION,
        ),
        Cause::PolicyViolated { violations } => (
            format!(
                "The change touches what must not be changed, so nothing was pushed.\n{}",
                details.list(
                    "violations.txt",
                    violations,
                    MAX_LISTED,
                    |violation| format!("• {violation}"),
                    ToString::to_string,
                )
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
        Cause::RunFailed { failure } => run_failure_in_words(failure, details),
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

fn run_failure_in_words(failure: &RunFailure, details: &mut Details) -> (String, String, Color) {
    let retry = "`/bugbot retry` starts it again.";
    let narrower = "Narrow the report down (one bug, the page, the steps), then `/bugbot retry`; or the operator raises the limit.";
    let mut said = |reason: &str| escape(&details.text("failure.log", reason, MAX_REASON_CHARS));
    let (what, next, color) = match failure {
        RunFailure::CloneFailed { reason } => (
            format!("The repository could not be cloned: {}", said(reason)),
            "The operator has to look at the access to the repository.",
            Color::BAD,
        ),
        RunFailure::AgentFailed { reason } => (
            format!("The agent failed: {}", said(reason)),
            retry,
            Color::BAD,
        ),
        RunFailure::ModelUnavailable { status, reason } => (
            format!("The model's service answered {status}: {}", said(reason)),
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
            "The agent's budget was used up before it was done; its work so far is kept."
                .to_owned(),
            "`/bugbot continue` lets it go on from there with as much again; `budget:` says how much.",
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
            format!("The sandbox failed: {}", said(reason)),
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
        Stage::Archived(archived) => cause_in_words(&archived.cause, &mut Details::default())
            .0
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
        _ => progress::line(fix, now),
    }
}

/// How a fix ended, for the Thread object.
pub fn fix_outcome(fix: &Fix) -> Outcome {
    let line = fix_line(fix, fix.order.ordered_at);
    match &fix.stage {
        // A retry would be a whole new fix beside the pull request.
        Stage::Archived(_) if fix.order.round.is_some() => Outcome::Rejected(line),
        Stage::Archived(Archived {
            cause: Cause::Cancelled { .. } | Cause::NotApproved { .. },
            ..
        }) => Outcome::Cancelled(line),
        Stage::Archived(_) => Outcome::Failed(line),
        Stage::Backlog(_) | Stage::Coding(_) | Stage::Qa(_) | Stage::Merge(_) => {
            Outcome::Succeeded(line)
        }
    }
}
