//! What was reported: the words of the report, whose they are, and the conversation around them.

use jiff::Timestamp;

use super::{Work, scope};
use crate::consumer::Platform;
use crate::fault::Fault;
use crate::id::{ChannelId, ThreadId};
use crate::job::{Job, RecentMessage};
use crate::log::{Event, Said};
use crate::reference::References;
use crate::report::ReplyTo;
use crate::service::{Service, ServiceError};
use crate::trace::Trace;

/// How many messages of a conversation are read for its history.
const HISTORY_MESSAGES: usize = 50;

/// A report as far as Discord knows it.
#[derive(Debug)]
pub struct Report {
    /// The words of the report.
    pub text: String,
    /// Who wrote them, as shown; `None` if whoever gave the command did.
    pub reporter: Option<String>,
    /// Where they stand.
    pub link: String,
    /// The conversation, oldest first.
    pub history: Vec<RecentMessage>,
    /// What they refer to.
    pub references: References,
    /// When the report was written.
    pub at: Timestamp,
}

impl Report {
    /// Completes what the gateway sent along. The history is read here when it was not read
    /// there in time.
    pub async fn read<P: Platform>(work: &Work<'_, P>, job: &Job) -> Result<Self, Fault> {
        let context = &job.discord_context;
        let history = if context.history_read {
            context.recent_messages.clone()
        } else {
            history(work, context.conversation()).await?
        };
        let scope = scope(work.settings);
        let options = job.command.options();
        let said =
            References::from_conversation(options, &context.message_content, &history, &scope);
        let references = said.or(job.extracted_refs.clone());
        let about = about(job, &history);
        let mut reply = ReplyTo::of(job);
        if let Some(message) = about {
            reply.about = message.id.clone();
        }
        let author = about.map(|message| &message.author_name);
        let reporter = author.or(context.message_author.as_ref()).cloned();
        let written = about.map(|message| message.timestamp);
        let own = options.description.as_deref().map(str::trim);
        let found = about.map(|message| message.content.trim());
        let text = [own, Some(context.message_content.trim()), found]
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            text,
            // Words in the command are those of whoever gave it.
            reporter: reporter.filter(|_| own.is_none_or(str::is_empty)),
            link: reply.message_link(),
            at: written
                .or(context.message_timestamp)
                .unwrap_or(job.timestamp),
            history,
            references,
        })
    }

    /// The conversation as an agent should read it.
    pub fn conversation(&self) -> String {
        let mut lines: Vec<String> = self
            .history
            .iter()
            .filter(|message| !message.author_is_bot && !message.content.is_empty())
            .map(|message| format!("{}: {}", message.author_name, message.content))
            .collect();
        if !self.text.is_empty() && !lines.iter().any(|line| line.contains(&self.text)) {
            lines.push(match &self.reporter {
                Some(name) => format!("{name}: {}", self.text),
                None => self.text.clone(),
            });
        }
        lines.join("\n")
    }
}

/// The message of the history that the command is about. Where the gateway could not choose one
/// it is chosen here, by the same rule: the newest one of a person that reads as a report.
fn about<'a>(job: &Job, history: &'a [RecentMessage]) -> Option<&'a RecentMessage> {
    let context = &job.discord_context;
    let named = history
        .iter()
        .find(|message| message.id == context.message_id && !message.content.trim().is_empty());
    if named.is_some() || !context.message_content.trim().is_empty() {
        return named;
    }
    let by_people = || {
        let people = history
            .iter()
            .rev()
            .filter(|message| !message.author_is_bot);
        people.filter(|message| !message.content.trim().is_empty())
    };
    by_people()
        .find(|message| message.reads_as_report())
        .or_else(|| by_people().next())
}

async fn history<P: Platform>(
    work: &Work<'_, P>,
    channel: &ChannelId,
) -> Result<Vec<RecentMessage>, Fault> {
    match work
        .services
        .discord
        .messages(channel, HISTORY_MESSAGES, None)
        .await
    {
        Ok(messages) => Ok(messages),
        // Without the permission to read, the command's own words have to do.
        Err(ServiceError::Unauthorized(why)) => {
            let thread = ThreadId::new(channel.as_str());
            let trace = Trace::of_job(&work.turn.job).in_thread(&thread);
            let error = Said(&why);
            work.platform
                .note(&trace, Event::HistoryForbidden { error });
            Ok(Vec::new())
        }
        Err(ServiceError::NotFound) => Ok(Vec::new()),
        Err(error) => Err(Fault::upstream(Service::Discord)(error)),
    }
}
