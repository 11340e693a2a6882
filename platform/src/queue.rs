//! The queue, at both ends.
//!
//! A job travels as content type `json`: the dashboard can show it, and any producer can write it.
//! The text is parsed into a plain object before it is sent and turned into text again on arrival,
//! so that both sides of the core see the same JSON text. (Sending a `serde_json::Value` does not
//! work: it becomes a JavaScript `Map` and arrives as `{}`.)

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;

use futures_util::future::{Either, select};
use shared::ports::{Queue, QueueRefused};
use worker::{Delay, Env, MessageExt as _, QueueContentType, RawMessage, RawMessageBuilder};

use crate::js;

/// The longest delay that the queue accepts.
/// <https://developers.cloudflare.com/queues/platform/limits/>
const MAX_DELAY: Duration = Duration::from_hours(24);

/// How long the queue may take, unless [`Producer::within`] says otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The producing end.
#[derive(Debug, Clone)]
pub struct Producer {
    queue: worker::Queue,
    within: Duration,
}

impl Producer {
    /// The queue bound as `name`.
    pub fn bound(env: &Env, name: &str) -> worker::Result<Self> {
        let queue = env.queue(name)?;
        Ok(Self {
            queue,
            within: TIME_LIMIT,
        })
    }

    /// The same end with another time limit. What was sent when it passes may still arrive.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self {
            within: limit,
            ..self
        }
    }
}

impl Queue for Producer {
    async fn send(&self, body: &str, delay: Duration) -> Result<(), QueueRefused> {
        let mut message = RawMessageBuilder::new(js::parse(body).map_err(QueueRefused)?);
        if !delay.is_zero() {
            message = message.delay_seconds(whole_seconds(delay));
        }
        let message = message.build_with_content_type(QueueContentType::Json);
        match select(pin!(self.queue.send_raw(message)), Delay::from(self.within)).await {
            Either::Left((sent, _)) => sent.map_err(|error| QueueRefused(error.to_string())),
            Either::Right(((), _)) => Err(QueueRefused(format!("no answer in {:?}", self.within))),
        }
    }
}

/// A delay as the queue counts: whole seconds, rounded up so that it is never too early.
pub fn whole_seconds(delay: Duration) -> u32 {
    let delay = delay.min(MAX_DELAY);
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    u32::try_from(seconds).expect("at most a day")
}

/// The JSON text of a delivered message. A message that somebody sent as text is taken as it is;
/// one that JSON cannot express is an empty text, which no decoder accepts.
pub fn text_of(message: &RawMessage) -> String {
    let body = message.body();
    body.as_string()
        .or_else(|| js::stringify(&body))
        .unwrap_or_default()
}

/// How long ago a message was sent.
pub fn age_of(message: &RawMessage, now: Timestamp) -> Duration {
    let sent = i64::try_from(message.timestamp().as_millis())
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    sent.and_then(|sent| Duration::try_from(now - sent).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_never_shortened() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(3)), 3);
        assert_eq!(whole_seconds(Duration::from_millis(3_001)), 4);
        assert_eq!(whole_seconds(Duration::MAX), 86_400);
    }
}
