//! `bugbot model`.

use shared::http::Http;
use shared::operator::ModelView;

use crate::args::{ModelArgs, To};
use crate::outcome::{Done, Failure};
use crate::table::{line, moment};

pub(crate) async fn run(to: &To, args: &ModelArgs, http: &impl Http) -> Result<Done, Failure> {
    let client = to.client(http)?;
    let view = match args {
        ModelArgs::On => client.switch_model(true, "").await?,
        ModelArgs::Off { reason } => client.switch_model(false, reason).await?,
        ModelArgs::Status => client.model().await?,
    };
    Ok(Done::new(in_words(&view), &view))
}

fn in_words(view: &ModelView) -> String {
    let running = match view.running.len() {
        0 => "no fix runs".to_owned(),
        1 => "1 fix runs".to_owned(),
        n => format!("{n} fixes run"),
    };
    match &view.shut {
        None => format!("The model is on; {running}.\n"),
        Some(shut) => {
            let reason = match line(&shut.reason, 200) {
                reason if reason.is_empty() => String::new(),
                reason => format!(": {reason}"),
            };
            let at = moment(shut.at);
            format!(
                "The model is OFF since {at} UTC, by {}{reason}; {running}.\n",
                shut.by
            )
        }
    }
}
