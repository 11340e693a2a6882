//! What a form of ours asks for, as the id that comes back from Discord with what was filled in.
//!
//! `f1:steer:175928847299117063`, `f1:fix:acme/shop`: version, command, and what was given before
//! the form opened. As with [`super::Press`], an id proves nothing; what is filled in is checked
//! as options are.

use super::{Command, OptionName, Rejection, Verb, is_job};
use crate::id::JobId;
use crate::reference::{Scope, parse_repo_ref};

/// The version of the ids that this code makes, and the only one that it reads.
const VERSION: &str = "f1";

/// The most characters of a repository that a form remembers: its id has room for 100.
const MAX_REPO_CHARS: usize = 80;

/// A form of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Further instructions for a running fix.
    Steer {
        /// The fix; without it the one that runs.
        job: Option<JobId>,
    },
    /// What is wrong, where nothing says so.
    Describe {
        /// What is to be done then: `contextualize` or `fix`.
        verb: Verb,
        /// The repository that was named already.
        repo: Option<String>,
    },
}

impl Form {
    /// Its id.
    pub fn custom_id(&self) -> String {
        let (verb, given) = match self {
            Self::Steer { job } => (Verb::Steer, job.as_ref().map(JobId::as_str)),
            Self::Describe { verb, repo } => (*verb, repo.as_deref()),
        };
        let parts = [VERSION, verb.name()].into_iter().chain(given);
        parts.collect::<Vec<_>>().join(":")
    }

    /// The form of an id. `None` if it is none of this version's.
    pub fn parse(custom_id: &str) -> Option<Self> {
        let mut parts = custom_id.splitn(3, ':');
        let (version, verb, given) = (parts.next()?, parts.next()?, parts.next());
        if version != VERSION {
            return None;
        }
        match Verb::ALL.into_iter().find(|known| known.name() == verb)? {
            Verb::Steer if given.is_none_or(is_job) => Some(Self::Steer {
                job: given.map(JobId::new),
            }),
            verb @ (Verb::Contextualize | Verb::Fix)
                if given.is_none_or(|repo| parse_repo_ref(repo).is_ok()) =>
            {
                Some(Self::Describe {
                    verb,
                    repo: given.map(str::to_owned),
                })
            }
            _ => None,
        }
    }

    /// The form that asks what is wrong, if it can remember what was given.
    pub fn describe(command: &Command) -> Option<Self> {
        let repo = command.options().repo.clone();
        let fits = repo.as_ref().is_none_or(|repo| {
            repo.chars().count() <= MAX_REPO_CHARS && parse_repo_ref(repo).is_ok()
        });
        fits.then_some(Self::Describe {
            verb: command.verb(),
            repo,
        })
    }

    /// What it asks for, in order, and whether it has to be filled in.
    pub fn inputs(&self) -> &'static [(OptionName, bool)] {
        match self {
            Self::Steer { .. } => &[(OptionName::Text, true)],
            Self::Describe { .. } => &[
                (OptionName::Description, true),
                (OptionName::Email, false),
                (OptionName::Session, false),
            ],
        }
    }

    /// The command that somebody gives by sending it. What was left empty was not given.
    pub fn command(&self, fields: &[(String, String)]) -> Result<Command, Rejection> {
        let (verb, given) = match self {
            Self::Steer { job } => (
                Verb::Steer,
                job.as_ref().map(|job| ("job", job.to_string())),
            ),
            Self::Describe { verb, repo } => (*verb, repo.clone().map(|repo| ("repo", repo))),
        };
        let filled = fields
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| (name.as_str(), value.clone()));
        Command::from_named(
            verb.name(),
            given.into_iter().chain(filled),
            &Scope::default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discord::message::MAX_CUSTOM_ID_CHARS;

    fn forms() -> Vec<Form> {
        let job = JobId::new(u64::MAX.to_string());
        let describe = |verb, repo: Option<&str>| Form::Describe {
            verb,
            repo: repo.map(str::to_owned),
        };
        vec![
            Form::Steer { job: Some(job) },
            Form::Steer { job: None },
            describe(Verb::Contextualize, None),
            describe(Verb::Fix, Some("acme/web")),
            describe(Verb::Fix, Some("https://github.com/acme/web")),
        ]
    }

    #[test]
    fn every_form_is_read_as_it_was_made() {
        for form in forms() {
            let id = form.custom_id();
            assert!(id.len() <= MAX_CUSTOM_ID_CHARS, "{id}");
            assert_eq!(Form::parse(&id), Some(form), "{id}");
        }
    }

    #[test]
    fn other_ids_are_no_forms_of_ours() {
        for id in [
            "",
            "f1",
            "f1:",
            "f2:steer",
            "f1:steer:me",
            "f1:cancel:1",
            "f1:fix:not a repository",
            "b1:steer:1",
        ] {
            assert_eq!(Form::parse(id), None, "{id}");
        }
    }

    #[test]
    fn a_repository_too_long_for_an_id_opens_no_form() {
        let options = crate::command::Options {
            repo: Some(format!("acme/{}", "w".repeat(90))),
            ..Default::default()
        };
        assert_eq!(Form::describe(&Command::Fix(options)), None);
    }

    #[test]
    fn what_is_filled_in_is_checked_as_options_are() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let form = Form::Describe {
            verb: Verb::Fix,
            repo: Some("acme/web".to_owned()),
        };
        let command = form
            .command(&[field("description", " it broke "), field("email", "")])
            .unwrap();
        let options = command.options();
        assert_eq!(command.verb(), Verb::Fix);
        assert_eq!(options.repo.as_deref(), Some("acme/web"));
        assert_eq!(options.description.as_deref(), Some("it broke"));
        assert_eq!(options.email, None);
        assert!(matches!(
            form.command(&[field("email", "ann")]),
            Err(Rejection::Value(_))
        ));
        assert!(matches!(
            form.command(&[field("colour", "red")]),
            Err(Rejection::UnknownOption { .. })
        ));
        assert!(matches!(
            form.command(&[field("repo", "acme/other")]),
            Err(Rejection::Twice { .. })
        ));
    }
}
