//! Buttons under a message.
//!
//! <https://docs.discord.com/developers/components/reference#button>

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::shorten;

/// The most characters of a button's id.
pub const MAX_CUSTOM_ID_CHARS: usize = 100;
/// The most characters of a button's label.
const MAX_LABEL_CHARS: usize = 80;
/// The most characters of a link button's address.
const MAX_URL_CHARS: usize = 512;

/// Something to press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    label: String,
    target: Target,
    disabled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Action(ButtonStyle, String),
    Link(String),
}

/// How an action button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonStyle {
    /// The one to press.
    Primary = 1,
    /// One among others.
    Secondary = 2,
    /// Does something good.
    Success = 3,
    /// Destroys something.
    Danger = 4,
}

/// A value that cannot be shortened without breaking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitExceeded {
    /// The id comes back to us as it is: a shortened one would mean something else.
    #[error("a button's id has 1 to {MAX_CUSTOM_ID_CHARS} characters")]
    CustomId,
    /// Not http(s), or too long.
    #[error("a button's address is http(s) and has at most {MAX_URL_CHARS} characters")]
    Url,
}

impl Button {
    /// A button whose press comes back to us as an interaction with `custom_id`.
    pub fn action(
        style: ButtonStyle,
        label: &str,
        custom_id: impl Into<String>,
    ) -> Result<Self, LimitExceeded> {
        let custom_id = custom_id.into();
        if custom_id.is_empty() || custom_id.chars().count() > MAX_CUSTOM_ID_CHARS {
            return Err(LimitExceeded::CustomId);
        }
        Ok(Self::new(label, Target::Action(style, custom_id)))
    }

    /// A button that opens an address.
    pub fn link(label: &str, url: impl Into<String>) -> Result<Self, LimitExceeded> {
        let url = url.into();
        if !is_web_address(&url) || url.chars().count() > MAX_URL_CHARS {
            return Err(LimitExceeded::Url);
        }
        Ok(Self::new(label, Target::Link(url)))
    }

    /// Shows it, but it cannot be pressed.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    fn new(label: &str, target: Target) -> Self {
        // Discord refuses a button without any label.
        let label = if label.trim().is_empty() {
            "…"
        } else {
            label
        };
        Self {
            label: shorten(label, MAX_LABEL_CHARS),
            target,
            disabled: false,
        }
    }
}

/// Whether Discord takes `url` where it wants an address.
pub(super) fn is_web_address(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

impl Serialize for Button {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Component type and style of a link button.
        const BUTTON: u8 = 2;
        const LINK: u8 = 5;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &BUTTON)?;
        match &self.target {
            Target::Action(style, custom_id) => {
                map.serialize_entry("style", &(*style as u8))?;
                map.serialize_entry("custom_id", custom_id)?;
            }
            Target::Link(url) => {
                map.serialize_entry("style", &LINK)?;
                map.serialize_entry("url", url)?;
            }
        }
        map.serialize_entry("label", &self.label)?;
        if self.disabled {
            map.serialize_entry("disabled", &true)?;
        }
        map.end()
    }
}
