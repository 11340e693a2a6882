//! What a button of ours asks for, as the id that comes back from Discord with its press.
//!
//! `b1:cancel:175928847299117063`: version, command, job; of money also how much:
//! `b1:continue:175928847299117063:5`.
//!
//! Invariant: an id says what was meant and proves nothing. A press becomes the same command as
//! the one that is typed, for the person who pressed: whether the job is one of the conversation,
//! has ended, and who may give the order is decided where typed commands are.

use super::{Command, OptionName, Options, Verb, is_job};
use crate::id::JobId;

/// The version of the ids that this code makes, and the only one that it reads.
const VERSION: &str = "b1";

/// A button of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// What it does.
    pub verb: Verb,
    /// The job under whose message it is.
    pub job: JobId,
    /// How many dollars it adds.
    pub budget: Option<String>,
}

impl Press {
    /// A button under the message of `job`.
    pub fn new(verb: Verb, job: &JobId) -> Self {
        Self {
            verb,
            job: job.clone(),
            budget: None,
        }
    }

    /// The button that lets `job` go on with so many whole dollars more.
    pub fn more_money(job: &JobId, dollars: u32) -> Self {
        Self {
            verb: Verb::Continue,
            job: job.clone(),
            budget: Some(dollars.to_string()),
        }
    }

    /// The id of the button. `None` where the job is not one of Discord's: there are no buttons
    /// elsewhere.
    pub fn custom_id(&self) -> Option<String> {
        let job = Some(self.job.as_str()).filter(|job| is_job(job))?;
        let parts = [VERSION, self.verb.name(), job];
        let parts = parts.into_iter().chain(self.budget.as_deref());
        Some(parts.collect::<Vec<_>>().join(":"))
    }

    /// The button of an id. `None` if it is none of this version's.
    pub fn parse(custom_id: &str) -> Option<Self> {
        let mut parts = custom_id.split(':');
        let version = parts.next()?;
        let (verb, job) = (parts.next()?, parts.next()?);
        let budget = parts.next();
        if version != VERSION || parts.next().is_some() || !is_job(job) {
            return None;
        }
        let verb = Verb::ALL.into_iter().find(|known| known.name() == verb)?;
        let press = Self {
            verb,
            job: JobId::new(job),
            budget: budget.map(str::to_owned),
        };
        // An amount is one, and belongs to a command that takes one.
        let is_sound = match &press.budget {
            Some(amount) => {
                verb.takes(OptionName::Budget) && super::amount::parse_usd(amount).is_some()
            }
            None => true,
        };
        is_sound.then_some(press)
    }

    /// The command that somebody gives by pressing it.
    pub fn command(&self) -> Command {
        let takes_job = self.verb.takes(OptionName::Job);
        Command::new(
            self.verb,
            Options {
                job: takes_job.then(|| self.job.to_string()),
                budget: self.budget.clone(),
                ..Options::default()
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discord::message::MAX_CUSTOM_ID_CHARS;

    fn job() -> JobId {
        JobId::new(u64::MAX.to_string())
    }

    #[test]
    fn every_button_is_read_as_it_was_made() {
        for verb in Verb::ALL {
            let press = Press::new(verb, &job());
            let id = press.custom_id().unwrap();
            assert!(id.len() <= MAX_CUSTOM_ID_CHARS, "{id}");
            assert_eq!(Press::parse(&id), Some(press), "{id}");
        }
        let more = Press::more_money(&job(), 5);
        assert_eq!(Press::parse(&more.custom_id().unwrap()), Some(more));
    }

    #[test]
    fn a_press_is_the_command_that_could_be_typed() {
        let typed = |text: &str| {
            let nobody = crate::command::Addressee {
                application_id: None,
            };
            crate::command::parse_text(text, nobody, &crate::reference::Scope::default())
                .unwrap()
                .unwrap()
        };
        let job = JobId::new("175928847299117063");
        let cancel = Press::new(Verb::Cancel, &job).command();
        assert_eq!(cancel, typed("@bugbot cancel job:175928847299117063"));
        let more = Press::more_money(&job, 5).command();
        assert_eq!(
            more,
            typed("@bugbot continue job:175928847299117063 budget:5")
        );
        // A fix has no job to be about yet.
        let fix = Press::new(Verb::Fix, &job).command();
        assert_eq!(fix, typed("@bugbot fix"));
    }

    #[test]
    fn other_ids_are_no_buttons_of_ours() {
        for id in [
            "",
            "retry",
            "b1",
            "b1:cancel",
            "b1:cancel:",
            "b0:cancel:1",
            "b2:cancel:1",
            "b1:Cancel:1",
            "b1:stop:1",
            "b1:cancel:1:2",
            "b1:continue:1:0",
            "b1:continue:1:5:5",
            "b1:cancel:../1",
            "b1:cancel:123456789012345678901",
            "f1:steer:1",
        ] {
            assert_eq!(Press::parse(id), None, "{id}");
        }
    }

    #[test]
    fn a_job_of_another_transport_has_no_buttons() {
        let press = Press::new(Verb::Cancel, &JobId::new("wamid.x"));
        assert_eq!(press.custom_id(), None);
    }
}
