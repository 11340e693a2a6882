//! Terminal messages of jobs that end here.

use crate::discord::client::DiscordClient;
use crate::discord::message::Message;
use crate::fault::Fault;
use crate::http::Http;
use crate::log::{Event, Said};
use crate::ports::{Clock, Log};
use crate::report::{self, LiveMessage, ReplyTo};
use crate::service::Service;

/// Shows a terminal message. An error is worth another try. A thread that can never be told (it is
/// gone or locked, the bot was shown the door) is a matter for the log: trying again would not end,
/// and the job has to.
pub(super) async fn tell<P: Clock + Log>(
    platform: &P,
    discord: &DiscordClient<impl Http>,
    reply: &ReplyTo,
    live: Option<&LiveMessage>,
    message: &Message,
) -> Result<(), Fault> {
    let shown = report::show_outcome(discord, reply, live, message, platform.now()).await;
    match shown {
        Ok(_) => Ok(()),
        Err(error) if error.is_transient() => Err(Fault::upstream(Service::Discord)(error)),
        Err(error) => {
            let error = Said(&error);
            platform.note(&reply.trace(), Event::ThreadNotTold { error });
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
