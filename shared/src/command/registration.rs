//! What Discord is told of our commands: the body of
//! `PUT /applications/{id}/commands` (or `/applications/{id}/guilds/{id}/commands`).
//! <https://docs.discord.com/developers/interactions/application-commands>

use serde_json::{Value, json};

use super::amount::{MAX_BUDGET_USD, MIN_BUDGET_USD};
use super::catalogue::{DESCRIPTION, MESSAGE_COMMANDS, NAME, OptionName, Verb};

/// Type of a command that is typed: `/bugbot`.
const CHAT_INPUT: u8 = 1;
/// Type of a command in a message's context menu. It has no description.
const MESSAGE: u8 = 3;
/// Type of an option that is a command of its own.
const SUB_COMMAND: u8 = 1;
/// Type of an option that holds text.
const STRING: u8 = 3;
/// Type of an option that holds a number, whole or not.
const NUMBER: u8 = 10;
/// Commands work in servers (0) and in direct messages with us (1).
const CONTEXTS: [u8; 2] = [0, 1];
/// We are installed to a server (0), not to a user.
const INTEGRATION_TYPES: [u8; 1] = [0];

/// All commands, as Discord wants them. Registering replaces what was there, so it can be done
/// again at any time.
pub fn render_registration() -> Value {
    let slash = json!({
        "name": NAME,
        "type": CHAT_INPUT,
        "description": DESCRIPTION,
        "contexts": CONTEXTS,
        "integration_types": INTEGRATION_TYPES,
        "options": Verb::ALL.map(render_subcommand),
    });
    let menus = MESSAGE_COMMANDS.map(|(name, _)| {
        json!({
            "name": name,
            "type": MESSAGE,
            "contexts": CONTEXTS,
            "integration_types": INTEGRATION_TYPES,
        })
    });
    std::iter::once(slash).chain(menus).collect()
}

fn render_subcommand(verb: Verb) -> Value {
    let options: Vec<Value> = verb.options().iter().copied().map(render_option).collect();
    json!({
        "name": verb.name(),
        "type": SUB_COMMAND,
        "description": verb.description(),
        "options": options,
    })
}

fn render_option(option: OptionName) -> Value {
    if option == OptionName::Budget {
        return json!({
            "name": option.name(),
            "type": NUMBER,
            "description": option.description(),
            "required": false,
            "min_value": MIN_BUDGET_USD,
            "max_value": MAX_BUDGET_USD,
        });
    }
    let mut rendered = json!({
        "name": option.name(),
        "type": STRING,
        "description": option.description(),
        "required": false,
        "max_length": option.max_chars(),
    });
    if option.has_autocomplete() {
        rendered["autocomplete"] = json!(true);
    }
    rendered
}
