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
    line(
        &mut help,
        format_args!("\nOptions of {}, all optional:", takers()),
    );
    for option in OptionName::ALL {
        line(
            &mut help,
            format_args!("`{option}` {}", option.description()),
        );
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

fn takers() -> String {
    let takers: Vec<String> = Verb::ALL
        .iter()
        .filter(|verb| !verb.options().is_empty())
        .map(|verb| format!("`{verb}`"))
        .collect();
    takers.join(" and ")
}

fn line(help: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(help, "{text}").expect("writing to a string cannot fail");
}
