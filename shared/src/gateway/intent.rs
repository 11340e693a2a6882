//! From what was done in Discord to what was meant.

use crate::command::catalogue::{NAME, Verb};
use crate::command::{Command, Options, Rejection};
use crate::discord::interaction::{Invocation, Kind};
use crate::reference::Scope;

/// The command that a slash command or context-menu entry stands for.
pub(super) fn of(kind: &Kind) -> Result<Command, Rejection> {
    match kind {
        Kind::Slash(invocation) => of_slash(invocation),
        Kind::OnMessage { name, .. } => Verb::of_message_command(name)
            .map(|verb| Command::new(verb, Options::default()))
            .ok_or_else(|| Rejection::unknown_command(name)),
        Kind::Autocomplete(_)
        | Kind::Component { .. }
        | Kind::ModalSubmit { .. }
        | Kind::Unknown => Err(Rejection::unknown_command("")),
    }
}

fn of_slash(invocation: &Invocation) -> Result<Command, Rejection> {
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
