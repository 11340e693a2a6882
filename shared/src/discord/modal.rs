//! A form that opens before the person who gave a command or pressed a button.
//!
//! Invariant: whatever is put in, the form is within Discord's limits.
//! <https://docs.discord.com/developers/components/reference#text-input>

use serde::Serialize;

use super::message::shorten;

/// The most characters of a form's title, and of an input's label.
pub const MAX_TITLE_CHARS: usize = 45;
/// The most characters of a label's description, and of a placeholder.
pub const MAX_HINT_CHARS: usize = 100;
/// The most inputs of a form.
pub const MAX_INPUTS: usize = 5;
/// The most characters that an input can take.
pub const MAX_INPUT_CHARS: usize = 4_000;

/// A label with one input under it: component type 18.
const LABEL: u8 = 18;
/// An input for text: component type 4.
const TEXT_INPUT: u8 = 4;

/// A form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Modal {
    custom_id: String,
    title: String,
    components: Vec<Labelled>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Labelled {
    r#type: u8,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    component: TextInput,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TextInput {
    r#type: u8,
    custom_id: String,
    style: InputStyle,
    required: bool,
    max_length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<String>,
}

/// How large an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputStyle {
    /// One line.
    Short = 1,
    /// Several lines.
    Paragraph = 2,
}

impl Serialize for InputStyle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// One input of a form.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The name that its text comes back under.
    pub name: &'a str,
    /// What stands above it.
    pub label: &'a str,
    /// What stands below the label.
    pub description: Option<&'a str>,
    /// What stands in it while it is empty.
    pub placeholder: Option<&'a str>,
    /// How large it is.
    pub style: InputStyle,
    /// Whether the form can be sent without it.
    pub is_required: bool,
    /// The most characters that it takes.
    pub max_chars: usize,
}

impl Modal {
    /// An empty form. `custom_id` comes back with it: it has at most
    /// [`super::message::MAX_CUSTOM_ID_CHARS`].
    pub fn new(custom_id: impl Into<String>, title: &str) -> Self {
        Self {
            custom_id: custom_id.into(),
            title: shorten(title, MAX_TITLE_CHARS),
            components: Vec::new(),
        }
    }

    /// Adds an input. There is room for [`MAX_INPUTS`].
    #[must_use]
    pub fn with_input(mut self, input: Input<'_>) -> Self {
        if self.components.len() < MAX_INPUTS {
            let hint = |text: &str| shorten(text, MAX_HINT_CHARS);
            self.components.push(Labelled {
                r#type: LABEL,
                label: shorten(input.label, MAX_TITLE_CHARS),
                description: input.description.map(hint),
                component: TextInput {
                    r#type: TEXT_INPUT,
                    custom_id: input.name.to_owned(),
                    style: input.style,
                    required: input.is_required,
                    max_length: input.max_chars.clamp(1, MAX_INPUT_CHARS),
                    placeholder: input.placeholder.map(hint),
                },
            });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str) -> Input<'_> {
        Input {
            name,
            label: "Why?",
            description: None,
            placeholder: None,
            style: InputStyle::Short,
            is_required: false,
            max_chars: 9_000,
        }
    }

    #[test]
    fn a_form_reads_as_discord_documents_it() {
        let modal = Modal::new("form", "Tell me").with_input(Input {
            description: Some("One sentence will do"),
            placeholder: Some("Because…"),
            style: InputStyle::Paragraph,
            is_required: true,
            ..input("why")
        });
        insta::assert_snapshot!(serde_json::to_string(&modal).unwrap(), @r#"{"custom_id":"form","title":"Tell me","components":[{"type":18,"label":"Why?","description":"One sentence will do","component":{"type":4,"custom_id":"why","style":2,"required":true,"max_length":4000,"placeholder":"Because…"}}]}"#);
    }

    #[test]
    fn each_part_is_within_its_limit() {
        let long = "é".repeat(500);
        let modal = (0..9).fold(Modal::new("form", &long), |modal, _| {
            modal.with_input(Input {
                label: &long,
                description: Some(&long),
                placeholder: Some(&long),
                ..input("why")
            })
        });
        assert_eq!(modal.components.len(), MAX_INPUTS);
        let chars = |text: &str| text.chars().count();
        let first = &modal.components[0];
        assert!(chars(&modal.title) <= MAX_TITLE_CHARS);
        assert!(chars(&first.label) <= MAX_TITLE_CHARS);
        assert!(chars(first.description.as_deref().unwrap()) <= MAX_HINT_CHARS);
        assert!(chars(first.component.placeholder.as_deref().unwrap()) <= MAX_HINT_CHARS);
        assert_eq!(first.component.max_length, MAX_INPUT_CHARS);
    }
}
