//! What is taken out on the way to where.
//!
//! Logs are not asked about, nor the repository: nothing goes there that has a shape known here.

use super::{Kinds, redact};

/// Where text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into the prompt.
    Model,
    /// Into issues and comments.
    Linear,
}

/// The places of a list: `model, linear`, or `nowhere`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    model: bool,
    linear: bool,
}

/// What is taken out where: `REDACT_SECRETS` and `REDACT_EMAILS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redaction {
    secrets: Places,
    emails: Places,
}

impl Default for Redaction {
    /// Secrets everywhere. Addresses stay in Linear, where people answer the reporter.
    fn default() -> Self {
        Self {
            secrets: Places {
                model: true,
                linear: true,
            },
            emails: Places {
                model: true,
                linear: false,
            },
        }
    }
}

/// A list of places that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of `model`, `linear`, `nowhere`")]
pub struct BadPlace(pub String);

impl Places {
    /// Reads a list, separated by commas or spaces.
    pub fn parse(text: &str) -> Result<Self, BadPlace> {
        let (mut model, mut linear) = (false, false);
        for place in text.split([',', ' ']).filter(|place| !place.is_empty()) {
            match place {
                "model" => model = true,
                "linear" => linear = true,
                "nowhere" if text.trim() == "nowhere" => {}
                other => return Err(BadPlace(other.to_owned())),
            }
        }
        Ok(Self { model, linear })
    }

    fn has(self, place: Place) -> bool {
        match place {
            Place::Model => self.model,
            Place::Linear => self.linear,
        }
    }
}

impl Redaction {
    /// With these lists; one that is not set keeps its default.
    pub fn new(secrets: Option<Places>, emails: Option<Places>) -> Self {
        let default = Self::default();
        Self {
            secrets: secrets.unwrap_or(default.secrets),
            emails: emails.unwrap_or(default.emails),
        }
    }

    /// The text as it may go there.
    pub fn towards(&self, place: Place, text: &str) -> String {
        let kinds = Kinds {
            secrets: self.secrets.has(place),
            emails: self.emails.has(place),
        };
        redact(text, kinds)
    }
}
