//! The budget of a conversation's history: what of it travels with a job.
//!
//! Architecture invariant: nothing is left out silently. Whole messages go oldest first and
//! [`DiscordContext::history_trimmed`] says so; a single message that is too long ends with a
//! line that says how much is missing.
//!
//! Out of scope: fetching the history, and what is read from it ([`crate::reference`]).

use serde::Serialize;

use crate::job::{DiscordContext, Job, MAX_BYTES};
use crate::redact;
use crate::shorten::grapheme_floor;

/// The most characters of a single message that travel. Twice what a person can send on Discord
/// (4,000), so that only other transports and bots ever reach it.
pub const MESSAGE_CHARS: usize = 8_000;

/// The most messages that travel: one page of Discord's.
/// <https://docs.discord.com/developers/resources/message#get-channel-messages>
pub const MESSAGES: usize = 100;

/// Shortens the history until the job fits [`MAX_BYTES`] as JSON. Newer messages are kept before
/// older ones. Returns the size that is left: still above the limit if the job is too large
/// without any history, which no real command is.
pub fn fit(job: &mut Job) -> usize {
    shorten_messages(&mut job.discord_context);
    drop_oldest(&mut job.discord_context, |_| 0, MESSAGES);
    let size = encoded_bytes(job);
    if size <= MAX_BYTES {
        return size;
    }
    // From here on the flag is set: measured with it, or the mark itself could break the limit.
    job.discord_context.history_trimmed = true;
    let messages = std::mem::take(&mut job.discord_context.recent_messages);
    let room = MAX_BYTES.saturating_sub(encoded_bytes(job));
    job.discord_context.recent_messages = messages;
    drop_oldest(
        &mut job.discord_context,
        |message| encoded_bytes(message) + ",".len(),
        room,
    );
    encoded_bytes(job)
}

fn shorten_messages(context: &mut DiscordContext) {
    let messages = context
        .recent_messages
        .iter_mut()
        .map(|message| &mut message.content);
    for content in messages.chain(std::iter::once(&mut context.message_content)) {
        if let Some(shorter) = shortened(content) {
            *content = shorter;
        }
    }
}

/// Drops the oldest messages until those left cost at most `room`; where a message costs nothing,
/// until there are at most `room`.
fn drop_oldest<M>(context: &mut DiscordContext, cost: M, room: usize)
where
    M: Fn(&crate::job::RecentMessage) -> usize,
{
    let mut spent = 0;
    let kept = context
        .recent_messages
        .iter()
        .rev()
        .take_while(|message| {
            spent += cost(message).max(1);
            spent <= room
        })
        .count();
    let dropped = context.recent_messages.len() - kept;
    if dropped > 0 {
        context.recent_messages.drain(..dropped);
        context.history_trimmed = true;
    }
}

/// `None` if it fits.
fn shortened(content: &str) -> Option<String> {
    let (limit, _) = content.char_indices().nth(MESSAGE_CHARS)?;
    let total = content.chars().count();
    // The longest mark there is: room for it is made first.
    let room = MESSAGE_CHARS - mark(total).chars().count();
    let (floor, _) = content[..limit].char_indices().nth(room)?;
    let floor = redact::floor(content, grapheme_floor(content, floor));
    let kept = &content[..floor];
    Some(format!("{kept}{}", mark(total - kept.chars().count())))
}

fn mark(missing: usize) -> String {
    format!("\n[… {missing} more characters are not shown here]")
}

fn encoded_bytes(value: &impl Serialize) -> usize {
    /// Counts instead of keeping.
    struct Counter(usize);

    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value)
        .expect("a job has no map keys and no failing writer");
    counter.0
}

#[cfg(test)]
mod tests;
