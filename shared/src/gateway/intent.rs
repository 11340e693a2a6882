//! From what was done in Discord to what was meant.

use crate::command::catalogue::{NAME, Verb};
use crate::command::{Command, Options, Rejection};
use crate::discord::interaction::Invocation;
use crate::reference::Scope;

/// The command of an entry of a message's context menu.
pub(super) fn of_message_command(name: &str) -> Result<Command, Rejection> {
    match Verb::of_message_command(name) {
        Some(verb) => Ok(Command::new(verb, Options::default())),
        None => Err(Rejection::unknown_command(name)),
    }
}

/// The command that was typed.
pub(super) fn of_slash(invocation: &Invocation) -> Result<Command, Rejection> {
    if invocation.name != NAME {
        return Err(Rejection::unknown_command(&invocation.name));
    }
    // Which teams there are is not known here: the consumer looks the issue up anyway.
    let scope = Scope::default();
    let options = invocation
        .options
        .iter()
        .map(|given| (&given.name, given.value.to_string()));
    match invocation.subcommands.as_slice() {
        // `/bugbot` alone, as `@bugbot` alone, asks what there is.
        [] => Ok(Command::Help(Options::default())),
        [name] => Command::from_named(name, options, &scope),
        group => Err(Rejection::unknown_command(&group.join(" "))),
    }
}
