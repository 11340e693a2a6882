//! What a person does in Discord.

use serde_json::{Value, json};
use shared::id::MessageId;

/// One thing that a person does.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends a slash command.
    Slash(Slash),
    /// Types into an option of a slash command that offers choices.
    Complete(Slash),
    /// Picks a command from a message's "Apps" menu.
    Menu {
        /// The command's name.
        command: String,
        /// The message.
        on: MessageId,
    },
    /// Presses a button, or picks values from a list.
    Press {
        /// The message that has it.
        on: MessageId,
        /// The button's own id.
        custom_id: String,
        /// What was picked; empty for a button.
        values: Vec<String>,
    },
    /// Sends off a form.
    Submit {
        /// The form's own id.
        custom_id: String,
        /// The id and text of each field.
        fields: Vec<(String, String)>,
        /// The message whose button opened the form.
        from: Option<MessageId>,
    },
}

/// A slash command as typed.
#[derive(Debug, Clone)]
pub struct Slash {
    /// The command, then its subcommand if there is one.
    pub(super) words: Vec<String>,
    options: Vec<(String, Value)>,
    focused: Option<String>,
}

impl Act {
    /// The slash command of these words: `"bugbot fix"`.
    pub fn slash(words: &str) -> Slash {
        let words = words
            .trim_start_matches('/')
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        Slash {
            words,
            options: Vec::new(),
            focused: None,
        }
    }

    /// A context-menu command on a message.
    pub fn menu(command: &str, on: &MessageId) -> Self {
        Self::Menu {
            command: command.to_owned(),
            on: on.clone(),
        }
    }

    /// The press of a button.
    pub fn press(on: &MessageId, custom_id: &str) -> Self {
        Self::Press {
            on: on.clone(),
            custom_id: custom_id.to_owned(),
            values: Vec::new(),
        }
    }
}

impl Slash {
    /// The same with an option: text, a whole number, or yes and no.
    #[must_use]
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.push((name.to_owned(), value.into()));
        self
    }

    /// Not sent yet: the person is typing `text` into `option`, and choices are asked for.
    pub fn typing(mut self, option: &str, text: &str) -> Act {
        self.options.push((option.to_owned(), json!(text)));
        self.focused = Some(option.to_owned());
        Act::Complete(self)
    }

    pub(super) fn label(&self) -> String {
        format!("/{}", self.words.join(" "))
    }

    pub(super) fn options_json(&self) -> Value {
        let mut options: Vec<Value> = self
            .options
            .iter()
            .map(|(name, value)| self.option_json(name, value))
            .collect();
        for word in self.words.iter().skip(1).rev() {
            options = vec![json!({"name": word, "type": 1, "options": options})];
        }
        options.into()
    }

    fn option_json(&self, name: &str, value: &Value) -> Value {
        let kind = match value {
            Value::Bool(_) => 5,
            Value::Number(n) if n.is_i64() || n.is_u64() => 4,
            Value::Number(_) => 10,
            _ => 3,
        };
        let mut option = json!({"name": name, "type": kind, "value": value});
        if self.focused.as_deref() == Some(name) {
            option["focused"] = json!(true);
        }
        option
    }
}

impl From<Slash> for Act {
    fn from(slash: Slash) -> Self {
        Self::Slash(slash)
    }
}
