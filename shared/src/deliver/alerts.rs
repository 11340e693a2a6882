//! Alerts of hooks: each gets a message in its channel, a thread at that message, and a job that
//! contextualizes it there.
//!
//! An alert may be delivered twice at any point. Its message carries a mark, by which it is found
//! again; a message has one thread; and the same alert is the same job.

use super::{Settled, settle};
use crate::command::{Command, Options};
use crate::consumer::{Platform, Services};
use crate::contextualize::{scope, title_of};
use crate::discord::client::DiscordClient;
use crate::fault::Fault;
use crate::fix::Jobs;
use crate::hooks::edge::Alert;
use crate::http::Http;
use crate::id::{ApplicationId, ChannelId, MessageId, UserId};
use crate::job::{DiscordContext, Interaction, Job, VERSION};
use crate::log::Event;
use crate::ports::Queue as _;
use crate::reference::References;
use crate::report;
use crate::secret::Secret;
use crate::service::{Service, ServiceError};
use crate::settings::Settings;
use crate::trace::TraceId;

/// How far back the message of an alert is looked for. Discord itself knows a repeat by its nonce,
/// but only for some minutes.
const LOOKED_AT: usize = 50;

pub(super) async fn deliver<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    body: &str,
    alert: &Alert,
    attempt: u32,
) -> Settled {
    let done = match begin(platform, settings, alert).await {
        Ok(message) => {
            let event = Event::AlertPosted {
                route: &alert.route,
                posted: message.as_str(),
            };
            platform.note(&alert.trace(), event);
            Ok(())
        }
        Err(fault) => Err(fault),
    };
    settle(platform, body, &alert.trace(), done, attempt).await
}

async fn begin<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    alert: &Alert,
) -> Result<MessageId, Fault> {
    let services = Services::new(platform, settings).map_err(|bad| Fault::Bug(bad.to_string()))?;
    let (message, thread) = post(&services.discord, alert)
        .await
        .map_err(Fault::upstream(Service::Discord))?;
    // 3. Repeatable: the same job.
    let job = job(alert, settings, &message, thread).encode();
    let job = job.map_err(|fault| Fault::Bug(fault.to_string()))?;
    let sent = platform
        .commands()
        .send(&job, std::time::Duration::ZERO)
        .await;
    sent.map_err(|refused| Fault::Platform(refused.to_string()))?;
    Ok(message)
}

/// The message of an alert, and the thread at it.
async fn post(
    discord: &DiscordClient<impl Http>,
    alert: &Alert,
) -> Result<(MessageId, ChannelId), ServiceError> {
    // 1. Repeatable: the mark, or Discord's knowledge of the nonce.
    let message = if let Some(message) = found(discord, alert).await? {
        message
    } else {
        let message = report::alert(alert).with_nonce(alert.interaction().as_str());
        discord.create_message(&alert.channel, &message).await?.id
    };
    // 2. Repeatable: a message has one thread.
    let name = title_of(&alert.text);
    let thread = discord.start_thread(&alert.channel, &message, &name);
    Ok((message.clone(), thread.await?.into_inner()))
}

/// The message that an earlier delivery made.
async fn found(
    discord: &DiscordClient<impl Http>,
    alert: &Alert,
) -> Result<Option<MessageId>, ServiceError> {
    let messages = match discord.messages(&alert.channel, LOOKED_AT, None).await {
        Ok(messages) => messages,
        // Where the bot may write and not read, the nonce has to do.
        Err(ServiceError::Unauthorized(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mark = alert.interaction();
    let ours = messages
        .into_iter()
        .find(|message| message.author_is_bot && message.content.contains(mark.as_str()));
    Ok(ours.map(|message| message.id))
}

fn job(alert: &Alert, settings: &Settings, message: &MessageId, thread: ChannelId) -> Job {
    let options = Options::default();
    let interaction = alert.interaction();
    Job {
        trace: Some(TraceId::of(&interaction)),
        version: VERSION,
        extracted_refs: References::from_conversation(&options, &alert.text, &[], &scope(settings)),
        command: Command::Contextualize(options),
        discord_context: DiscordContext {
            channel_id: alert.channel.clone(),
            thread_id: Some(thread),
            message_id: message.clone(),
            user_id: UserId::of_hook(&alert.route),
            user_roles: Vec::new(),
            guild_id: alert.guild.clone(),
            message_content: alert.text.clone(),
            message_author: Some(alert.route.clone()),
            message_timestamp: Some(alert.at),
            recent_messages: Vec::new(),
            history_trimmed: false,
            // There is none: the thread has just begun.
            history_read: true,
        },
        timestamp: alert.at,
        interaction: Interaction {
            id: interaction,
            // Known by the tokens of interactions alone, and this job has none.
            application_id: ApplicationId::new(""),
            token: Secret::new(""),
        },
    }
}
