//! What `help` says.

use std::fmt::Write as _;

use super::catalogue::{MESSAGE_COMMANDS, NAME, OptionName, Verb};

/// The help, in Discord's Markdown, within the length of one message.
pub fn render_help() -> String {
    let mut help = String::new();
    for verb in Verb::ALL {
        line(
            &mut help,
            format_args!("`/{NAME} {verb}` {}", verb.description()),
        );
    }
    for options in [
        &OptionName::OF_WORK[..],
        &[OptionName::Text],
        &[OptionName::Budget],
        &[OptionName::Job],
        &[OptionName::Target],
    ] {
        line(
            &mut help,
            format_args!("\nOptions of {}, all optional:", takers(options)),
        );
        for option in options {
            line(
                &mut help,
                format_args!("`{option}` {}", option.description()),
            );
        }
    }
    let menus: Vec<String> = MESSAGE_COMMANDS
        .iter()
        .map(|(name, verb)| format!("*{name}* (`{verb}`)"))
        .collect();
    line(
        &mut help,
        format_args!(
            "\nOn a message: right-click, *Apps*, then {}.",
            menus.join(" or ")
        ),
    );
    let (issue, repo) = (OptionName::Issue, OptionName::Repo);
    let (issue_example, repo_example) = (issue.example(), repo.example());
    line(
        &mut help,
        format_args!(
            "In a text: `@{NAME} {} {issue}:{issue_example} {repo}:{repo_example} the save button does nothing`.",
            Verb::Fix
        ),
    );
    help.trim_end().to_owned()
}

fn takers(options: &[OptionName]) -> String {
    let takes_all = |verb: &&Verb| options.iter().all(|option| verb.takes(*option));
    let takers: Vec<String> = Verb::ALL
        .iter()
        .filter(takes_all)
        .map(|verb| format!("`{verb}`"))
        .collect();
    match takers.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn line(help: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(help, "{text}").expect("writing to a string cannot fail");
}
