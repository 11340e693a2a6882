//! What is taken out on the way to where.
//!
//! Logs are not asked about: nothing is in them that has a shape known here.

use super::{Kinds, redact};

/// Where text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into the prompt.
    Model,
    /// Into issues and comments.
    Linear,
}

/// What is taken out where: `REDACT_SECRETS` and `REDACT_EMAILS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redaction {
    model: Kinds,
    linear: Kinds,
}

impl Default for Redaction {
    /// Secrets everywhere. Addresses stay in Linear, where people answer the reporter.
    fn default() -> Self {
        Self {
            model: Kinds::ALL,
            linear: Kinds {
                secrets: true,
                emails: false,
            },
        }
    }
}

/// A list of places that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of `model`, `linear`, `nowhere`")]
pub struct BadPlace(pub String);

impl Redaction {
    /// Reads the two lists; one that is not set keeps its default.
    pub fn parse(secrets: Option<&str>, emails: Option<&str>) -> Result<Self, BadPlace> {
        let mut redaction = Self::default();
        if let Some((model, linear)) = secrets.map(places).transpose()? {
            (redaction.model.secrets, redaction.linear.secrets) = (model, linear);
        }
        if let Some((model, linear)) = emails.map(places).transpose()? {
            (redaction.model.emails, redaction.linear.emails) = (model, linear);
        }
        Ok(redaction)
    }

    /// The text as it may go there.
    pub fn towards(&self, place: Place, text: &str) -> String {
        let kinds = match place {
            Place::Model => self.model,
            Place::Linear => self.linear,
        };
        redact(text, kinds)
    }
}

fn places(text: &str) -> Result<(bool, bool), BadPlace> {
    let (mut model, mut linear) = (false, false);
    for place in text.split([',', ' ']).filter(|place| !place.is_empty()) {
        match place {
            "model" => model = true,
            "linear" => linear = true,
            "nowhere" if text.trim() == "nowhere" => {}
            other => return Err(BadPlace(other.to_owned())),
        }
    }
    Ok((model, linear))
}
