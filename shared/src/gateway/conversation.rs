//! The job that a command becomes, with the conversation around it as far as it came in time.

use std::time::Duration;

use jiff::Timestamp;

use super::{GatewaySettings, Ports};
use crate::command::Command;
use crate::discord::client::DiscordClient;
use crate::discord::interaction::{Interaction, Kind, Target};
use crate::id::{GuildId, MessageId, ThreadId};
use crate::job::{self, DiscordContext, Job, RecentMessage};
use crate::log::{Event, Said};
use crate::ports::{Clock as _, Log as _};
use crate::reference::{References, Scope};
use crate::service::ServiceError;
use crate::trace::{Trace, TraceId};

/// How long Discord may take to give the history. Discord waits 3 s for our answer; after this
/// and [`super::QUEUE_LIMIT`] there is 1 s left for the network and a cold start. History that is
/// late is read by the consumer, so a slow Discord costs nothing but this second.
pub const HISTORY_LIMIT: Duration = Duration::from_secs(1);

/// How many messages are read: half a page. A bug report and its discussion are rarely longer,
/// and the answer stays small enough to come in time.
const HISTORY_MESSAGES: usize = 50;

/// The conversation in which something was done.
pub(super) fn thread(interaction: &Interaction) -> ThreadId {
    ThreadId::new(interaction.place.conversation().as_str())
}

/// The job of a command.
pub(super) async fn job(
    command: Command,
    interaction: &Interaction,
    settings: &GatewaySettings,
    ports: &impl Ports,
) -> Job {
    let history = if needs_history(&command) {
        read(interaction, settings, ports).await
    } else {
        None
    };
    let history_read = history.is_some();
    let (about, recent_messages) = split(interaction, history.unwrap_or_default());
    let extracted_refs = References::from_conversation(
        command.options(),
        &about.content,
        &recent_messages,
        &Scope::default(),
    );
    Job {
        version: job::VERSION,
        command,
        discord_context: DiscordContext {
            channel_id: interaction.place.channel.clone(),
            thread_id: interaction.place.thread.clone(),
            message_id: about.id,
            user_id: interaction.user_id.clone(),
            user_roles: interaction.roles.clone(),
            guild_id: interaction
                .guild_id
                .clone()
                .unwrap_or_else(|| GuildId::new("")),
            message_content: about.content,
            message_author: about.author,
            message_timestamp: about.timestamp,
            recent_messages,
            history_trimmed: false,
            history_read,
        },
        extracted_refs,
        timestamp: ports.clock().now(),
        interaction: job::Interaction {
            id: interaction.id.clone(),
            application_id: interaction.application_id.clone(),
            token: interaction.token.clone(),
        },
        trace: Some(TraceId::of(&interaction.id)),
    }
}

/// The other commands are about what bugbot itself did in the thread.
fn needs_history(command: &Command) -> bool {
    matches!(command, Command::Contextualize(_) | Command::Fix(_))
}

/// `None` if it did not come, or not in time.
async fn read(
    interaction: &Interaction,
    settings: &GatewaySettings,
    ports: &impl Ports,
) -> Option<Vec<RecentMessage>> {
    let conversation = interaction.place.conversation();
    let read = async {
        let discord =
            DiscordClient::new(ports.http(), &settings.discord_api_url, &settings.bot_token)?;
        discord
            .within(HISTORY_LIMIT)
            .messages(conversation, HISTORY_MESSAGES, None)
            .await
    };
    let outcome: Result<_, ServiceError> = read.await;
    outcome
        .inspect_err(|error| {
            let trace = Trace::of_interaction(&interaction.id, &thread(interaction));
            let event = Event::HistoryNotRead {
                reason: Said(error),
            };
            ports.log().note(&trace, event);
        })
        .ok()
}

/// The message that a command is about.
struct About {
    id: MessageId,
    content: String,
    author: Option<String>,
    timestamp: Option<Timestamp>,
}

/// Takes the message that the command is about out of the history: the target of a context-menu
/// command, else the newest message that is not ours and has words enough to be a report, else
/// the newest one that is not ours.
fn split(
    interaction: &Interaction,
    mut history: Vec<RecentMessage>,
) -> (About, Vec<RecentMessage>) {
    if let Kind::OnMessage {
        target: target @ Target { id, content, .. },
        ..
    } = &interaction.kind
    {
        history.retain(|message| message.id != *id);
        return (
            About {
                id: id.clone(),
                content: content.clone(),
                author: Some(target.author_name.clone()),
                timestamp: Some(target.timestamp),
            },
            history,
        );
    }
    // A bot's user has the id of its application.
    let is_ours =
        |message: &RecentMessage| message.author_id.as_str() == interaction.application_id.as_str();
    let report = history
        .iter()
        .rposition(|message| !is_ours(message) && message.reads_as_report());
    match report.or_else(|| history.iter().rposition(|message| !is_ours(message))) {
        Some(report) => {
            let message = history.remove(report);
            (
                About {
                    id: message.id,
                    content: message.content,
                    author: Some(message.author_name),
                    timestamp: Some(message.timestamp),
                },
                history,
            )
        }
        None => (
            About {
                id: MessageId::new(interaction.id.as_str()),
                content: String::new(),
                author: None,
                timestamp: None,
            },
            history,
        ),
    }
}
