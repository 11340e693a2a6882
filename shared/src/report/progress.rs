//! The live message of a fix while it goes on: one embed that says how it stands, and the
//! buttons that do something then.

use std::time::Duration;

use jiff::Timestamp;

use super::escape::{inline_code, prose, text as escape};
use super::waits::wait_line;
use super::{after, approval, buttons, format, steering};
use crate::discord::message::{Color, Embed, Message};
use crate::fix::{Backlog, Coding, CodingPhase, Fix, Qa, QaStep, SearchNote, Stage};
use crate::shorten::shorten;

/// Elapsed time in the progress moves in steps of this many seconds, so that it does not ask
/// for an edit every second.
const ELAPSED_STEP_SECS: u64 = 10;
/// The most characters of the agent's last step.
const MAX_STEP_CHARS: usize = 200;

/// The live message.
pub fn fix_progress(fix: &Fix, now: Timestamp) -> Message {
    let order = &fix.order;
    let what = match &order.round {
        None => "Fixing",
        Some(round) => after::round_title(round),
    };
    let title = format!("{}: {}", order.issue.key, escape(&order.issue.title));
    let mut embed = Embed::titled(title)
        .with_url(&order.issue.url)
        .with_color(Color::WORKING)
        .with_description(steps(fix).join("\n"))
        .with_inline_field("Stage", stage(fix))
        .with_inline_field("Elapsed", elapsed(order.ordered_at, now))
        .with_inline_field("Cost", cost(fix));
    if let Some(step) = last_step(fix) {
        embed = embed.with_field("Last step", prose(&shorten(step, MAX_STEP_CHARS)));
    }
    embed = steering::shown_in(embed, fix);
    Message::text(format!(
        "🛠️ {what} **{}** in `{}`",
        order.issue.key, order.repository
    ))
    .with_embed(embed)
    .with_buttons(buttons::of_running(fix))
}

/// What is being done, in one line for the status.
pub(super) fn line(fix: &Fix, now: Timestamp) -> String {
    let doing = doing(fix);
    let Stage::Coding(Coding {
        phase:
            CodingPhase::Watch {
                since,
                last_step,
                spent,
                ..
            },
        ..
    }) = &fix.stage
    else {
        return doing;
    };
    let step = last_step.as_deref().map_or_else(String::new, |step| {
        format!(" · {}", prose(&shorten(step, 120)))
    });
    format!(
        "{doing} · {} · {}{step}",
        elapsed(*since, now),
        format::money(spent.cost_usd),
    )
}

/// The steps of a fix, each with the mark of how it stands.
fn steps(fix: &Fix) -> Vec<String> {
    if let Stage::Backlog(Backlog::Approve { brief, until }) = &fix.stage {
        return approval::plan(fix, brief, *until);
    }
    let (done, todo): (Vec<String>, &[&str]) = match &fix.stage {
        Stage::Backlog(_) => (
            Vec::new(),
            &[
                "Agent at work",
                "Check against the path policy",
                "Pull request",
            ],
        ),
        Stage::Coding(coding) => (
            vec![prepared(coding)],
            &["Check against the path policy", "Pull request"],
        ),
        Stage::Qa(qa) => (worked(qa), &[]),
        Stage::Merge(_) | Stage::Archived(_) => (Vec::new(), &[]),
    };
    let done = done.into_iter().map(|text| format!("✅ {text}"));
    let todo = todo.iter().map(|text| format!("▫️ {text}"));
    let waits = fix
        .held_back()
        .map(|wait| wait_line(wait.service, wait.is_down, wait.until));
    done.chain([format!("⏳ {}", doing(fix))])
        .chain(waits)
        .chain(todo)
        .collect()
}

fn doing(fix: &Fix) -> String {
    match &fix.stage {
        Stage::Backlog(Backlog::SearchCode { .. }) => {
            "Preparing: looking for likely files".to_owned()
        }
        Stage::Backlog(Backlog::ReadPolicy { .. }) => {
            "Preparing: reading the repository's rules".to_owned()
        }
        Stage::Backlog(Backlog::Approve { .. }) => "Waiting for approval".to_owned(),
        Stage::Backlog(_) => "Preparing: reading the repository".to_owned(),
        Stage::Coding(coding) => {
            let again = match coding.run.get() {
                1 => String::new(),
                run => format!(" (start {run}: the sandbox was lost)"),
            };
            match &coding.phase {
                CodingPhase::Start | CodingPhase::Save { .. } => {
                    format!("Starting the sandbox{again}")
                }
                CodingPhase::Watch { .. } => format!("Agent at work{again}"),
                CodingPhase::Collect { .. } => "Agent has ended, reading its diff".to_owned(),
            }
        }
        Stage::Qa(qa) => match qa.step {
            QaStep::CreateBranch | QaStep::Commit => "Committing".to_owned(),
            QaStep::OpenPullRequest { .. } => "Opening the pull request".to_owned(),
        },
        Stage::Merge(_) | Stage::Archived(_) => "Telling people".to_owned(),
    }
}

fn prepared(coding: &Coding) -> String {
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

fn worked(qa: &Qa) -> Vec<String> {
    let files = format::count(qa.work.changes.len(), "file");
    vec![
        format!("Agent done · {}", format::cost(&qa.work.spent)),
        format!("{files} changed, all within the path policy"),
    ]
}

fn stage(fix: &Fix) -> &'static str {
    match &fix.stage {
        Stage::Backlog(_) => "Preparing",
        Stage::Coding(_) => "Coding",
        Stage::Qa(_) => "Checking",
        Stage::Merge(_) => "Pull request",
        Stage::Archived(_) => "Ending",
    }
}

fn cost(fix: &Fix) -> String {
    format::money(match &fix.stage {
        Stage::Coding(coding) => coding.spent().cost_usd,
        Stage::Qa(qa) => qa.work.spent.cost_usd,
        Stage::Merge(merge) => merge.spent.cost_usd,
        Stage::Backlog(_) => 0.0,
        Stage::Archived(archived) => archived.spent.cost_usd,
    })
}

fn last_step(fix: &Fix) -> Option<&str> {
    match &fix.stage {
        Stage::Coding(Coding {
            phase: CodingPhase::Watch { last_step, .. },
            ..
        }) => last_step.as_deref(),
        _ => None,
    }
}

fn elapsed(since: Timestamp, now: Timestamp) -> String {
    let elapsed = Duration::try_from(now - since).unwrap_or_default();
    let secs = elapsed.as_secs() / ELAPSED_STEP_SECS * ELAPSED_STEP_SECS;
    format::duration(Duration::from_secs(secs))
}
