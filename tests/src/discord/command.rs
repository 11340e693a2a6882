//! What Discord takes as a command's definition.
//! <https://docs.discord.com/developers/interactions/application-commands#application-command-object>

use serde_json::Value;

use super::refusal::{FormErrors, Refusal};

/// The most commands of each type: slash, user, message.
const MOST: [(u64, usize); 3] = [(1, 100), (2, 15), (3, 15)];
const NAME: usize = 32;
const DESCRIPTION: usize = 100;
const OPTIONS: usize = 25;
const CHOICES: usize = 25;
const CHOICE: usize = 100;
/// Names, descriptions and choice values of one command with all its options.
const TOGETHER: usize = 8_000;

pub(super) fn check_commands(commands: &Value) -> Result<(), Refusal> {
    let mut errors = FormErrors::default();
    let list = errors.list("", commands, MOST.iter().map(|(_, most)| most).sum());
    for (n, command) in list.iter().enumerate() {
        check_command(&mut errors, &n.to_string(), command);
        let earlier = list[..n]
            .iter()
            .any(|e| e["name"] == command["name"] && kind(e) == kind(command));
        if earlier {
            let message = "Application command names must be unique";
            errors.add(
                n.to_string(),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                message,
            );
        }
    }
    for (of_kind, most) in MOST {
        if list.iter().filter(|c| kind(c) == of_kind).count() > most {
            let message = format!("Maximum number of application commands reached ({most}).");
            errors.add("", "APPLICATION_COMMANDS_MAX", message);
        }
    }
    errors.check()
}

fn kind(command: &Value) -> u64 {
    command["type"].as_u64().unwrap_or(1)
}

fn check_command(errors: &mut FormErrors, path: &str, command: &Value) {
    let at = |key: &str| format!("{path}.{key}");
    if kind(command) == 1 {
        check_name(errors, &at("name"), &command["name"]);
        errors.text(
            &at("description"),
            &command["description"],
            DESCRIPTION,
            true,
        );
        let together = length(&command["name"])
            + length(&command["description"])
            + check_options(errors, path, &command["options"], Depth::Command);
        if together > TOGETHER {
            let message = format!("Command exceeds maximum size ({TOGETHER})");
            errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", message);
        }
        return;
    }
    errors.text(&at("name"), &command["name"], NAME, true);
    if length(&command["description"]) > 0 {
        let message = "Context menu commands cannot have description";
        errors.add(
            at("description"),
            "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION",
            message,
        );
    }
    if command["options"].as_array().is_some_and(|o| !o.is_empty()) {
        let message = "Context menu commands cannot have options";
        errors.add(
            at("options"),
            "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS",
            message,
        );
    }
}

/// Slash commands and their options: lower case, letters, digits, `-` and `_`.
fn check_name(errors: &mut FormErrors, path: &str, name: &Value) {
    errors.text(path, name, NAME, true);
    let text = name.as_str().unwrap_or_default();
    let allowed =
        |c: char| matches!(c, '-' | '_' | '\'') || c.is_alphanumeric() && !c.is_uppercase();
    if !text.chars().all(allowed) {
        errors.add(
            path,
            "APPLICATION_COMMAND_INVALID_NAME",
            "Command name is invalid",
        );
    }
}

/// Where options stand: groups hold subcommands, subcommands hold values.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Command,
    Group,
    Subcommand,
}

/// The characters that the options add to their command.
fn check_options(errors: &mut FormErrors, path: &str, options: &Value, depth: Depth) -> usize {
    let path = format!("{path}.options");
    let options = errors.list(&path, options, OPTIONS);
    let mut together = 0;
    let nests = |option: &Value| matches!(option["type"].as_u64(), Some(1 | 2));
    if options.iter().any(nests) && !options.iter().all(nests) {
        let message = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        errors.add(&path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
    }
    let mut optional_seen = false;
    for (n, option) in options.iter().enumerate() {
        let at = format!("{path}.{n}");
        check_name(errors, &format!("{at}.name"), &option["name"]);
        errors.text(
            &format!("{at}.description"),
            &option["description"],
            DESCRIPTION,
            true,
        );
        together += length(&option["name"]) + length(&option["description"]);
        if options[..n]
            .iter()
            .any(|earlier| earlier["name"] == option["name"])
        {
            errors.add(
                &at,
                "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
                "Option names must be unique",
            );
        }
        together += match (option["type"].as_u64(), depth) {
            (Some(1), Depth::Command | Depth::Group) => {
                check_options(errors, &at, &option["options"], Depth::Subcommand)
            }
            (Some(2), Depth::Command) => {
                check_options(errors, &at, &option["options"], Depth::Group)
            }
            (Some(3..=11), Depth::Command | Depth::Subcommand) => {
                check_choices(errors, &at, option)
            }
            _ => {
                errors.add(
                    format!("{at}.type"),
                    "BASE_TYPE_CHOICES",
                    "This option type is not allowed here.",
                );
                0
            }
        };
        let required = option["required"] == true;
        if required && optional_seen {
            let message = "Required options must be placed before non-required options";
            errors.add(&at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message);
        }
        optional_seen |= !required;
    }
    together
}

fn check_choices(errors: &mut FormErrors, path: &str, option: &Value) -> usize {
    let path_of = |key: &str| format!("{path}.{key}");
    let choices = errors.list(&path_of("choices"), &option["choices"], CHOICES);
    if !choices.is_empty() && option["autocomplete"] == true {
        let message = "Autocomplete options cannot have choices";
        errors.add(
            path_of("autocomplete"),
            "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_CHOICES",
            message,
        );
    }
    if option["autocomplete"] == true && !matches!(option["type"].as_u64(), Some(3 | 4 | 10)) {
        let message = "Autocomplete is only for string, integer and number options";
        errors.add(
            path_of("autocomplete"),
            "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_TYPE",
            message,
        );
    }
    for (n, choice) in choices.iter().enumerate() {
        errors.text(
            &path_of(&format!("choices.{n}.name")),
            &choice["name"],
            CHOICE,
            true,
        );
    }
    choices.iter().map(|choice| length(&choice["value"])).sum()
}

fn length(text: &Value) -> usize {
    text.as_str().map_or(0, |t| t.chars().count())
}
