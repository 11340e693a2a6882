//! Finding the answer to an interaction without its token.
//!
//! The deferred answer is an ordinary message, which the bot may edit for ever; only its id is
//! learned by the token. Once that has expired, the message is found by the interaction that it
//! names. Where the bot cannot read the channel it stays as it is, and Discord's clients show after
//! 15 minutes that the application did not respond.
//! <https://docs.discord.com/developers/resources/message#message-interaction-metadata-object>

use ::http::Method;
use serde::Deserialize;

use super::error::checked;
use super::read::MAX_PAGE;
use crate::http::{Request, Response};
use crate::id::{ChannelId, JobId, MessageId};
use crate::service::{Api, ServiceError, decode};

const NEEDS: &str = "View Channel and Read Message History";

/// Lists the first messages after an interaction: its answer follows within seconds.
pub fn find_answer_request(api: &Api, channel: &ChannelId, interaction: &JobId) -> Request {
    let limit = MAX_PAGE.to_string();
    let query = [("after", interaction.as_str()), ("limit", limit.as_str())];
    api.call(
        Method::GET,
        &["channels", channel.as_str(), "messages"],
        &query,
    )
}

/// The first of them that answers the interaction, if there is one.
pub fn parse_answer(
    response: &Response,
    interaction: &JobId,
) -> Result<Option<MessageId>, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        id: MessageId,
        interaction_metadata: Option<Metadata>,
    }
    #[derive(Deserialize)]
    struct Metadata {
        id: JobId,
    }
    let newest_first: Vec<Wire> = decode(checked(response, NEEDS)?)?;
    let answers = |message: &&Wire| {
        let metadata = message.interaction_metadata.as_ref();
        metadata.is_some_and(|metadata| metadata.id == *interaction)
    };
    Ok(newest_first
        .iter()
        .rev()
        .find(answers)
        .map(|message| message.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response {
        let mut response = Response::new(body.as_bytes().to_vec());
        *response.status_mut() = status.try_into().unwrap();
        response
    }

    #[test]
    fn the_answer_is_the_first_message_that_names_the_interaction() {
        let body = r#"[{"id":"9","interaction_metadata":{"id":"1"}},{"id":"8"},
            {"id":"7","interaction_metadata":{"id":"1"}},{"id":"6","interaction_metadata":{"id":"2"}}]"#;
        let found = parse_answer(&response(200, body), &JobId::new("1")).unwrap();
        assert_eq!(found, Some(MessageId::new("7")));
        let none = parse_answer(&response(200, "[]"), &JobId::new("1")).unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn a_channel_that_cannot_be_read_is_said_so() {
        let denied = r#"{"code":50001,"message":"Missing Access"}"#;
        let error = parse_answer(&response(403, denied), &JobId::new("1")).unwrap_err();
        assert!(matches!(error, ServiceError::Unauthorized(_)), "{error:?}");
    }
}
