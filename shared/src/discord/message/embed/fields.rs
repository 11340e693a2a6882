//! The fields of an embed, and the last one that says how many others did not fit.

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::{MAX_FIELD_NAME_CHARS, MAX_FIELD_VALUE_CHARS, MAX_FIELDS};
use crate::discord::message::shorten;

/// What stands for an empty name or value: Discord refuses a field without either.
const EMPTY: &str = "\u{200b}";

/// Invariant: what is shown, with the note if anything was left out, is [`MAX_FIELDS`] at most.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields {
    shown: Vec<Field>,
    left_out: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Field {
    name: String,
    value: String,
    inline: bool,
}

impl Fields {
    pub(super) fn push(&mut self, name: &str, value: &str, inline: bool) {
        if self.left_out > 0 {
            self.left_out += 1;
        } else if self.shown.len() == MAX_FIELDS {
            // The one that made room for the note, and the new one.
            self.shown.pop();
            self.left_out = 2;
        } else {
            let filled = |text: &str, max| {
                if text.trim().is_empty() {
                    EMPTY.to_owned()
                } else {
                    shorten(text, max)
                }
            };
            self.shown.push(Field {
                name: filled(name, MAX_FIELD_NAME_CHARS),
                value: filled(value, MAX_FIELD_VALUE_CHARS),
                inline,
            });
        }
    }

    /// Leaves out the last field that is shown; `false` if there is none.
    pub(super) fn drop_last(&mut self) -> bool {
        let dropped = self.shown.pop().is_some();
        self.left_out += usize::from(dropped);
        dropped
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.left_out == 0
    }

    /// How many characters they take together.
    pub(super) fn chars(&self) -> usize {
        let chars = |field: &Field| field.name.chars().count() + field.value.chars().count();
        self.shown.iter().chain(&self.note()).map(chars).sum()
    }

    fn note(&self) -> Option<Field> {
        (self.left_out > 0).then(|| Field {
            name: "…".to_owned(),
            value: format!("{} more did not fit", self.left_out),
            inline: false,
        })
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for field in self.shown.iter().chain(&self.note()) {
            seq.serialize_element(field)?;
        }
        seq.end()
    }
}
