//! `bugbot collect`: the collector, which asks no gateway for anything.

use collector::command::{self, CollectArgs, NotDone};

use crate::outcome::{Done, Exit, Failure};

pub(crate) async fn run(args: &CollectArgs) -> Result<Done, Failure> {
    let this = std::env::current_exe().map_err(|error| Failure::failed(error.to_string()))?;
    let program = [this.display().to_string(), "collect".to_owned()];
    match command::run(args, &program).await {
        Ok(report) => Ok(Done::new(report.text, &report.json)),
        Err(NotDone::BadConfig(bad)) => Err(Failure::new(Exit::NotPossible, bad.to_string())
            .with_fix("`bugbot collect example` prints a configuration to begin with.")),
        Err(NotDone::NoAnswer(message)) => Err(Failure::new(Exit::Unreachable, message)),
        Err(NotDone::NoAccess(message)) => Err(Failure::new(Exit::Refused, message)),
        Err(NotDone::Failed(message)) => Err(Failure::failed(message)),
    }
}
