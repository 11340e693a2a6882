//! Puts a message in front of people, by whichever way still works.

use std::time::Duration;

use jiff::Timestamp;

use super::{LiveMessage, ReplyTo};
use crate::discord::client::DiscordClient;
use crate::discord::message::Message;
use crate::http::Http;
use crate::service::ServiceError;

/// Discord knows an interaction's token once it has our answer, which leaves within 3 s.
const ANSWER_IS_ON_ITS_WAY: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a message is to people.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Nothing is lost with it: the next one says more.
    SignOfLife,
    /// They have to read it.
    Outcome,
}

/// Lets the job's message say `message`, which is a sign of life and no more. Safe to repeat: it
/// edits the one message that the job has, and makes it only where there is none (any more).
///
/// The interaction's token comes first, because it works where the bot itself has no
/// permissions. Once it has expired the bot edits the message that the token made, known or found
/// by its interaction, and where there is none it creates one, with a nonce by which Discord knows
/// the repeat.
pub async fn show(
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
    live: Option<&LiveMessage>,
    message: &Message,
    now: Timestamp,
) -> Result<LiveMessage, ServiceError> {
    put(discord, reply, live, message, now, Weight::SignOfLife).await
}

/// The same for how the job ended. A thread that was archived meanwhile takes no edits, and a new
/// message wakes it: this one takes the place of the job's message. A thread that is locked
/// besides refuses that too.
pub async fn show_outcome(
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
    live: Option<&LiveMessage>,
    message: &Message,
    now: Timestamp,
) -> Result<LiveMessage, ServiceError> {
    put(discord, reply, live, message, now, Weight::Outcome).await
}

async fn put(
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
    live: Option<&LiveMessage>,
    message: &Message,
    now: Timestamp,
    weight: Weight,
) -> Result<LiveMessage, ServiceError> {
    if reply.token_is_fresh(now) {
        match discord
            .edit_original(&reply.application, &reply.token, message)
            .await
        {
            Ok(sent) => {
                return Ok(LiveMessage {
                    channel: sent.channel_id,
                    message: sent.id,
                });
            }
            // We may be faster than the gateway's own answer, which makes the message: it comes.
            Err(ServiceError::Expired) if reply.age(now) < ANSWER_IS_ON_ITS_WAY => {
                return Err(ServiceError::RateLimited {
                    retry_after: LOOK_AGAIN,
                });
            }
            // Deleted by somebody, or the token died early: the bot can still say it.
            Err(ServiceError::Expired | ServiceError::NotFound) => {}
            // The thread is archived: see below.
            Err(ServiceError::Refused(_)) if weight == Weight::Outcome => {}
            Err(error) => return Err(error),
        }
    }
    // A message that nobody has edited by the token yet is only known by its interaction.
    let found = match live {
        Some(live) => Some(live.clone()),
        None => answer(discord, reply).await?,
    };
    let mut outdated = None;
    if let Some(live) = found {
        match discord
            .edit_message(&live.channel, &live.message, message)
            .await
        {
            Ok(_) => return Ok(live),
            // Gone: only a new message helps.
            Err(ServiceError::NotFound) => {}
            // In a thread that has been archived: likewise, where it matters. What is refused for
            // what it says is refused again.
            Err(ServiceError::Refused(_)) if weight == Weight::Outcome => outdated = Some(live),
            Err(error) => return Err(error),
        }
    }
    let keyed = message.clone().with_nonce(reply.job.as_str());
    let sent = discord.create_message(&reply.channel, &keyed).await?;
    // The nonce may have found a message that an earlier attempt made: it says what was true
    // then.
    discord
        .edit_message(&sent.channel_id, &sent.id, message)
        .await?;
    // The message that could not be edited says what is not true any more: "Thinking…" beside the
    // answer is a riddle. Where it cannot be taken away it stays. If we die before this, the next
    // attempt edits the old message, and the thread has two that say the same.
    if let Some(old) = outdated.filter(|old| old.message != sent.id) {
        let _ = discord.delete_message(&old.channel, &old.message).await;
    }
    Ok(LiveMessage {
        channel: sent.channel_id,
        message: sent.id,
    })
}

/// The deferred answer, as the bot finds it.
async fn answer(
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
) -> Result<Option<LiveMessage>, ServiceError> {
    // A job that is done anew by the operator has no interaction of its own to answer.
    let has_interaction = reply.job.as_str().bytes().all(|byte| byte.is_ascii_digit());
    if reply.token.expose().is_empty() || !has_interaction {
        return Ok(None);
    }
    answer_to(discord, reply).await
}

/// The message that answers the job's interaction. A channel that the bot cannot read hides it.
pub(crate) async fn answer_to(
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
) -> Result<Option<LiveMessage>, ServiceError> {
    let channel = reply.channel.clone();
    match discord.answer_to(&channel, &reply.job).await {
        Ok(found) => Ok(found.map(|message| LiveMessage { channel, message })),
        Err(error) if error.is_transient() => Err(error),
        Err(_) => Ok(None),
    }
}
