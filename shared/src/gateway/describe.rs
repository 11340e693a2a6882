//! When a form asks what is wrong: where nobody has said anything yet that a command could go by.
//!
//! A form has to be the first answer, so it is decided here and not by the consumer. Whatever is
//! not known in time is no reason to ask: then the consumer reads the conversation.

use std::time::Duration;

use jiff::Timestamp;

use super::{Ports, ThreadMemory as _};
use crate::command::{Command, Form};
use crate::job::Job;
use crate::ports::Clock as _;
use crate::reference::References;

/// How much time may have passed until the conversation is asked for its issue: with
/// [`super::AUTOCOMPLETE_LIMIT`] for its answer and [`super::QUEUE_LIMIT`] for the queue's, half a
/// second of Discord's 3 is left.
const ASK_WITHIN: Duration = Duration::from_millis(500);

/// The form, if `job` has nothing to go by. `began` is when the interaction came.
pub(super) async fn form_for(job: &Job, began: Timestamp, ports: &impl Ports) -> Option<Form> {
    if !says_nothing(job) {
        return None;
    }
    let passed = Duration::try_from(ports.clock().now() - began).unwrap_or_default();
    if passed > ASK_WITHIN {
        return None;
    }
    // An issue says what is wrong, too.
    let known = ports.memory().known(&job.thread()).await.ok()?;
    known
        .issues
        .is_empty()
        .then(|| Form::describe(&job.command))
        .flatten()
}

fn says_nothing(job: &Job) -> bool {
    let (Command::Contextualize(options) | Command::Fix(options)) = &job.command else {
        return false;
    };
    let context = &job.discord_context;
    let is_said = |text: &str| !text.trim().is_empty();
    let by_people = context
        .recent_messages
        .iter()
        .filter(|message| !message.author_is_bot);
    let mut said = by_people.map(|message| message.content.as_str());
    // A repository says where, and not what.
    let references = References {
        github_repo_url: None,
        ..job.extracted_refs.clone()
    };
    context.history_read
        && options.description.is_none()
        && !is_said(&context.message_content)
        && !said.any(is_said)
        && references == References::default()
}
