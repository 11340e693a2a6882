//! The answers to orders about a fix: approve, reject, steer, continue, deploy; and to whoever
//! points at a job that is not there or not like that.

use crate::command::Verb;
use crate::discord::message::Message;
use crate::fix::FixView;
use crate::thread::{KnownJob, Outcome, Standing};

/// An order was carried out.
pub fn ordered(said: &str) -> Message {
    Message::text(format!("✅ {said}"))
}

/// There is no fix that an order could be about.
pub fn no_fix_here() -> String {
    "There is no fix in this thread yet. `/bugbot fix` starts one.".to_owned()
}

/// There are fixes, but none runs.
pub fn no_fix_runs(verb: Verb) -> String {
    format!(
        "No fix runs in this thread, so there is nothing to {verb}. `/bugbot status` shows how the last one ended."
    )
}

/// Somebody pointed at a job that the conversation does not know.
pub fn unknown_job() -> String {
    "I know no such job in this thread. `/bugbot status` shows what there is.".to_owned()
}

/// A button under a message so old that its job is forgotten.
pub fn forgotten_job() -> String {
    "That job was too long ago: I no longer know it. `/bugbot status` shows what there is."
        .to_owned()
}

/// Somebody pointed at a job that is no fix.
pub fn not_a_fix(job: &KnownJob) -> String {
    format!("That job is a `{}` and not a fix.", job.command)
}

/// An order about a running job came after its end.
pub fn has_ended(job: &KnownJob) -> String {
    match &job.standing {
        Standing::Ended(outcome) if !outcome.text().is_empty() => {
            format!(
                "That `{}` has already ended: {}",
                job.command,
                outcome.text()
            )
        }
        _ => format!("That `{}` has already ended.", job.command),
    }
}

/// A job among others to choose from: plain text, without Markdown.
pub fn job_choice(job: &KnownJob) -> String {
    let command = job.command;
    match &job.standing {
        Standing::Waiting => format!("{command}, waits for its turn"),
        Standing::Running => format!("{command}, running"),
        Standing::Ended(outcome) => {
            let how = match outcome {
                Outcome::Succeeded(_) => "done",
                Outcome::Cancelled(_) => "cancelled",
                Outcome::Rejected(_) => "rejected",
                Outcome::Failed(_) | Outcome::Parked(_) => "failed",
            };
            format!("{command}, {how}: {}", outcome.text())
        }
    }
}

/// The answer to `status` about one job.
pub fn status_of(job: &KnownJob, fix: Option<&FixView>) -> Message {
    let line = match (fix, &job.standing) {
        (Some(fix), _) => fix.line.clone(),
        (None, Standing::Waiting) => "waits for its turn".to_owned(),
        (None, Standing::Running) => "is being worked on".to_owned(),
        (None, Standing::Ended(_)) => return Message::text(format!("ℹ️ {}", has_ended(job))),
    };
    Message::text(format!("ℹ️ `{}`: {line}", job.command))
}

/// A fix that is still being prepared cannot be told anything yet.
pub fn just_being_prepared() -> String {
    "That fix is just being prepared: try again in a moment.".to_owned()
}

/// A retry of a job that is not the one to be done again.
pub fn not_the_one_to_retry() -> String {
    "Something else has happened in this thread since that job ended, so it is not done again. `/bugbot status` shows what there is.".to_owned()
}

/// Instructions without words.
pub fn steer_without_text() -> String {
    "What should the agent know or do differently? Say so in the `text` option: `/bugbot steer text:…`.".to_owned()
}

/// An order to approve or reject where nobody asked.
pub fn nothing_to_approve() -> String {
    "This fix does not wait for anybody's approval.".to_owned()
}

/// Instructions for a fix that takes none.
pub fn cannot_be_steered() -> String {
    "This fix takes no further instructions now. `/bugbot cancel` stops it; what you add to the thread before `/bugbot fix` is read."
        .to_owned()
}

/// More money for a fix that did not ask for it.
pub fn nothing_to_continue() -> String {
    "This fix has not stopped at a limit, so there is nothing to continue. `/bugbot retry` does one again that failed."
        .to_owned()
}

/// A deployment where there is nothing to deploy, or nowhere.
pub fn nothing_to_deploy() -> String {
    "There is no open pull request to deploy. `/bugbot fix` proposes one.".to_owned()
}
