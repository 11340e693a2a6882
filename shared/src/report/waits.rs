//! What is said while a service keeps a job waiting.

use jiff::Timestamp;

use crate::discord::message::Message;
use crate::service::Service;

/// A job waits for a service: the whole of its live message.
pub fn waits_for(service: Service, is_down: bool, until: Timestamp) -> Message {
    Message::text(wait_line(service, is_down, until))
}

/// The same as a line. Discord shows the time in everybody's own words: "in 2 minutes".
/// <https://docs.discord.com/developers/reference#message-formatting>
pub(super) fn wait_line(service: Service, is_down: bool, until: Timestamp) -> String {
    // Rounded up: what is promised for a moment has not begun before it.
    let until = until.as_second() + i64::from(until.subsec_nanosecond() > 0);
    if is_down {
        format!("⏳ {service} is not answering, trying again <t:{until}:R>")
    } else {
        format!("⏳ {service}'s rate limit is used up, going on <t:{until}:R>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_one_line_with_its_reason_and_its_end() {
        let until: Timestamp = "2023-11-14T22:13:20.5Z".parse().unwrap();
        let line = |is_down| wait_line(Service::Linear, is_down, until);
        insta::assert_snapshot!(line(true), @"⏳ Linear is not answering, trying again <t:1700000001:R>");
        insta::assert_snapshot!(line(false), @"⏳ Linear's rate limit is used up, going on <t:1700000001:R>");
    }
}
