//! What a person got wrong in a command, and the words that say so.

use super::amount::{MAX_BUDGET_USD, MIN_BUDGET_USD};
use super::catalogue::{NAME, OptionName, Verb};
use crate::reference::Unrecognised;
use crate::report::escape::inline_code;
use crate::shorten::shorten;

/// How much of what was typed is shown back.
const SHOWN_CHARS: usize = 40;

/// How far apart two words may be for one to be offered for the other: a third of the word.
const NEAR_DIVISOR: usize = 3;

/// A command that cannot be carried out as it was typed. `Display` is for logs,
/// [`Rejection::user_message`] for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such command.
    #[error("unknown command {given:?}")]
    UnknownCommand {
        /// What was typed.
        given: String,
        /// The command that is spelled most like it, if one is near.
        nearest: Option<Verb>,
    },
    /// The command does not take such an option.
    #[error("{verb} takes no option {given:?}")]
    UnknownOption {
        /// The command.
        verb: Verb,
        /// What was typed.
        given: String,
        /// The option of this command that is spelled most like it, if one is near.
        nearest: Option<OptionName>,
    },
    /// An option without a value.
    #[error("option {option} has no value")]
    NoValue {
        /// The option.
        option: OptionName,
    },
    /// An option that was given twice.
    #[error("option {option} was given twice")]
    Twice {
        /// The option.
        option: OptionName,
    },
    /// A value over its limit.
    #[error("option {option} has {chars} characters")]
    TooLong {
        /// The option.
        option: OptionName,
        /// How many characters were given.
        chars: usize,
    },
    /// A budget that is no amount of dollars, or an unreasonable one.
    #[error("not an amount of money: {given:?}")]
    NotMoney {
        /// What was typed.
        given: String,
    },
    /// A job that cannot be one.
    #[error("not the id of a job: {given:?}")]
    NotAJob {
        /// What was typed.
        given: String,
    },
    /// Something that cannot be claimed.
    #[error("not an issue: {given:?}")]
    NotAnIssue {
        /// What was typed.
        given: String,
    },
    /// A quotation mark without its partner.
    #[error("a quoted value is not closed")]
    OpenQuote,
    /// Two commands in one message.
    #[error("more than one command in a message")]
    SecondCommand,
    /// A value that is not what the option takes.
    #[error(transparent)]
    Value(#[from] Unrecognised),
}

impl Rejection {
    pub(crate) fn unknown_command(given: &str) -> Self {
        let words = Verb::ALL.into_iter().flat_map(|verb| {
            let spellings = std::iter::once(verb.name()).chain(verb.synonyms().iter().copied());
            spellings.map(move |spelling| (spelling, verb))
        });
        Self::UnknownCommand {
            given: given.to_owned(),
            nearest: nearest(given, words),
        }
    }

    pub(crate) fn unknown_option(verb: Verb, given: &str) -> Self {
        Self::UnknownOption {
            verb,
            given: given.to_owned(),
            nearest: nearest_option(verb, given),
        }
    }

    /// What a person reads: what was wrong, and what would have worked.
    pub fn user_message(&self) -> String {
        match self {
            Self::UnknownCommand { given, nearest } => {
                let hint = nearest
                    .map(|verb| format!(" Did you mean `{verb}`?"))
                    .unwrap_or_default();
                format!(
                    "I don't know the command {}.{hint} I know {}.",
                    shown(given),
                    listed(Verb::ALL)
                )
            }
            Self::UnknownOption {
                verb,
                given,
                nearest,
            } => {
                let hint = nearest
                    .map(|option| format!(" Did you mean `{option}`?"))
                    .unwrap_or_default();
                let takes = match verb.options() {
                    [] => "no options: it is about the thread in which you give it".to_owned(),
                    options => listed(options),
                };
                format!(
                    "`{verb}` has no option {}.{hint} It takes {takes}.",
                    shown(given)
                )
            }
            Self::NoValue { option } => {
                format!(
                    "The option `{option}` has no value. Write it like `{option}:{}`.",
                    option.example()
                )
            }
            Self::Twice { option } => {
                format!("The option `{option}` is there twice. Keep the one you mean.")
            }
            Self::TooLong { option, chars } => format!(
                "The option `{option}` has {chars} characters, {} more than fit. Shorten it, and put the rest in \
                 the thread: I read that too.",
                chars.saturating_sub(option.max_chars())
            ),
            Self::NotMoney { given } => format!(
                "{} is no budget. Give an amount of dollars from {MIN_BUDGET_USD} to \
                 {MAX_BUDGET_USD}, such as `{}`.",
                shown(given),
                OptionName::Budget.example()
            ),
            Self::NotAJob { given } => format!(
                "{} is not a job of this thread. Pick one of those that are offered while you type, or leave \
                 `{}` out.",
                shown(given),
                OptionName::Job
            ),
            Self::NotAnIssue { given } => format!(
                "{} is no issue that can be claimed. Give an issue of Linear (`ENG-123`) or of GitHub (`{}`), by \
                 its id or address.",
                shown(given),
                OptionName::Target.example()
            ),
            Self::OpenQuote => {
                let example = OptionName::Description.example();
                format!("A quotation mark is not closed. Write it like `description:{example}`.")
            }
            Self::SecondCommand => {
                format!("One command a message, please: send the second `@{NAME}` on its own.")
            }
            Self::Value(value) => value.user_message(),
        }
    }
}

/// The option of a command that somebody who typed `given` may have meant.
pub(super) fn nearest_option(verb: Verb, given: &str) -> Option<OptionName> {
    nearest(
        given,
        verb.options().iter().map(|option| (option.name(), *option)),
    )
}

fn nearest<T>(given: &str, words: impl Iterator<Item = (&'static str, T)>) -> Option<T> {
    // Longer than any word of ours with its errors: a bound on quadratic work.
    if given.len() > 30 {
        return None;
    }
    let given = given.to_lowercase();
    words
        .map(|(word, meant)| {
            (
                strsim::osa_distance(&given, word),
                word.len() / NEAR_DIVISOR,
                meant,
            )
        })
        .filter(|(distance, allowed, _)| *distance <= (*allowed).max(1))
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., meant)| meant)
}

fn listed<T: std::fmt::Display>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn shown(given: &str) -> String {
    inline_code(&shorten(given, SHOWN_CHARS))
}
