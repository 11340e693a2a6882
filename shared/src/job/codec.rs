//! The job as text, and back.
//!
//! Writing never exceeds what the queue takes. Reading says what exactly is wrong, and saves what
//! it can: whoever parks a broken job still wants to tell the thread.

use serde_json::Value;

use super::{Job, MAX_BYTES, VERSION};
use crate::history;
use crate::id::{ApplicationId, ChannelId, InteractionId, JobId, ThreadId};
use crate::trace::Trace;

/// Why a job cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeFault {
    /// Too large even without its history.
    #[error("the job has {bytes} bytes without its history; the queue takes {MAX_BYTES}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

/// Why a text is not a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// Not JSON, or not an object.
    #[error("not a JSON object: {detail}")]
    NotJson {
        /// Where it stopped making sense.
        detail: String,
    },
    /// Of a version that this code does not read.
    #[error("version {} is not {VERSION}", found.map_or("(none)".to_owned(), |v| v.to_string()))]
    Version {
        /// The version it says; `None` if it says none.
        found: Option<u64>,
        /// What could be read all the same.
        salvage: Salvage,
    },
    /// A field is not there.
    #[error("the field {field} is missing")]
    Missing {
        /// Which, as a JSON pointer.
        field: &'static str,
        /// What could be read all the same.
        salvage: Salvage,
    },
    /// A field has the wrong form.
    #[error("not a job: {detail}")]
    Malformed {
        /// What the decoder says.
        detail: String,
        /// What could be read all the same.
        salvage: Salvage,
    },
}

impl DecodeFault {
    /// What could be read of the text.
    pub fn salvage(&self) -> Salvage {
        match self {
            Self::NotJson { .. } => Salvage::default(),
            Self::Version { salvage, .. }
            | Self::Missing { salvage, .. }
            | Self::Malformed { salvage, .. } => salvage.clone(),
        }
    }
}

/// What of a broken job is needed to tell its thread. There is no token in it: a fault is logged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salvage {
    /// The thread if there was one, else the channel.
    pub conversation: Option<ChannelId>,
    /// The interaction, from which the job's id derives.
    pub interaction: Option<InteractionId>,
    /// The application that received it.
    pub application: Option<ApplicationId>,
    /// The name of the command.
    pub command: Option<String>,
}

impl Salvage {
    /// What log lines about the broken job are about.
    pub fn trace(&self) -> Trace {
        let job = self.interaction.as_ref().map(JobId::of);
        let mut trace = job.map_or_else(Trace::none, |job| Trace::of_job(&job));
        trace.thread = self
            .conversation
            .as_ref()
            .map(|id| ThreadId::new(id.as_str()));
        trace
    }

    fn of(value: &Value) -> Self {
        /// Longer is no id or name of anybody's.
        const MAX_BYTES: usize = 64;
        let text = |pointer| {
            let text = value.pointer(pointer)?.as_str()?;
            (!text.is_empty() && text.len() <= MAX_BYTES).then(|| text.to_owned())
        };
        let conversation =
            text("/discordContext/threadId").or_else(|| text("/discordContext/channelId"));
        Self {
            conversation: conversation.map(ChannelId::new),
            interaction: text("/interaction/id").map(InteractionId::new),
            application: text("/interaction/applicationId").map(ApplicationId::new),
            command: text("/command"),
        }
    }
}

/// The fields without which there is no job. A test holds this list to the types.
const REQUIRED: [&str; 14] = [
    "/command",
    "/discordContext",
    "/discordContext/channelId",
    "/discordContext/messageId",
    "/discordContext/userId",
    "/discordContext/guildId",
    "/discordContext/messageContent",
    "/extractedRefs",
    "/timestamp",
    "/interaction",
    "/interaction/id",
    "/interaction/applicationId",
    "/interaction/token",
    "/version",
];

impl Job {
    /// The job as it goes on the queue: JSON of at most [`MAX_BYTES`] bytes. If it would be
    /// longer, its history is shortened first ([`history::fit`]).
    pub fn encode(&self) -> Result<String, EncodeFault> {
        let mut job = self.clone();
        let bytes = history::fit(&mut job);
        if bytes > MAX_BYTES {
            return Err(EncodeFault::TooLarge { bytes });
        }
        Ok(serde_json::to_string(&job).expect("a job has no map with keys that are no text"))
    }

    /// Reads a job. Unknown fields are passed over.
    pub fn decode(text: &str) -> Result<Self, DecodeFault> {
        let value: Value = serde_json::from_str(text).map_err(|error| DecodeFault::NotJson {
            detail: error.to_string(),
        })?;
        if !value.is_object() {
            return Err(DecodeFault::NotJson {
                detail: "it is another kind of value".to_owned(),
            });
        }
        let found = value.get("version").and_then(Value::as_u64);
        if found != Some(u64::from(VERSION)) {
            return Err(DecodeFault::Version {
                found,
                salvage: Salvage::of(&value),
            });
        }
        if let Some(field) = REQUIRED
            .into_iter()
            .find(|field| value.pointer(field).is_none())
        {
            return Err(DecodeFault::Missing {
                field,
                salvage: Salvage::of(&value),
            });
        }
        let salvage = Salvage::of(&value);
        serde_json::from_value(value).map_err(|error| DecodeFault::Malformed {
            detail: error.to_string(),
            salvage,
        })
    }
}

#[cfg(test)]
mod tests;
