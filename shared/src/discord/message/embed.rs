//! Embeds: the framed part of a message.
//!
//! <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>

mod fields;

use fields::Fields;
use jiff::Timestamp;
use serde::Serialize;

use super::button::is_web_address;
use super::shorten;

/// The most characters of a title.
pub const MAX_TITLE_CHARS: usize = 256;
/// The most characters of a description.
pub const MAX_DESCRIPTION_CHARS: usize = 4_096;
/// The most fields.
pub const MAX_FIELDS: usize = 25;
/// The most characters of a field's name.
pub const MAX_FIELD_NAME_CHARS: usize = 256;
/// The most characters of a field's value.
pub const MAX_FIELD_VALUE_CHARS: usize = 1_024;
/// The most characters of a footer.
pub const MAX_FOOTER_CHARS: usize = 2_048;

const MAX_URL_CHARS: usize = 2_048;
/// A description shorter than this says nothing: rather drop fields.
const MIN_DESCRIPTION_CHARS: usize = 200;

/// The framed part of a message.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Embed {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<Color>,
    #[serde(skip_serializing_if = "Fields::is_empty")]
    fields: Fields,
    #[serde(skip_serializing_if = "Option::is_none")]
    footer: Option<Footer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Footer {
    text: String,
}

/// The colour of an embed's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Color(u32);

impl Color {
    /// Something is going on.
    pub const WORKING: Self = Self(0x58_65_F2);
    /// It went well.
    pub const GOOD: Self = Self(0x2E_A0_43);
    /// It ended, and somebody should look.
    pub const ATTENTION: Self = Self(0xD2_99_22);
    /// It failed.
    pub const BAD: Self = Self(0xDA_36_33);
    /// Nothing to say about it.
    pub const NEUTRAL: Self = Self(0x80_84_8E);
}

impl Embed {
    /// An embed with a title.
    pub fn titled(title: impl AsRef<str>) -> Self {
        Self {
            title: Some(shorten(title.as_ref(), MAX_TITLE_CHARS)),
            ..Self::default()
        }
    }

    /// Makes the title a link. An address that Discord would refuse (not http(s), or too long)
    /// leaves the title plain: better than no message.
    #[must_use]
    pub fn with_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into())
            .filter(|url| is_web_address(url) && url.chars().count() <= MAX_URL_CHARS);
        self
    }

    /// Sets the text.
    #[must_use]
    pub fn with_description(mut self, text: impl AsRef<str>) -> Self {
        self.description = Some(shorten(text.as_ref(), MAX_DESCRIPTION_CHARS));
        self
    }

    /// Sets the colour.
    #[must_use]
    pub fn with_color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Adds a field on a line of its own.
    #[must_use]
    pub fn with_field(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.fields.push(name.as_ref(), value.as_ref(), false);
        self
    }

    /// Adds a field that shares its line.
    #[must_use]
    pub fn with_inline_field(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.fields.push(name.as_ref(), value.as_ref(), true);
        self
    }

    /// Sets the footer.
    #[must_use]
    pub fn with_footer(mut self, text: impl AsRef<str>) -> Self {
        self.footer = Some(Footer {
            text: shorten(text.as_ref(), MAX_FOOTER_CHARS),
        });
        self
    }

    /// Sets the time shown beside the footer.
    #[must_use]
    pub fn with_timestamp(mut self, at: Timestamp) -> Self {
        self.timestamp = Some(at);
        self
    }

    /// How much of the 6,000 characters of a message it takes.
    pub(super) fn chars(&self) -> usize {
        let chars = |text: &Option<String>| text.as_ref().map_or(0, |text| text.chars().count());
        chars(&self.title)
            + chars(&self.description)
            + self
                .footer
                .as_ref()
                .map_or(0, |footer| footer.text.chars().count())
            + self.fields.chars()
    }

    /// The embed within `room` characters: first the description gives way, then fields from the
    /// end, then the footer. `None` if even the title does not fit.
    pub(super) fn fitted_to(mut self, room: usize) -> Option<Self> {
        let over = self.chars().saturating_sub(room);
        if over > 0
            && let Some(text) = &self.description
        {
            let kept = text
                .chars()
                .count()
                .saturating_sub(over)
                .max(MIN_DESCRIPTION_CHARS);
            self.description = Some(shorten(text, kept));
        }
        while self.chars() > room && self.fields.drop_last() {}
        if self.chars() > room {
            self.footer = None;
        }
        (self.chars() <= room).then_some(self)
    }
}
