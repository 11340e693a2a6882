//! Writing by an interaction's token.
//!
//! The token authorises by itself and stands in the address: such an address is never logged.
//! <https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages>

use ::http::{Method, header};

use super::error::checked;
use super::write::{SentMessage, sent, with_files};
use crate::discord::message::Message;
use crate::http::{Request, Response};
use crate::id::ApplicationId;
use crate::secret::Secret;
use crate::service::{Api, ServiceError};

/// An interaction's answers take no permission of the bot, save where Discord says otherwise.
const NEEDS: &str = "Use Application Commands, and in a thread Send Messages in Threads";

/// Replaces the first answer to an interaction.
pub fn edit_original_request(
    api: &Api,
    application: &ApplicationId,
    token: &Secret,
    message: &Message,
) -> Request {
    let path = [
        "webhooks",
        application.as_str(),
        token.expose(),
        "messages",
        "@original",
    ];
    without_bot(with_files(
        api,
        Method::PATCH,
        &path,
        &message.for_edit(),
        message.files(),
    ))
}

/// Answers once more.
pub fn follow_up_request(
    api: &Api,
    application: &ApplicationId,
    token: &Secret,
    message: &Message,
) -> Request {
    let path = ["webhooks", application.as_str(), token.expose()];
    without_bot(with_files(
        api,
        Method::POST,
        &path,
        message,
        message.files(),
    ))
}

/// The message that was written. [`ServiceError::Expired`] when the token is past its 15 minutes.
pub fn parse_by_token(response: &Response) -> Result<SentMessage, ServiceError> {
    sent(checked(response, NEEDS)?)
}

/// With the bot's token beside it, a refused interaction token would count against the bot.
fn without_bot(mut request: Request) -> Request {
    request.headers_mut().remove(header::AUTHORIZATION);
    request
}
