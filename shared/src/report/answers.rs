//! The short answers: to commands that ask or order, and for jobs that end otherwise than well.

use jiff::Timestamp;

use super::escape::{inline_code, text as escape};
use super::format::{self, mention};
use super::waits::wait_line;
use crate::discord::message::{Color, Embed, Message};
use crate::fault::Fault;
use crate::fix::FixView;
use crate::id::UserId;
use crate::service::{Service, ServiceError};
use crate::thread::{Outcome, View};

/// A job begins.
pub fn started(command: &str) -> Message {
    Message::text(match command {
        "fix" => "⏳ Looking at the report before the fix…",
        _ => "⏳ Looking at the thread…",
    })
}

/// The user's mistake, and what would work.
pub fn rejected(why: &str) -> Message {
    Message::text(format!("⚠️ {why}"))
}

/// A fix was asked for where one runs.
pub fn fix_already_running() -> String {
    "A fix already runs in this thread. `/bugbot status` shows how it stands, `/bugbot cancel` stops it."
        .to_owned()
}

/// Too many commands are open in one thread.
pub fn crowded() -> String {
    format!(
        "{} commands are open in this thread. Wait until some have ended, or stop them with `/bugbot cancel`.",
        crate::thread::MAX_OPEN_JOBS
    )
}

/// A job that was stopped before it began.
pub fn cancelled_before_it_began(by: &UserId) -> Message {
    Message::text(format!("🛑 Cancelled by {} before it began.", mention(by)))
}

/// The answer to `cancel`.
pub fn cancel_answer(fix: Option<&str>, waiting: usize) -> Message {
    let waiting = match waiting {
        0 => None,
        1 => Some("1 waiting command will not begin".to_owned()),
        n => Some(format!("{n} waiting commands will not begin")),
    };
    let parts: Vec<String> = fix.map(str::to_owned).into_iter().chain(waiting).collect();
    if parts.is_empty() {
        return Message::text("Nothing runs in this thread: there is nothing to cancel.");
    }
    Message::text(format!("🛑 {}.", parts.join("; ")))
}

/// How the running fix answered to `cancel`.
pub fn fix_cancel_line(too_late: Option<&FixView>) -> String {
    match too_late {
        None => "The fix is being stopped; its message says when it has ended".to_owned(),
        Some(view) => format!("The fix can no longer be stopped: {}", view.line),
    }
}

/// How a command answers to `cancel` while a delivery acts on it, which takes seconds.
pub fn acting_cancel_line(command: &str) -> String {
    format!("`{command}` is nearly done and cannot be stopped")
}

/// The answer to `status`; `waits`: services that are not asked now, whether because they do not
/// answer, and until when.
pub fn status(view: &View, fix: Option<&FixView>, waits: &[(Service, bool, Timestamp)]) -> Message {
    let nothing = view.issue.is_none() && view.last.is_none() && view.open.is_empty();
    if nothing && fix.is_none() {
        return Message::text(
            "Nothing has happened in this thread yet. `/bugbot contextualize` gathers what is known about the bug.",
        );
    }
    let mut embed = Embed::titled("Status").with_color(Color::WORKING);
    embed = embed.with_field(
        "Issue",
        match &view.issue {
            Some(issue) => format!("[{}]({}) {}", issue.key, issue.url, escape(&issue.title)),
            None => "none yet".to_owned(),
        },
    );
    embed = embed.with_field(
        "Running",
        match (fix, view.open.is_empty()) {
            (Some(fix), _) => format!("fix: {}", fix.line),
            (None, true) => "nothing".to_owned(),
            (None, false) => "no fix".to_owned(),
        },
    );
    if !view.open.is_empty() {
        let names: Vec<&str> = view.open.iter().map(|(_, name)| name.as_str()).collect();
        embed = embed.with_field("Begun or waiting", names.join(", "));
    }
    if let Some((name, outcome)) = &view.last {
        let mark = match outcome {
            Outcome::Succeeded(_) => "✅",
            Outcome::Cancelled(_) => "🛑",
            Outcome::Rejected(_) | Outcome::Failed(_) | Outcome::Parked(_) => "⚠️",
        };
        embed = embed.with_field("Last", format!("{mark} {name}: {}", outcome.text()));
    }
    if !waits.is_empty() {
        let lines = waits.iter();
        let lines = lines.map(|(service, is_down, until)| wait_line(*service, *is_down, *until));
        embed = embed.with_field("Services", lines.collect::<Vec<_>>().join("\n"));
    }
    if let Some(again) = &view.again {
        let next = format!("`/bugbot retry` does the `{again}` again that did not work.");
        embed = embed.with_field("What next", next);
    }
    Message::embed(embed)
}

/// The rejection of a `retry` that has nothing to do.
pub fn nothing_to_retry() -> String {
    "Nothing in this thread has failed or was cancelled: there is nothing to retry. `/bugbot status` shows what there is."
        .to_owned()
}

/// A job that lies on the dead-letter queue.
pub fn parked(command: &str, because: &str) -> Message {
    Message::embed(
        Embed::titled(format!("{} could not be done", inline_code(command)))
            .with_color(Color::BAD)
            .with_description(because)
            .with_field(
                "What next",
                "The job is kept for the operator. `/bugbot retry` tries again once the cause is gone.",
            ),
    )
}

/// A job that nobody here can read. Its thread knows nothing of it, so that a retry finds nothing.
pub fn unreadable(command: &str) -> Message {
    Message::embed(
        Embed::titled(format!("{} could not be done", inline_code(command)))
            .with_color(Color::BAD)
            .with_description("It does not have the form that bugbot understands.")
            .with_field(
                "What next",
                "Give the command again. If it ends here again, tell the operator, for whom the job is kept: the two halves of bugbot are of different versions.",
            ),
    )
}

/// A job that an operator put aside before anybody was told of it.
pub fn discarded(command: &str, by: &UserId) -> Message {
    Message::embed(
        Embed::titled(format!("{} was put aside", inline_code(command)))
            .with_color(Color::NEUTRAL)
            .with_description(format!(
                "It could not be done, and {} let it be.",
                mention(by)
            ))
            .with_field("What next", "`/bugbot retry` does it again."),
    )
}

/// A job that nobody will end any more.
pub fn lost(command: &str) -> Message {
    Message::embed(
        Embed::titled(format!("`{command}` was lost"))
            .with_color(Color::BAD)
            .with_description("Our side lost track of this job before it had ended.")
            .with_field(
                "What next",
                "`/bugbot retry` does it again; nothing is done twice.",
            ),
    )
}

/// A fault in words for people: what failed, and whose matter it is.
pub fn fault_in_words(fault: &Fault) -> String {
    match fault {
        Fault::Rejected(why) => why.clone(),
        Fault::Upstream { service, error } => {
            let what = escape(&upstream_in_words(*service, error));
            format!("{}.", format::sentence(&what))
        }
        Fault::Platform(_) => "A part of bugbot did not answer.".to_owned(),
        Fault::Superseded | Fault::Bug(_) => {
            "This is a mistake in bugbot itself; the operator finds it in the logs.".to_owned()
        }
    }
}

/// What a service did to us, in words for people: a sentence without its full stop. Not escaped:
/// it is stored, and escaped where it is shown.
pub fn upstream_in_words(service: Service, error: &ServiceError) -> String {
    match error {
        ServiceError::Unreachable(_) => format!("{service} could not be reached"),
        ServiceError::RateLimited { .. } => {
            format!("{service} asks us to wait longer than this job can")
        }
        ServiceError::Unauthorized(why) => format!(
            "{service} does not let bugbot in ({why}). The operator has to look at its credentials and permissions"
        ),
        ServiceError::Expired | ServiceError::NotFound => {
            format!("{service} does not know what this job needs")
        }
        ServiceError::Refused(why) => format!("{service} refused: {why}"),
        ServiceError::Unexpected { status, .. } => {
            format!("{service} answered with an error ({status})")
        }
    }
}
