//! Waiting for what a thread shows.

use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value;
use shared::id::ChannelId;

use super::Local;

/// How often the thread is looked at.
const EVERY: Duration = Duration::from_millis(50);

/// A message of the bot, as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its text.
    pub content: String,
    /// Everything.
    pub message: Value,
}

impl Told {
    fn of(message: Value) -> Self {
        let content = message["content"].as_str().unwrap_or_default().to_owned();
        Self { content, message }
    }

    /// Whether it says how its job ended.
    pub fn is_terminal(&self) -> bool {
        let goes_on = ["⏳", "🛠️"]
            .iter()
            .any(|mark| self.content.starts_with(mark));
        let thinking = self.content.is_empty() && self.embeds().is_empty();
        !goes_on && !thinking
    }

    /// Its embeds.
    pub fn embeds(&self) -> &[Value] {
        self.message["embeds"].as_array().map_or(&[], Vec::as_slice)
    }
}

impl Local {
    /// The bot's messages in a thread, oldest first.
    pub fn told(&self, thread: &ChannelId) -> Vec<Told> {
        self.discord
            .said_by_bot(thread)
            .into_iter()
            .map(Told::of)
            .collect()
    }

    /// Waits until the bot's `nth` message in a thread is terminal. `seen` is shown each new
    /// text of it, as a reader would see it change.
    pub async fn wait_for(
        &self,
        thread: &ChannelId,
        nth: usize,
        within: Duration,
        mut seen: impl FnMut(&Told),
    ) -> anyhow::Result<Told> {
        let begun = Instant::now();
        let mut last = None;
        while begun.elapsed() < within {
            if let Some(told) = self.told(thread).into_iter().nth(nth) {
                if last.as_ref() != Some(&told) {
                    seen(&told);
                }
                if told.is_terminal() {
                    return Ok(told);
                }
                last = Some(told);
            }
            tokio::time::sleep(EVERY).await;
        }
        bail!(
            "the thread did not come to an end within {within:?}:\n{}\nworkers:\n{}\nexecutor:\n{}",
            self.discord.transcript(thread),
            self.stack.logs(),
            self.executor.log()
        )
    }
}
