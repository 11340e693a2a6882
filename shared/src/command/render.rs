//! A command as the text that means it.

use super::Command;
use std::fmt::Write as _;

use super::catalogue::{NAME, OptionName};

/// The command as somebody would type it; the grammar reads it back as the same command.
pub fn render_text(command: &Command) -> String {
    let mut text = format!("@{NAME} {}", command.name());
    for option in OptionName::ALL {
        if let Some(value) = command.options().get(option) {
            write!(text, " {option}:{}", render_value(value))
                .expect("writing to a string cannot fail");
        }
    }
    text
}

fn render_value(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+#?=&%".contains(c);
    // Two slashes behind a colon are an address, and no option.
    let is_address = value.starts_with("//");
    if !value.is_empty() && !is_address && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
