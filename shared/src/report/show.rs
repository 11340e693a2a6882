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

/// Lets the job's message say `message`. Safe to repeat: it edits the one message that the job
/// has, and makes it only where there is none (any more).
///
/// The interaction's token comes first, because it works where the bot itself has no
/// permissions. Once it has expired the bot edits the message that the token made, known or found
/// by its interaction, and where there is none it creates one, with a nonce by which Discord knows the repeat.
pub async fn show(
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
    live: Option<&LiveMessage>,
    message: &Message,
    now: Timestamp,
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
            Err(error) => return Err(error),
        }
    }
    // A message that nobody has edited by the token yet is only known by its interaction.
    let found = match live {
        Some(live) => Some(live.clone()),
        None => answer(discord, reply).await?,
    };
    if let Some(live) = &found {
        match discord
            .edit_message(&live.channel, &live.message, message)
            .await
        {
            Ok(_) => return Ok(live.clone()),
            // Gone, or in a thread that has been archived: there only a new message helps. What
            // is refused for what it says is refused again.
            Err(ServiceError::NotFound | ServiceError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    // "Thinking…" beside the answer is a riddle; where it cannot be taken away it stays.
    if live.is_none()
        && let Some(found) = &found
    {
        let _ = discord.delete_message(&found.channel, &found.message).await;
    }
    let keyed = message.clone().with_nonce(reply.job.as_str());
    let sent = discord.create_message(&reply.channel, &keyed).await?;
    // The nonce may have found a message that an earlier attempt made: it says what was true
    // then.
    discord
        .edit_message(&sent.channel_id, &sent.id, message)
        .await?;
    Ok(LiveMessage {
        channel: sent.channel_id,
        message: sent.id,
    })
}

/// The deferred answer, as the bot finds it. A channel that it cannot read hides it.
async fn answer(
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
) -> Result<Option<LiveMessage>, ServiceError> {
    // A job that is done anew by the operator has no interaction of its own to answer.
    let has_interaction = reply.job.as_str().bytes().all(|byte| byte.is_ascii_digit());
    if reply.token.expose().is_empty() || !has_interaction {
        return Ok(None);
    }
    let channel = reply.channel.clone();
    match discord.answer_to(&channel, &reply.job).await {
        Ok(found) => Ok(found.map(|message| LiveMessage { channel, message })),
        Err(error) if error.is_transient() => Err(error),
        Err(_) => Ok(None),
    }
}
